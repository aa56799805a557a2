//! Which rules the cells reach: checks, boundaries of timers, transitions.

use chrono::TimeDelta;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Input, Lifecycle, Next, Policy, SandboxClass, SandboxState, Timer, Verb,
    chrono,
    clock::Standing,
    render::{Transition, Trigger, transitions},
    testing::{Cell, cells, made_storable, pass_cells},
    vocabulary::{AutoDelete, BackupState, Fault, Repair, SizeChange},
};
use std::{collections::BTreeSet, num::NonZeroU32};

/// Returns the verb, the argument as it is named, and the first failing check of every cell that a check refuses.
fn refused(cells: &[Cell], policy: &Policy) -> BTreeSet<(Verb, &'static str)> {
    let refused = cells.iter().filter_map(|cell| {
        let Input::Command(command) = cell.case.input else { return None };
        let explained = cell.case.row.explain(command, policy, cell.case.context, cell.case.now);
        let first = explained.failing_checks().next()?;
        Some((command.verb(), first.name()))
    });
    refused.collect()
}

/// Checks that refuse no stored sandbox, each with the reason.
const UNREACHABLE: [(Verb, &str, &str); 14] = [
    (Verb::Start, "idle", "nothing is pending where both states agree or archived is desired"),
    (Verb::Stop, "idle", "nothing is pending where both states agree"),
    (Verb::Archive, "idle", "nothing is pending where both states agree"),
    (Verb::Recover, "recovers_in_place_or_idle", "nothing is pending in error"),
    (Verb::Start, "vm_or_not_paused", "only a VM is paused"),
    (Verb::Pause, "on_a_runner", "what runs has a runner"),
    (Verb::Fork, "on_a_runner", "what runs has a runner"),
    (Verb::Destroy, "may_be_destroyed", "something is pending in the other states"),
    (Verb::Fork, "may_change_in_place", "FILL"),
    (Verb::AutoStop, "coherent", "stored states are coherent"),
    (Verb::AutoPause, "coherent", "stored states are coherent"),
    (Verb::AutoArchive, "coherent", "stored states are coherent"),
    (Verb::AutoDelete, "coherent", "stored states are coherent"),
    (Verb::Ttl, "coherent", "stored states are coherent"),
];

/// Returns a storable row for every pair of states, with every combination of the columns that these checks read.
fn rows() -> impl Iterator<Item = Lifecycle> {
    let pairs =
        SandboxState::ALL.iter().flat_map(|state| DesiredState::ALL.iter().map(move |desired| (*state, *desired)));
    pairs.flat_map(|(state, desired_state)| {
        (0u32..1 << 7).map(move |bits| {
            let has = |bit: u32| bits >> bit & 1 == 1;
            let columns = Columns {
                state,
                desired_state,
                has_runner: has(0),
                class: if has(1) { SandboxClass::LinuxVm } else { SandboxClass::Container },
                auto_delete: if has(2) { AutoDelete::AtOnce } else { AutoDelete::NEVER },
                fault: has(3).then_some(Fault::Timeout),
                backup_state: if has(4) { BackupState::Completed } else { BackupState::None },
                recoverable: has(5),
                repair: has(6).then_some(Repair::Recover),
                ..Columns::default()
            };
            made_storable(columns)
        })
    })
}

#[test]
fn every_check_of_every_command_refuses_a_cell_or_no_stored_sandbox() {
    let policy = Policy::default();
    let reached = refused(&cells(&policy), &policy);
    let checks = Verb::ALL.iter().flat_map(|verb| verb.checks().iter().map(|check| (*verb, check.name())));
    let missing: BTreeSet<_> = checks.filter(|check| !reached.contains(check)).collect();
    assert_eq!(missing, UNREACHABLE.iter().map(|(verb, check, _)| (*verb, *check)).collect());

    // No storable row is refused by such a check. Incoherent pairs are not stored.
    let mut refused = BTreeSet::new();
    for row in rows().filter(|row| row.violations().is_empty()) {
        for verb in Verb::ALL {
            for command in with_verb(*verb) {
                let explained = row.explain(command, &policy, Context::of(&row), row.created_at());
                refused.extend(explained.failing_checks().next().map(|check| (*verb, check.name())));
            }
        }
    }
    let found: Vec<_> = UNREACHABLE.iter().filter(|(verb, check, _)| refused.contains(&(*verb, *check))).collect();
    assert_eq!(found, Vec::<&(Verb, &str, &str)>::new());
}

/// Returns the command of a verb with each value of its yes-or-no argument.
fn with_verb(verb: Verb) -> Vec<Command> {
    use sandbox_lifecycle::vocabulary::{AutoArchive, AutoPause, AutoStop, Minutes, Ttl};
    let both = [false, true].into_iter();
    match verb {
        Verb::Start => vec![Command::Start],
        Verb::Stop => both.map(|force| Command::Stop { force }).collect(),
        Verb::Destroy => vec![Command::Destroy { force: false }],
        Verb::ForceDestroy => vec![Command::Destroy { force: true }],
        Verb::Pause => vec![Command::Pause],
        Verb::Archive => vec![Command::Archive],
        Verb::Resize => vec![Command::Resize(SizeChange { cpu: NonZeroU32::new(100), ..SizeChange::default() })],
        Verb::Fork => vec![Command::Fork],
        Verb::Snapshot => both.map(|include_memory| Command::Snapshot { include_memory }).collect(),
        Verb::Recover => both.map(|start| Command::Recover { start }).collect(),
        Verb::Backup => vec![Command::Backup],
        Verb::AutoStop => {
            [AutoStop::Never, AutoStop::After(Minutes::MAX)].map(|interval| Command::AutoStop { interval }).to_vec()
        }
        Verb::AutoPause => {
            [AutoPause::Never, AutoPause::After(Minutes::MAX)].map(|interval| Command::AutoPause { interval }).to_vec()
        }
        Verb::AutoArchive => vec![Command::AutoArchive { interval: AutoArchive::AtOnce }],
        Verb::AutoDelete => {
            [AutoDelete::AtOnce, AutoDelete::NEVER].map(|interval| Command::AutoDelete { interval }).to_vec()
        }
        Verb::Ttl => vec![Command::Ttl { interval: Ttl::Never }],
        Verb::Touch => vec![Command::Touch],
        _ => panic!("a verb that this test does not know"),
    }
}

#[test]
fn every_timer_has_a_cell_at_each_side_of_its_boundary() {
    let policy = Policy::default();
    let cells = cells(&policy);
    for timer in Timer::TIMED {
        let has_side =
            |cell: &&Cell| ["/before", "/at", "/after"].iter().any(|side| cell.name.to_string().contains(side));
        let armed = cells.iter().filter(has_side);
        let of_timer = armed.map(|cell| cell.case).filter(|case| case.input == Input::Timer(*timer));
        let sides = of_timer.filter_map(|case| {
            let mut deadlines = case.row.deadlines(&policy, case.context);
            let at = match deadlines.find(|deadline| deadline.timer == *timer)?.standing {
                Standing::Armed { at } => at,
                // Auto-archive comes first, and a host that decides on auto-delete alone has its boundary too.
                Standing::Masked { .. } => {
                    case.row.last_activity_at() + TimeDelta::minutes(case.row.auto_delete().as_minutes().into())
                }
                Standing::Beyond | Standing::Unknown | Standing::Off | Standing::NotHere => return None,
            };
            (case.now - at).num_microseconds()
        });
        let sides: BTreeSet<i64> = sides.collect();
        assert_eq!(sides, BTreeSet::from([-1, 0, 1]), "{timer}");
    }
}

#[test]
fn every_transition_is_taken_by_a_cell() {
    let policy = Policy::default();
    let mut taken = BTreeSet::new();
    for cell in cells(&policy) {
        let Ok(step) = cell.case.decide(&policy) else { continue };
        let Ok(after) = step.apply(cell.case.row) else { continue };
        let by = match cell.case.input {
            Input::Command(command) => Some(Trigger::Command(command.verb())),
            Input::Timer(timer) => Some(Trigger::Timer(timer)),
            Input::Report(_) => None,
        };
        taken.insert((cell.case.row.reported_state(), after.reported_state(), by));
    }
    for cell in pass_cells(&policy) {
        if let Next::Apply(step) = cell.row.reconcile(&cell.view, &policy, cell.now) {
            let after = step.apply(cell.row).expect("the step was decided on this row");
            taken.insert((cell.row.reported_state(), after.reported_state(), None));
        }
    }
    // A runner's report and the answer to a controller's ask both show how a change ended.
    let missing = transitions().into_iter().filter(|transition| {
        let by = match transition.by {
            Trigger::Command(_) | Trigger::Timer(_) => Some(transition.by),
            Trigger::Done | Trigger::Failed | Trigger::Reported | Trigger::Controller => None,
            _ => panic!("a trigger that this test does not know"),
        };
        !taken.contains(&(transition.from, transition.to, by)) && !lacks_runner(transition)
    });
    assert_eq!(missing.collect::<Vec<_>>(), []);
}

/// Whether only a running sandbox without a runner takes this transition: it is destroyed without a call. No platform stores
/// such a row.
fn lacks_runner(transition: &Transition) -> bool {
    let runs = [SandboxState::Started, SandboxState::Stopping].contains(&transition.from);
    runs && transition.to == SandboxState::Destroyed
}
