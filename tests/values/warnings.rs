//! Warnings: for each, a sandbox that gets it and one that narrowly does not.

use crate::time::{minutes, noon};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Lifecycle, SandboxClass,
    clock::Warning,
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop},
};

/// A VM with an auto-stop of 15 minutes, which gets no warning.
fn quiet() -> Columns {
    let noon = noon();
    let class = SandboxClass::LinuxVm;
    Columns { class, created_at: noon, last_activity_at: noon, state_since: noon, ..Columns::default() }
}

fn warned(columns: Columns) -> Vec<Warning> {
    Lifecycle::from(columns).warnings(noon()).collect()
}

fn lives(micros: i64) -> Columns {
    let end = noon() + Duration::minutes(15) + Duration::microseconds(micros);
    Columns { auto_destroy_at: Some(end), ..quiet() }
}

fn pauses(class: SandboxClass, auto_stop: AutoStop) -> Columns {
    Columns { class, auto_stop, auto_pause: AutoPause::After(minutes(60)), ..quiet() }
}

#[test]
fn each_warning_is_given_exactly_where_its_condition_holds() {
    let archived = |after| Columns { auto_archive: AutoArchive::After(minutes(100)), ..deleted(after) };
    let (vm, container) = (SandboxClass::LinuxVm, SandboxClass::Container);
    let ephemeral = Columns { auto_delete: AutoDelete::AtOnce, ..quiet() };
    let used = |micros| Columns { last_activity_at: (noon() + Duration::microseconds(micros)), ..quiet() };
    let never = Columns { auto_stop: AutoStop::Never, ..quiet() };
    let cases = [
        ("nothing", quiet(), vec![]),
        ("deleted after the archive", archived(101), vec![Warning::DeleteNeverActs]),
        ("deleted with the archive", archived(100), vec![]),
        ("nothing stops it", never, vec![Warning::NothingStopsIt]),
        ("only a time to live", Columns { auto_stop: AutoStop::Never, ..lives(0) }, vec![]),
        ("only a pause", pauses(vm, AutoStop::Never), vec![]),
        (
            "only a pause that never acts",
            pauses(container, AutoStop::Never),
            vec![Warning::NothingStopsIt, Warning::PauseNeverActs],
        ),
        ("destroyed at the instant of auto-stop", lives(0), vec![Warning::TtlComesFirst]),
        ("destroyed right after auto-stop", lives(1), vec![]),
        (
            "a pause of a container",
            pauses(container, AutoStop::default()),
            vec![Warning::PauseNeverActs, Warning::TwoIdleTimers],
        ),
        ("two idle timers", pauses(vm, AutoStop::default()), vec![Warning::TwoIdleTimers]),
        (
            "a pause of an ephemeral sandbox",
            Columns { auto_delete: AutoDelete::AtOnce, ..pauses(vm, AutoStop::default()) },
            vec![Warning::PauseNeverActs, Warning::TwoIdleTimers, Warning::StopDeletes],
        ),
        ("archived at once", Columns { auto_archive: AutoArchive::AtOnce, ..quiet() }, vec![Warning::ArchivedAtOnce]),
        (
            "archived at once, but ephemeral",
            Columns { auto_archive: AutoArchive::AtOnce, ..ephemeral },
            vec![Warning::StopDeletes],
        ),
        ("ephemeral", ephemeral, vec![Warning::StopDeletes]),
        ("used in the future", used(1), vec![Warning::UsedInTheFuture]),
        ("used now", used(0), vec![]),
    ];
    for (what, columns, expected) in cases {
        assert_eq!(warned(columns), expected, "{what}");
    }
}

fn deleted(after: u32) -> Columns {
    Columns { auto_delete: AutoDelete::After(minutes(after)), ..quiet() }
}
