//! Strategies for any row: any combination of known words, sound or broken.

use super::words;
use crate::{
    lifecycle::{Columns, Lifecycle},
    vocabulary::{DesiredState, Micros, SandboxState},
};
use proptest::{option, prelude::*};

/// Generates columns with any known words, coherent or not, because a stored row may be broken.
pub fn any_columns() -> impl Strategy<Value = Columns> + Clone {
    columns_at((words::state(), words::desired_state()))
}

/// Generates columns with these two states and any other values.
pub fn columns_at(
    states: impl Strategy<Value = (SandboxState, DesiredState)> + 'static,
) -> impl Strategy<Value = Columns> + Clone {
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.8), any::<bool>(), any::<bool>());
    let kind =
        (words::class(), prop_oneof![4 => Just(0u8), 1 => Just(1), 1 => any::<u8>()], option::of(words::gpu_type()));
    let backup = (words::backup_state(), option::of(words::fault()));
    let number = || prop_oneof![6 => 0u32..4, 1 => Just(u32::MAX)];
    let asks = (prop::bool::weighted(0.4), prop::bool::weighted(0.2), words::repair(), any::<bool>(), any::<bool>());
    let attempts = prop_oneof![3 => Just(0u8), 2 => 1u8..7, 1 => Just(7)];
    let counts = (number(), prop::bool::weighted(0.2), attempts.clone(), attempts);
    let intervals = (words::auto_stop(), words::auto_pause(), words::auto_archive(), words::auto_delete());
    let limits = (option::of(words::micros()), words::queue_timeout());
    let times = (words::micros(), words::micros(), words::micros(), option::of(words::micros()), last_recovery());
    let protocol = (number(), number(), asks, counts);
    (states, flags, kind, backup, protocol, words::size(), intervals, limits, times)
        .prop_map(|(states, flags, kind, backup, (revision, epoch, asks, counts), size, intervals, limits, times)| {
            Columns {
                state: states.0,
                desired_state: states.1,
                pending: flags.0,
                has_backup_ref: flags.1,
                has_runner: flags.2,
                recoverable: flags.3,
                force_stop: flags.4,
                class: kind.0,
                gpu: kind.1,
                gpu_type: kind.2,
                cpu: size.cpu,
                memory: size.memory,
                disk: size.disk,
                backup_state: backup.0,
                fault: backup.1,
                revision,
                epoch,
                must_ask: asks.0,
                must_ask_store: asks.1,
                repair: asks.2,
                changed_since_backup: asks.3,
                kept_backup: asks.4,
                backup_attempt: counts.0,
                is_fork_child: counts.1,
                archive_attempts: counts.2,
                restore_attempts: counts.3,
                last_recovery: times.4.map(Into::into),
                auto_stop: intervals.0,
                auto_pause: intervals.1,
                auto_archive: intervals.2,
                auto_delete: intervals.3,
                auto_destroy_at: limits.0.map(Into::into),
                queue_timeout: limits.1,
                created_at: times.0.into(),
                last_activity_at: times.1.into(),
                state_since: times.2.into(),
                backup_since: times.3.map(Into::into),
            }
        })
        .boxed() // On the heap: shrinking so many fields would overflow a test's stack.
}

/// Most sandboxes were never recovered from their backup.
fn last_recovery() -> impl Strategy<Value = Option<Micros>> + Clone {
    option::weighted(0.3, words::micros())
}

/// Generates any row, including broken rows.
pub fn lifecycle() -> impl Strategy<Value = Lifecycle> + Clone {
    any_columns().prop_map(Lifecycle::from)
}
