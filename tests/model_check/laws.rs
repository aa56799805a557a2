//! The laws of a step: what it leaves sound, how it is stored and carried out, and what a refusal says.

use crate::{CASES, cases};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Answer, AutoArchive, AutoDelete, AutoPause, AutoStop, Cause, Changes, Columns, Command, Effect, Expects, Ignored,
    Input, Lifecycle, Minutes, Next, Policy, Report, RunnerView, SizeChange, Step, Task, Timer, Ttl, Verb, Violation,
    testing::{self, Case, any_case, case},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Debug, num::NonZeroU32};

/// What a compare-and-swap in a store does, column by column.
pub fn swap(columns: Columns, expects: Expects, changes: Changes) -> Option<Columns> {
    let Expects {
        state,
        desired_state,
        pending,
        epoch,
        backup_state,
        has_backup_ref,
        has_runner,
        fault,
        recoverable,
        force_stop,
        ephemeral,
        auto_stop,
        auto_pause,
        auto_archive,
        auto_delete,
        auto_destroy_at,
        backup_since,
        last_activity_at,
    } = expects;
    fn still<T: PartialEq>(expected: Option<T>, found: T) -> bool {
        expected.is_none_or(|expected| expected == found)
    }
    let found = columns.state == state
        && columns.desired_state == desired_state
        && columns.pending == pending
        && columns.epoch == epoch
        && columns.backup_state == backup_state
        && columns.has_backup_ref == has_backup_ref
        && columns.has_runner == has_runner
        && columns.fault == fault
        && columns.recoverable == recoverable
        && columns.force_stop == force_stop
        && (columns.auto_delete == AutoDelete::AtOnce) == ephemeral
        && still(auto_stop, columns.auto_stop)
        && still(auto_pause, columns.auto_pause)
        && still(auto_archive, columns.auto_archive)
        && still(auto_delete, columns.auto_delete)
        && (backup_since.is_none() || backup_since == columns.backup_since)
        && (auto_destroy_at.is_none() || auto_destroy_at == columns.auto_destroy_at)
        && still(last_activity_at, columns.last_activity_at);
    found.then(|| Columns {
        state: changes.state.unwrap_or(columns.state),
        desired_state: changes.desired_state.unwrap_or(columns.desired_state),
        pending: changes.pending.unwrap_or(columns.pending),
        class: columns.class,
        gpu: columns.gpu,
        gpu_type: columns.gpu_type,
        size: changes.size.unwrap_or(columns.size),
        backup_state: changes.backup_state.unwrap_or(columns.backup_state),
        has_backup_ref: changes.has_backup_ref.unwrap_or(columns.has_backup_ref),
        has_runner: changes.has_runner.unwrap_or(columns.has_runner),
        fault: changes.fault.unwrap_or(columns.fault),
        recoverable: changes.recoverable.unwrap_or(columns.recoverable),
        force_stop: changes.force_stop.unwrap_or(columns.force_stop),
        epoch: changes.epoch.unwrap_or(columns.epoch),
        auto_stop: changes.auto_stop.unwrap_or(columns.auto_stop),
        auto_pause: changes.auto_pause.unwrap_or(columns.auto_pause),
        auto_archive: changes.auto_archive.unwrap_or(columns.auto_archive),
        auto_delete: changes.auto_delete.unwrap_or(columns.auto_delete),
        auto_destroy_at: changes.auto_destroy_at.unwrap_or(columns.auto_destroy_at),
        queue_timeout: columns.queue_timeout,
        created_at: columns.created_at,
        last_activity_at: changes.last_activity_at.unwrap_or(columns.last_activity_at),
        state_since: changes.state_since.unwrap_or(columns.state_since),
        backup_since: changes.backup_since.unwrap_or(columns.backup_since),
    })
}

/// The rules that every write enforces.
const RULES_4_AND_5: [Violation; 5] = [
    Violation::DesiredBesideState,
    Violation::Pending,
    Violation::RunnerKept,
    Violation::BackupKept,
    Violation::NotRecoverable,
];

fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
    let text = serde_json::to_string(value).expect("everything can be written");
    let read: T = serde_json::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
    prop_assert_eq!(&read, value, "{}", text);
    Ok(())
}

/// Every way to ask for a verb that could matter to this row.
fn ways(verb: Verb, row: &Lifecycle) -> Vec<Command> {
    let hour = Minutes::new(60).expect("60 is an interval");
    let both = [false, true];
    match verb {
        Verb::Start => vec![Command::Start],
        Verb::Stop => both.map(|force| Command::Stop { force }).to_vec(),
        Verb::Destroy => vec![Command::Destroy { force: false }],
        Verb::ForceDestroy => vec![Command::Destroy { force: true }],
        Verb::Pause => vec![Command::Pause],
        Verb::Archive => vec![Command::Archive],
        Verb::Fork => vec![Command::Fork],
        Verb::Snapshot => both.map(|include_memory| Command::Snapshot { include_memory }).to_vec(),
        Verb::Recover => both.map(|start| Command::Recover { start }).to_vec(),
        Verb::Backup => vec![Command::Backup],
        Verb::AutoStop => {
            [AutoStop::Never, AutoStop::After(hour)].map(|minutes| Command::AutoStop { interval: minutes }).to_vec()
        }
        Verb::AutoPause => {
            [AutoPause::Never, AutoPause::After(hour)].map(|minutes| Command::AutoPause { interval: minutes }).to_vec()
        }
        Verb::AutoArchive => vec![Command::AutoArchive { interval: AutoArchive::After(hour) }],
        Verb::AutoDelete => {
            [AutoDelete::NEVER, AutoDelete::AtOnce].map(|minutes| Command::AutoDelete { interval: minutes }).to_vec()
        }
        Verb::Ttl => [Ttl::None, Ttl::After(hour)].map(|minutes| Command::Ttl { interval: minutes }).to_vec(),
        Verb::Touch => vec![Command::Touch],
        Verb::Resize => {
            let counts = |old: u32| [None, NonZeroU32::new(old / 2), NonZeroU32::new(old + 1)];
            let size = row.size();
            let mut all = Vec::new();
            for cpu in counts(size.cpu) {
                for memory in counts(size.memory) {
                    all.extend(counts(size.disk).map(|disk| Command::Resize(SizeChange { cpu, memory, disk })));
                }
            }
            all
        }
        other => panic!("how is {other} asked for?"),
    }
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn after_a_written_step_rules_4_and_5_hold(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let after = step.apply(row).expect("its row");
        // A touch is no write of the rules: it is recorded beside them.
        if step.writes() && step.cause() != Cause::Command(Verb::Touch) {
            let broken: Vec<_> = after.violations().iter().filter(|found| RULES_4_AND_5.contains(found)).collect();
            prop_assert_eq!(broken, vec![], "{:?}", step);
        }
    }

    #[test]
    fn a_sound_row_stays_sound(case in case(), view in testing::runner_view()) {
        let Case { row, input, context, now } = case;
        prop_assert!(row.violations().is_empty());
        let decided = row.decide(input, &Policy::default(), context, now).ok();
        let driven = match row.reconcile(&view, &Policy::default(), now) {
            Next::Apply(step) => Some(step),
            _ => None,
        };
        for step in decided.into_iter().chain(driven) {
            let after = step.apply(row).expect("its row");
            prop_assert_eq!(after.violations().iter().collect::<Vec<_>>(), vec![], "{:?}", step);
        }
    }

    #[test]
    fn what_is_already_so_or_ignored_writes_nothing(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        if matches!(step.cause(), Cause::Already(_) | Cause::Ignored(_)) {
            prop_assert!(step.is_noop());
            prop_assert_eq!(step.changes(), Changes::default());
            prop_assert_eq!(step.apply(row), Ok(row));
        }
        prop_assert_eq!(step.writes(), step.changes() != Changes::default() || step.is_soft_delete());
    }

    #[test]
    fn a_report_of_another_epoch_is_ignored(case in any_case(), report in testing::report(), epoch in any::<u32>()) {
        let Case { row, context, now, .. } = case;
        let epoch = if epoch == row.epoch() { epoch ^ 1 } else { epoch };
        let report = match report {
            Report::State { state, fault, recoverable, .. } => {
                Report::State { state, fault, recoverable, epoch: Some(epoch) }
            }
            Report::Ended { job, outcome, .. } => Report::Ended { job, outcome, epoch: Some(epoch) },
            Report::Answered { task, answer, from, .. } => Report::Answered { task, answer, from, epoch: Some(epoch) },
            _carries_none => return Ok(()),
        };
        let step = row.decide(report, &Policy::default(), context, now).expect("a late report is not refused");
        prop_assert_eq!(step.cause(), Cause::Ignored(Ignored::OlderEpoch));
        prop_assert!(step.is_noop());
    }

    #[test]
    fn written_by_hand_a_step_leaves_what_apply_leaves(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let by_hand = swap(row.columns(), step.expects(), step.changes()).expect("it was decided on this row");
        prop_assert_eq!(Lifecycle::from(by_hand), step.apply(row).expect("its row"));
    }

    #[test]
    fn a_stored_row_takes_the_stored_changes_column_by_column(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let mut stored = serde_json::to_value(row).expect("it is written");
        let changes = serde_json::to_value(step.changes()).expect("they are written");
        let columns = stored.as_object_mut().expect("a row has columns");
        columns.extend(changes.as_object().expect("changes are of columns").clone());
        prop_assert_eq!(serde_json::from_value::<Lifecycle>(stored).expect("a row"), step.apply(row).expect("its row"));
    }

    #[test]
    fn a_report_told_twice_is_told_once(case in any_case(), report in testing::report(), later in testing::instant()) {
        let Case { row, context, now, .. } = case;
        let Ok(step) = row.decide(report, &Policy::default(), context, now) else { return Ok(()) };
        let once = step.apply(row).expect("its row");
        if let Ok(again) = once.decide(report, &Policy::default(), context, later.into()) {
            prop_assert_eq!(again.apply(once), Ok(once), "{:?}", again);
        }
    }

    #[test]
    fn a_timer_acts_once(case in any_case()) {
        let Case { row, context, now, .. } = case;
        for timer in Timer::TIMED.into_iter().chain([Timer::SpotEviction]) {
            let step = row.decide(timer, &Policy::default(), context, now).expect("a timer is never refused");
            let after = step.apply(row).expect("its row");
            let again = after.decide(timer, &Policy::default(), context, now).expect("a timer is never refused");
            prop_assert!(!again.writes(), "{:?}", again);
        }
    }

    #[test]
    fn an_explanation_says_what_the_decision_does(case in any_case(), command in testing::command()) {
        let Case { row, context, now, .. } = case;
        let policy = Policy::default();
        let explained: Vec<_> = row.explain(command, &policy, context, now).collect();
        prop_assert_eq!(explained.len(), command.verb().checks().len());
        let failing: Vec<_> = explained.iter().filter(|(_, holds)| !holds).map(|(check, _)| *check).collect();
        match row.decide(command, &policy, context, now) {
            Ok(step) if step.cause() == Cause::Command(command.verb()) => prop_assert!(failing.is_empty(), "{failing:?}"),
            Ok(step) => prop_assert_eq!(step.cause(), Cause::Already(command.verb())),
            Err(refusal) => {
                prop_assert_eq!(refusal.failing_checks().collect::<Vec<_>>(), failing.clone());
                prop_assert_eq!(failing.first().map(|check| check.reason()), Some(refusal.reason()));
                prop_assert!(!refusal.accepted_commands().any(|verb| verb == command.verb()) || takes_arguments(command));
            }
        }
    }

    #[test]
    fn what_is_accepted_can_be_asked_for_and_nothing_else(case in any_case()) {
        let Case { row, context, now, .. } = case;
        // What is as large as can be cannot grow, which `accepts` does not know.
        let row = Lifecycle::from(Columns { size: sandbox_lifecycle::Size::default(), ..row.columns() });
        let policy = Policy::default();
        let accepted: Vec<Verb> = row.accepted_commands(&policy, context, now).collect();
        for verb in Verb::ALL.iter().copied() {
            let taken = |command: &Command| {
                let decided = row.decide(*command, &policy, context, now);
                // What is already so is a success whether or not the verb would be accepted anew.
                decided.is_ok_and(|step| step.cause() == Cause::Command(verb))
            };
            let already = |command: &Command| {
                let decided = row.decide(*command, &policy, context, now);
                decided.is_ok_and(|step| step.cause() == Cause::Already(verb))
            };
            let ways = ways(verb, &row);
            if accepted.contains(&verb) {
                prop_assert!(ways.iter().any(|way| taken(way) || already(way)), "{} is accepted by none", verb);
                prop_assert!(verb.from_states().contains(&row.state()), "{} from {}", verb, row.state());
            } else {
                prop_assert!(!ways.iter().any(taken), "{} is taken and not said to be accepted", verb);
            }
        }
    }

    #[test]
    fn everything_storable_is_read_as_it_was_written(case in any_case()) {
        let Case { row, input, context, now } = case;
        there_and_back(&row)?;
        there_and_back(&context)?;
        there_and_back(&input)?;
        match input {
            Input::Command(command) => there_and_back(&command)?,
            Input::Report(report) => there_and_back(&report)?,
            Input::Timer(timer) => there_and_back(&timer)?,
        }
        if let Ok(step) = row.decide(input, &Policy::default(), context, now) {
            there_and_back(&step)?;
            there_and_back(&step.expects())?;
            for effect in step.effects() {
                there_and_back(&effect)?;
            }
            let text = serde_json::to_string(&step).expect("it was written above");
            let read: Step = serde_json::from_str(&text).expect("it was read above");
            prop_assert_eq!(read.apply(row), step.apply(row));
        }
    }

    #[test]
    fn a_call_of_the_controller_is_answered_with_its_epoch(case in case(), view in testing::runner_view()) {
        let Case { row, now, context, .. } = case;
        let policy = Policy::default();
        let Next::Call(call) = row.reconcile(&view, &policy, now) else { return Ok(()) };
        prop_assert_eq!(call.epoch, row.epoch());
        let refused = Answer::Refused { fault: sandbox_lifecycle::Fault::Refused, recoverable: false };
        let report = Report::Answered { task: call.task, answer: refused, from: None, epoch: Some(call.epoch) };
        let step = row.decide(report, &policy, context, now).expect("an answer is not refused");
        let archives = call.task == Task::Destroy && row.desired_state() == sandbox_lifecycle::DesiredState::Archived;
        let ends = step.state() == sandbox_lifecycle::SandboxState::Error;
        prop_assert!(ends || archives, "{:?} refused is lost: {:?}", call, step);
    }

    #[test]
    fn a_pass_that_applies_a_step_gets_further(case in case(), view in testing::runner_view()) {
        let Case { row, now, .. } = case;
        let Next::Apply(step) = row.reconcile(&view, &Policy::default(), now) else { return Ok(()) };
        prop_assert!(!step.is_noop());
        let after = step.apply(row).expect("its row");
        let asks_for_a_backup = step.effects().any(|effect| matches!(effect, Effect::Tell(_))) && !step.writes();
        prop_assert!(after != row || asks_for_a_backup, "{:?}", step);
    }
}

/// The arguments of this command decide whether it is taken.
fn takes_arguments(command: Command) -> bool {
    let verbs = [Verb::Resize, Verb::Snapshot, Verb::AutoStop, Verb::AutoPause, Verb::AutoDelete, Verb::Recover];
    verbs.contains(&command.verb())
}

#[test]
fn every_state_a_verb_is_said_to_start_from_takes_it() {
    let policy = Policy::default();
    for verb in Verb::ALL.iter().copied() {
        let mut found = Vec::new();
        for columns in rows_of_every_kind() {
            let row = Lifecycle::from(columns);
            let now = chrono::DateTime::UNIX_EPOCH;
            if row
                .accepted_commands(&policy, sandbox_lifecycle::Context::default(), now)
                .any(|accepted| accepted == verb)
            {
                found.push(row.state());
            }
        }
        found.sort();
        found.dedup();
        let mut said = verb.from_states().to_vec();
        said.sort();
        assert_eq!(found, said, "{verb}");
    }
}

/// Rows that between them satisfy every check from every state.
fn rows_of_every_kind() -> Vec<Columns> {
    use sandbox_lifecycle::{DesiredState, SandboxClass, SandboxState};
    let mut rows = Vec::new();
    for state in SandboxState::ALL.iter().copied() {
        for desired_state in DesiredState::ALL.iter().copied() {
            for class in [SandboxClass::Container, SandboxClass::LinuxVm] {
                for recoverable in [false, true] {
                    rows.push(Columns { state, desired_state, class, recoverable, ..Columns::default() });
                }
            }
        }
    }
    rows
}

#[test]
fn a_view_asks_before_it_acts() {
    let row = Lifecycle::from(Columns {
        state: sandbox_lifecycle::SandboxState::Stopping,
        desired_state: sandbox_lifecycle::DesiredState::Stopped,
        pending: true,
        ..Columns::default()
    });
    let next = row.reconcile(&RunnerView::default(), &Policy::default(), chrono::DateTime::UNIX_EPOCH);
    assert_eq!(next, Next::Ask);
}
