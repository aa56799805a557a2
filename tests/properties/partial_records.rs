//! What a client says from an API record alone: never a false answer, and no needless doubt.

use crate::{CASES, cases::cases};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Acceptance, Columns, Command, Context, Lifecycle, PartialLifecycle, Policy, Refusal, Sandbox, SandboxDto,
    SandboxState, Step, Verb,
    record::{Maybe, ServerTexts},
    rules::{Cause, KnownContext},
    testing,
    vocabulary::{AutoDelete, AutoPause, AutoStop, BackupState, Fault, Minutes, Repair, SandboxClass, Size},
};
use std::collections::BTreeMap;

/// What a client is shown of every record.
#[derive(Debug, Clone, Copy)]
struct Window {
    runner: bool,
    backup_state: bool,
    recoverable: bool,
    class: bool,
    intervals: bool,
}

/// Usually the record has every field except the runner.
fn window() -> impl Strategy<Value = Window> {
    let shown = || prop::bool::weighted(0.8);
    (any::<bool>(), shown(), shown(), shown(), shown()).prop_map(
        |(runner, backup_state, recoverable, class, intervals)| Window {
            runner,
            backup_state,
            recoverable,
            class,
            intervals,
        },
    )
}

/// Returns the record of this row, as the window shows it.
fn record(row: &Lifecycle, window: Window) -> SandboxDto {
    let blank = SandboxDto::new("s1", "o1", "n", "daytona", "eu", "", Size::default());
    let mut record = SandboxDto::from(Sandbox::from_row(blank, *row, ServerTexts::default()));
    if window.runner && row.has_runner() {
        record.runner_id = Maybe::Value("r1".to_owned());
    }
    if !window.backup_state {
        record.backup_state = Maybe::Null;
    }
    if !window.recoverable {
        record.recoverable = Maybe::Absent;
    }
    if !window.class {
        record.sandbox_class = Maybe::Absent;
    }
    if !window.intervals {
        record.auto_stop_interval = Maybe::Absent;
        record.auto_pause_interval = Maybe::Absent;
        record.auto_delete_interval = Maybe::Absent;
    }
    record
}

/// A small source of random choices.
struct Choices(u64);

impl Choices {
    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let count = u64::try_from(all.len()).expect("a short list");
        all[usize::try_from((self.0 >> 20) % count).expect("an index of the list")]
    }

    fn flag(&mut self) -> bool {
        self.one_of(&[false, true])
    }

    /// Returns a row with other values where the record shows none, as a write leaves it.
    fn row_behind(&mut self, row: &Lifecycle, window: Window) -> Lifecycle {
        let mut columns = row.columns();
        let same = SandboxState::ALL.iter().copied().filter(|state| shows(row, *state)).collect::<Vec<_>>();
        columns.state = self.one_of(&same);
        columns.repair = self.one_of(&[None, Some(Repair::Recover), Some(Repair::Stop)]);
        columns.has_runner = self.flag();
        columns.fault = self.one_of(&[None, Some(Fault::Timeout), Some(Fault::Timeout), Some(Fault::Other)]);
        columns.has_backup_ref = self.flag();
        columns.changed_since_backup = self.flag();
        columns.kept_backup = self.flag();
        columns.must_ask_store = self.flag();
        if !window.backup_state {
            columns.backup_state = self.one_of(BackupState::ALL);
        }
        if !window.recoverable {
            columns.recoverable = self.flag();
        }
        if !window.class {
            columns.class = self.one_of(SandboxClass::ALL);
        }
        if !window.intervals {
            columns.auto_stop = self.one_of(&[AutoStop::Never, AutoStop::After(Minutes::MAX)]);
            columns.auto_pause = self.one_of(&[AutoPause::Never, AutoPause::After(Minutes::MAX)]);
            columns.auto_delete = self.one_of(&[AutoDelete::AtOnce, AutoDelete::NEVER]);
        }
        Lifecycle::from(columns).repaired()
    }

    /// Returns a context that fits what the client knows.
    fn context(&mut self, row: &Lifecycle, known: KnownContext) -> Context {
        let forked = known.has_live_fork_children.unwrap_or_else(|| self.flag());
        let suspended = known.organization_suspended.unwrap_or_else(|| self.flag());
        let linked = known.linked.unwrap_or_else(|| self.flag());
        let context = Context::of(row).with_live_fork_children(forked.into());
        context.with_organization_suspended(suspended).with_linked(linked)
    }
}

/// Whether the API may show a row in this state as it shows this row.
fn shows(row: &Lifecycle, state: SandboxState) -> bool {
    [None, Some(Repair::Recover), Some(Repair::Stop)].into_iter().any(|repair| {
        let other = Lifecycle::from(Columns { state, repair, ..row.columns() });
        other.reported_state() == row.reported_state()
    })
}

/// Whether both rows have the same record, if they differ only in what [`Choices::row_behind`] chooses.
fn look_alike(row: &Lifecycle, other: &Lifecycle, window: Window) -> bool {
    row.reported_state() == other.reported_state()
        && (!window.runner || row.has_runner() == other.has_runner())
        && (!window.backup_state || row.backup_state() == other.backup_state())
        && (!window.recoverable || row.recoverable() == other.recoverable())
}

/// What a client is asked: a row as a write leaves it, what of it the client is shown and knows, and the command.
#[derive(Debug, Clone)]
struct Asked {
    row: Lifecycle,
    window: Window,
    known: KnownContext,
    policy: Policy,
    command: Command,
    now: DateTime<Utc>,
    seed: u64,
}

fn asked() -> impl Strategy<Value = Asked> {
    let row = prop_oneof![
        3 => testing::storable_lifecycle(),
        1 => testing::lifecycle().prop_map(|row| row.repaired()),
    ];
    let row_and_command = prop_oneof![4 => (row, testing::command()), 1 => (errored(), recovery())];
    let known = (any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>());
    let policy = prop_oneof![Just(Policy::default()), Just(Policy::recorded())];
    (row_and_command, window(), known, policy, testing::instant(), 1..u64::MAX).prop_map(
        |((row, command), mut window, known, policy, now, seed)| {
            // Where no runner is shown, none may be assigned, or the client is not shown it.
            window.runner &= row.has_runner();
            let known =
                KnownContext { has_live_fork_children: known.0, organization_suspended: known.1, linked: known.2 };
            Asked { row, window, known, policy, command, now, seed }
        },
    )
}

/// A recoverable sandbox in error, about which a record hides most.
fn errored() -> impl Strategy<Value = Lifecycle> {
    let states = testing::desired_state().prop_map(|desired| (SandboxState::Error, desired));
    testing::columns_at(states).prop_map(|columns| {
        let columns = Columns { recoverable: true, backup_state: BackupState::Completed, repair: None, ..columns };
        Lifecycle::from(columns).repaired()
    })
}

fn recovery() -> impl Strategy<Value = Command> {
    any::<bool>().prop_map(|start| Command::Recover { start })
}

impl Asked {
    fn seen(&self) -> PartialLifecycle {
        PartialLifecycle::try_from(&record(&self.row, self.window)).expect("the record of a row is valid")
    }

    /// Returns the decisions on rows that show the same record: on this one, and on up to `count` others.
    fn decisions(&self, count: usize) -> impl Iterator<Item = Result<Step, Refusal>> {
        let mut choices = Choices(self.seed);
        // The last instant would stand for none.
        let just_now = self.now.checked_sub_signed(TimeDelta::microseconds(1)).unwrap_or(self.now);
        let recoveries = [None, Some(just_now)];
        (0..count).filter_map(move |number| {
            let row = if number == 0 { self.row } else { choices.row_behind(&self.row, self.window) };
            if !look_alike(&self.row, &row, self.window) {
                return None;
            }
            let row = Lifecycle::from(Columns { last_recovery: choices.one_of(&recoveries), ..row.columns() });
            Some(row.decide(self.command, &self.policy, choices.context(&row, self.known), self.now))
        })
    }
}

proptest! {
    #![proptest_config(cases(CASES / 4))]

    #[test]
    fn rows_that_look_alike_have_the_same_record(asked in asked()) {
        let other = Choices(asked.seed).row_behind(&asked.row, asked.window);
        let alike = look_alike(&asked.row, &other, asked.window);
        prop_assert_eq!(record(&asked.row, asked.window) == record(&other, asked.window), alike);
    }

    #[test]
    fn an_answer_from_a_record_is_that_of_every_row_behind_it(asked in asked()) {
        let explained = asked.seen().explain(asked.command, &asked.policy, asked.known);
        for decided in asked.decisions(40) {
            match (explained.acceptance(), &decided) {
                (Acceptance::Accepted, Ok(_)) | (Acceptance::ServerDecides, _) => {}
                (Acceptance::AlreadySo, Ok(step)) => {
                    prop_assert_eq!(step.cause(), Cause::Already(asked.command.verb()));
                }
                (Acceptance::Refused, Err(refusal)) => {
                    prop_assert!(explained.reason().is_none_or(|reason| reason == refusal.reason()));
                }
                (answer, Ok(step)) => prop_assert!(false, "the client says {answer}, the server does {step:?}"),
                (answer, Err(refusal)) => prop_assert!(false, "the client says {answer}, the server {refusal}"),
            }
            if let Err(refusal) = decided {
                let failing: Vec<_> = refusal.failing_checks().collect();
                prop_assert!(explained.failing_checks().all(|check| failing.contains(&check)), "{explained:?}");
            }
        }
    }

    #[test]
    fn the_server_decides_only_where_rows_behind_the_record_differ(asked in asked()) {
        let explained = asked.seen().explain(asked.command, &asked.policy, asked.known);
        let doubts = explained.unseen().count();
        if explained.acceptance() == Acceptance::ServerDecides {
            prop_assert!(doubts > 0, "nothing is named that is not visible: {explained:?}");
            let (mut accepted, mut refused) = (false, false);
            for decided in asked.decisions(5_000) {
                accepted |= decided.is_ok();
                refused |= decided.is_err();
                if accepted && refused {
                    break;
                }
            }
            prop_assert!(accepted && refused, "accepted by some {accepted}, refused by some {refused}: {explained:?}");
        }
    }

    #[test]
    fn a_refusal_without_one_reason_has_several(asked in asked()) {
        let explained = asked.seen().explain(asked.command, &asked.policy, asked.known);
        if explained.acceptance() == Acceptance::Refused && explained.reason().is_none() {
            let mut reasons = asked.decisions(5_000).filter_map(|decided| decided.err()).map(|refusal| refusal.reason());
            let first = reasons.next();
            prop_assert!(reasons.any(|reason| Some(reason) != first), "{explained:?}: always {first:?}");
        }
    }

    #[test]
    fn the_ways_of_a_recovery_from_a_record_are_those_of_the_rows_behind_it(asked in asked()) {
        let ways: Vec<_> = asked.seen().recoveries().collect();
        let mut choices = Choices(asked.seed);
        for _ in 0..40 {
            let row = choices.row_behind(&asked.row, asked.window);
            if look_alike(&asked.row, &row, asked.window) {
                prop_assert!(row.recovery().is_none_or(|way| ways.contains(&way)), "{:?} is not in {ways:?}", row.recovery());
            }
        }
        prop_assert!(asked.row.recovery().is_none_or(|way| ways.contains(&way)));
        let mut found = (0..5_000).map(|_| choices.row_behind(&asked.row, asked.window));
        for way in ways {
            let is_found = found.any(|row| look_alike(&asked.row, &row, asked.window) && row.recovery() == Some(way));
            prop_assert!(is_found, "no row behind the record recovers {way:?}");
        }
    }

    #[test]
    fn each_button_has_the_best_answer_over_its_arguments(asked in asked()) {
        let buttons: BTreeMap<Verb, Acceptance> = asked.seen().acceptances(&asked.policy, asked.known).collect();
        let verb = asked.command.verb();
        prop_assert!(buttons.keys().all(|verb| verb.is_offered_by(asked.policy.profile)));
        if let Some(button) = buttons.get(&verb) {
            let answer = asked.seen().explain(asked.command, &asked.policy, asked.known).acceptance();
            match button {
                Acceptance::Accepted => {}
                Acceptance::Refused => prop_assert_eq!(answer, Acceptance::Refused),
                Acceptance::AlreadySo => prop_assert_eq!(answer, Acceptance::AlreadySo),
                Acceptance::ServerDecides => {
                    prop_assert!([Acceptance::ServerDecides, Acceptance::Refused].contains(&answer), "{answer}");
                }
            }
        }
    }
}
