//! The rules: what each command, report and pass decides, and how a step is applied.

mod backups;
mod context;
mod controller;
mod destroy;
mod forks;
mod new_sandboxes;
mod refusal_advice;
mod refusals;
mod restores;
mod rule_table;
mod stale_steps;
#[path = "../support/time.rs"]
mod time;
mod typed;

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{Columns, Context, Input, Lifecycle, Policy, SandboxClass, Step, vocabulary::AutoStop};

/// The instant of every decision that does not name another.
const NOW: DateTime<Utc> = DateTime::from_timestamp(10 * 24 * 60 * 60, 0).expect("a time in chrono's range");

/// Decides with the default policy and context, and expects a step.
fn decided(row: Lifecycle, input: impl Into<Input>, now: DateTime<Utc>) -> Step {
    let input = input.into();
    let decided = row.decide(input, &Policy::default(), Context::of(&row), now);
    decided.unwrap_or_else(|refusal| panic!("{input:?}: {refusal}"))
}

/// Decides at [`NOW`] and applies the step.
fn after(row: Lifecycle, input: impl Into<Input>) -> Lifecycle {
    decided(row, input, NOW).apply(row).expect("it was decided on this row")
}

/// A started VM whose last activity was nine days ago.
fn idle() -> Columns {
    Columns {
        class: SandboxClass::LinuxVm,
        auto_stop: AutoStop::Never,
        created_at: (NOW - Duration::days(9)),
        last_activity_at: (NOW - Duration::days(9)),
        state_since: (NOW - Duration::days(9)),
        ..Columns::default()
    }
}
