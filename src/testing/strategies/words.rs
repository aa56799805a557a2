//! Strategies for the vocabulary: every word, every interval with its extremes, instants near and far.

use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, Micros, Minutes,
    QueueTimeout, Repair, SandboxClass, SandboxState, Size, Ttl, Word,
};
use proptest::{option, prelude::*, sample::select};

/// Generates any word of a closed list.
fn any_of<W: Word>() -> impl Strategy<Value = W> + Clone {
    select(W::ALL)
}

/// Generates any state.
pub fn state() -> impl Strategy<Value = SandboxState> + Clone {
    any_of()
}
/// Generates a state of a copy that neither changes nor failed.
pub(super) fn calm_state() -> impl Strategy<Value = SandboxState> + Clone {
    select(&[SandboxState::Started, SandboxState::Stopped, SandboxState::Paused][..])
}
/// Generates the call that mends an error, or none.
pub fn repair() -> impl Strategy<Value = Option<Repair>> + Clone {
    option::weighted(0.4, any_of())
}
/// Generates any desired state, including the legacy `resized`.
pub fn desired_state() -> impl Strategy<Value = DesiredState> + Clone {
    any_of()
}
/// Generates any backup state.
pub fn backup_state() -> impl Strategy<Value = BackupState> + Clone {
    any_of()
}
/// Generates any class, including `android`, which 0.226 no longer has.
pub fn class() -> impl Strategy<Value = SandboxClass> + Clone {
    any_of()
}
/// Generates any GPU model.
pub fn gpu_type() -> impl Strategy<Value = GpuType> + Clone {
    any_of()
}
/// Generates any fault.
pub fn fault() -> impl Strategy<Value = Fault> + Clone {
    any_of()
}

/// The largest number of minutes of an interval.
const MOST: u32 = Minutes::MAX.get();

/// Generates minutes: the usual numbers, the extremes and any other number.
pub fn minutes() -> impl Strategy<Value = Minutes> + Clone {
    let count = prop_oneof![4 => select(&[1, 5, 15, 60, 10_080, 43_200][..]), 1 => Just(MOST), 1 => 1..=MOST];
    count.prop_map(|count| Minutes::new(count).unwrap_or(Minutes::MAX))
}

/// Generates auto-stop: never, or after any interval.
pub fn auto_stop() -> impl Strategy<Value = AutoStop> + Clone {
    prop_oneof![1 => Just(AutoStop::Never), 2 => minutes().prop_map(AutoStop::After)]
}
/// Generates auto-pause: never, or after any interval.
pub fn auto_pause() -> impl Strategy<Value = AutoPause> + Clone {
    prop_oneof![2 => Just(AutoPause::Never), 1 => minutes().prop_map(AutoPause::After)]
}
/// Generates auto-archive: at once, or after any interval.
pub fn auto_archive() -> impl Strategy<Value = AutoArchive> + Clone {
    prop_oneof![1 => Just(AutoArchive::AtOnce), 3 => minutes().prop_map(AutoArchive::After)]
}
/// Generates auto-delete: never (any negative number), at once, or after any interval.
pub fn auto_delete() -> impl Strategy<Value = AutoDelete> + Clone {
    let never = prop_oneof![3 => Just(-1i32), 1 => Just(i32::MIN), 1 => i32::MIN..0];
    prop_oneof![
        2 => never.prop_map(AutoDelete::from_any),
        2 => Just(AutoDelete::AtOnce),
        1 => minutes().prop_map(AutoDelete::After),
    ]
}
/// Generates a time to live: none, or any interval.
pub fn ttl() -> impl Strategy<Value = Ttl> + Clone {
    prop_oneof![1 => Just(Ttl::Never), 2 => minutes().prop_map(Ttl::After)]
}
/// Generates a queue timeout, or none.
pub fn queue_timeout() -> impl Strategy<Value = Option<QueueTimeout>> + Clone {
    option::of(minutes().prop_map(QueueTimeout))
}

/// Generates a size: a usual one, zero, or the largest that the columns hold.
pub fn size() -> impl Strategy<Value = Size> + Clone {
    let count = prop_oneof![6 => 1u32..12, 1 => Just(0), 1 => Just(u32::MAX)];
    (count.clone(), count.clone(), count).prop_map(|(cpu, memory, disk)| Size { cpu, memory, disk })
}

/// The moment around which most generated times lie: 2025-10-09T08:53:20Z.
const AROUND: i64 = 1_760_000_000_000_000;
const A_YEAR: i64 = 365 * 24 * 60 * 60 * 1_000_000;

/// Generates any instant, as a row stores it.
pub(super) fn micros() -> impl Strategy<Value = Micros> + Clone {
    let (first, last) = (Micros::MIN.as_micros(), Micros::MAX.as_micros());
    let extremes = [first, first.saturating_add(1), -1, 0, 1, last.saturating_sub(1), last];
    let numbers = prop_oneof![
        8 => AROUND.saturating_sub(A_YEAR)..AROUND.saturating_add(A_YEAR),
        2 => select(extremes.to_vec()),
        1 => first..=last,
    ];
    numbers.prop_map(Micros::from_micros)
}

/// Generates any instant: most within a year of October 2025, some near the first, the last or the zero instant, some
/// anywhere.
pub fn instant() -> impl Strategy<Value = chrono::DateTime<chrono::Utc>> + Clone {
    micros().prop_map(Into::into)
}

/// The first and the last instant of the years 1 to 9999, which every database takes.
pub(super) const STORABLE: [Micros; 2] =
    [Micros::from_micros(-62_135_596_800_000_000), Micros::from_micros(253_402_300_799_999_999)];

/// Generates an instant within a year of October 2025.
pub(super) fn usual_micros() -> impl Strategy<Value = Micros> + Clone {
    (AROUND.saturating_sub(A_YEAR)..AROUND.saturating_add(A_YEAR)).prop_map(Micros::from_micros)
}

/// Generates an instant that every database takes.
pub(super) fn storable_micros() -> impl Strategy<Value = Micros> + Clone {
    let [first, last] = STORABLE.map(Micros::as_micros);
    let numbers = prop_oneof![
        8 => AROUND.saturating_sub(A_YEAR)..AROUND.saturating_add(A_YEAR),
        1 => select(alloc::vec![first, 0, last]),
        1 => first..=last,
    ];
    numbers.prop_map(Micros::from_micros)
}

/// Generates an instant that every database takes, of the years 1 to 9999: most within a year of October 2025.
pub fn storable_instant() -> impl Strategy<Value = chrono::DateTime<chrono::Utc>> + Clone {
    storable_micros().prop_map(Into::into)
}

/// Generates a size that every database takes: at least 1 and at most [`i32::MAX`] of each.
pub fn storable_size() -> impl Strategy<Value = Size> + Clone {
    let count = prop_oneof![12 => 1u32..12, 1 => Just(i32::MAX.unsigned_abs())];
    (count.clone(), count.clone(), count).prop_map(|(cpu, memory, disk)| Size { cpu, memory, disk })
}
