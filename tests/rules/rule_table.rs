//! The rule table: `decide` agrees with the table.
//!
//! For each command the table names its checks in order and the states from which it is accepted. These tests decide every
//! command on every combination of facts that a check can read, and compare the results with the table.

use crate::time::minutes;
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Acceptance, Columns, Command, Context, DesiredState, Lifecycle, Policy, Refusal, SandboxClass, SandboxState, Step,
    Verb,
    lifecycle::Violation,
    rules::Cause,
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, Fault, Repair, SizeChange, Ttl},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    sync::OnceLock,
    thread,
};

const FLAG: [bool; 2] = [false, true];

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::days(30)
}

/// Every command, with all arguments that a check distinguishes.
fn commands() -> Vec<Command> {
    let size = |cpu, memory, disk| {
        let named = NonZeroU32::new; // 0 means that the request does not name it.
        Command::Resize(SizeChange { cpu: named(cpu), memory: named(memory), disk: named(disk) })
    };
    // The enumerated sandboxes have 2 cores, 4 GB of memory and a disk of 10 GB.
    let sizes = [(3, 0, 0), (1, 0, 0), (0, 5, 0), (0, 3, 0), (0, 0, 11), (0, 0, 9), (2, 4, 0), (0, 0, 0)];
    let mut commands = Vec::from(sizes.map(|(cpu, memory, disk)| size(cpu, memory, disk)));
    commands.extend(FLAG.map(|force| Command::Stop { force }));
    commands.extend(FLAG.map(|force| Command::Destroy { force }));
    commands.extend(FLAG.map(|include_memory| Command::Snapshot { include_memory }));
    commands.extend(FLAG.map(|start| Command::Recover { start }));
    commands.extend([Command::Start, Command::Pause, Command::Archive, Command::Fork, Command::Backup, Command::Touch]);
    commands.extend([AutoStop::Never, AutoStop::After(minutes(60))].map(|interval| Command::AutoStop { interval }));
    commands.extend([AutoPause::Never, AutoPause::After(minutes(60))].map(|interval| Command::AutoPause { interval }));
    commands.push(Command::AutoArchive { interval: AutoArchive::After(minutes(60)) });
    let deletes = [AutoDelete::NEVER, AutoDelete::AtOnce, AutoDelete::After(minutes(60))];
    commands.extend(deletes.map(|interval| Command::AutoDelete { interval }));
    commands.extend([Ttl::Never, Ttl::After(minutes(60))].map(|interval| Command::Ttl { interval }));
    commands
}

/// Every context that a check distinguishes.
fn contexts() -> [Context; 4] {
    let ordinary = Context::of(&Columns::default().into());
    [
        ordinary,
        ordinary.with_organization_suspended(true),
        ordinary.with_live_fork_children(1),
        ordinary.with_linked(true),
    ]
}

/// Every sandbox in `state`, sound or broken, that a check distinguishes.
fn sandboxes(state: SandboxState) -> Vec<Lifecycle> {
    let backups = [(BackupState::None, false), (BackupState::InProgress, false), (BackupState::Completed, true)];
    // The rules only read whether a class is a VM.
    let classes = [SandboxClass::Container, SandboxClass::LinuxVm];
    let idle_timers = [
        (AutoStop::After(minutes(60)), AutoPause::Never),
        (AutoStop::Never, AutoPause::After(minutes(60))),
        (AutoStop::Never, AutoPause::Never),
    ];
    let mut columns = vec![Columns { state, ..Columns::default() }];
    cross(&mut columns, DesiredState::ALL, |row, desired| row.desired_state = desired);
    cross(&mut columns, &FLAG, |row, pending| row.pending = pending);
    cross(&mut columns, &classes, |row, class| row.class = class);
    cross(&mut columns, &[0, 1], |row, gpu| row.gpu = gpu);
    cross(&mut columns, &[AutoDelete::NEVER, AutoDelete::AtOnce], |row, minutes| row.auto_delete = minutes);
    cross(&mut columns, &FLAG, |row, has_runner| row.has_runner = has_runner);
    // No check reads both the idle timers and the fault, so these are not combined.
    let mut timed = columns.clone();
    cross(&mut timed, &idle_timers, |row, (stop, pause)| (row.auto_stop, row.auto_pause) = (stop, pause));
    cross(&mut columns, &backups, |row, backup| (row.backup_state, row.has_backup_ref) = backup);
    cross(&mut columns, &[None, Some(Fault::Timeout)], |row, fault| row.fault = fault);
    cross(&mut columns, &FLAG, |row, recoverable| row.recoverable = recoverable);
    // Only the recovery of an error reads these.
    if state == SandboxState::Error {
        let recoveries = [None, Some(now() - Duration::minutes(1))];
        cross(&mut columns, &recoveries, |row, at| row.last_recovery = at);
        cross(&mut columns, &[None, Some(Repair::Recover)], |row, repair| row.repair = repair);
        cross(&mut columns, &FLAG, |row, kept| row.kept_backup = kept);
    }
    columns.into_iter().chain(timed).map(Lifecycle::from).collect()
}

/// Returns each row with each value.
fn cross<T: Copy>(rows: &mut Vec<Columns>, values: &[T], set: impl Fn(&mut Columns, T)) {
    *rows = std::mem::take(rows)
        .into_iter()
        .flat_map(|row| {
            values.iter().map(move |value| (row, *value)).map(|(mut row, value)| {
                set(&mut row, value);
                row
            })
        })
        .collect();
}

/// The results of the enumeration.
#[derive(Default)]
struct Found {
    /// The states from which each command was accepted.
    accepted: BTreeMap<Verb, BTreeSet<SandboxState>>,
    /// The checks that were the first to fail.
    refused_by: BTreeSet<(Verb, &'static str)>,
    /// Answers of `explain`, `acceptances` and `accepted_commands` that are not those of `decide`.
    disagreements: BTreeSet<String>,
    /// Accepted commands that leave incoherent states.
    broken: BTreeSet<String>,
}

impl Found {
    fn from(states: &[SandboxState]) -> Self {
        let (policy, commands) = (Policy::default(), commands());
        let mut found = Self::default();
        for row in states.iter().flat_map(|state| sandboxes(*state)) {
            for context in contexts() {
                let mut decided: BTreeMap<Verb, Vec<Acceptance>> = BTreeMap::new();
                for command in &commands {
                    let answer = row.decide(*command, &policy, context, now());
                    let acceptance = found.explained(row, *command, context, &answer);
                    decided.entry(command.verb()).or_default().push(acceptance);
                    match answer {
                        Ok(step) => found.accepted(row, *command, &step),
                        Err(refusal) => found.refused(*command, &refusal),
                    }
                }
                found.offered(row, context, &decided);
            }
        }
        found
    }

    fn accepted(&mut self, row: Lifecycle, command: Command, step: &Step) {
        if step.cause() == Cause::Command(command.verb()) {
            self.accepted.entry(command.verb()).or_default().insert(row.state());
        }
        let after = step.apply(row).expect("it was decided on this row");
        let breaks = |row: &Lifecycle| row.violations().contains(Violation::IncoherentStates);
        let pair = |row: &Lifecycle| (row.state(), row.desired_state());
        let left_as_it_was = breaks(&row) && pair(&row) == pair(&after);
        if breaks(&after) && !left_as_it_was {
            let ((state, desired), (to, to_desired)) = (pair(&row), pair(&after));
            self.broken.insert(format!("{}: {state}/{desired} → {to}/{to_desired}", command.verb()));
        }
    }

    fn refused(&mut self, command: Command, refusal: &Refusal) {
        let first = refusal.failing_checks().next().expect("a refused command names the check that failed");
        self.refused_by.insert((command.verb(), first.name()));
    }

    /// Compares the explanation of a command with the decision, and returns what the decision was.
    fn explained(
        &mut self,
        row: Lifecycle,
        command: Command,
        context: Context,
        decided: &Result<Step, Refusal>,
    ) -> Acceptance {
        let verb = command.verb();
        let expected = match decided {
            Ok(step) if step.cause() == Cause::Already(verb) => (Acceptance::AlreadySo, None),
            Ok(_) => (Acceptance::Accepted, None),
            Err(refusal) => (Acceptance::Refused, Some(refusal.reason())),
        };
        let explained = row.explain(command, &Policy::default(), context, now());
        let same_checks = match decided {
            Ok(_) => explained.failing_checks().next().is_none(),
            Err(refusal) => explained.failing_checks().eq(refusal.failing_checks()),
        };
        let nothing_hidden = explained.unseen().next().is_none();
        if (explained.acceptance(), explained.reason()) != expected || !same_checks || !nothing_hidden {
            let (state, desired) = (row.state(), row.desired_state());
            self.disagreements.insert(format!("{state}/{desired}: {explained:?}, decided {expected:?}"));
        }
        expected.0
    }

    /// Compares what is offered with the decisions on every command.
    fn offered(&mut self, row: Lifecycle, context: Context, decided: &BTreeMap<Verb, Vec<Acceptance>>) {
        let policy = Policy::default();
        let accepted: Vec<Verb> = row.accepted_commands(&policy, context, now()).collect();
        for (verb, acceptance) in row.acceptances(&policy, context, now()) {
            let found = |answer| decided[&verb].contains(&answer);
            let expected = match (found(Acceptance::Accepted), found(Acceptance::AlreadySo)) {
                (true, _) => Acceptance::Accepted,
                (false, true) => Acceptance::AlreadySo,
                (false, false) => Acceptance::Refused,
            };
            if acceptance != expected || accepted.contains(&verb) != (expected == Acceptance::Accepted) {
                let (state, desired) = (row.state(), row.desired_state());
                let listed = accepted.contains(&verb);
                self.disagreements
                    .insert(format!("{verb} of {state}/{desired}: {acceptance}, listed {listed}, decided {expected}"));
            }
        }
    }

    fn join(mut self, other: Self) -> Self {
        for (verb, states) in other.accepted {
            self.accepted.entry(verb).or_default().extend(states);
        }
        self.refused_by.extend(other.refused_by);
        self.disagreements.extend(other.disagreements);
        self.broken.extend(other.broken);
        self
    }
}

/// Returns the results. The enumeration runs once for all tests.
fn found() -> &'static Found {
    static FOUND: OnceLock<Found> = OnceLock::new();
    FOUND.get_or_init(|| {
        let (some, others) = SandboxState::ALL.split_at(SandboxState::ALL.len() / 2);
        thread::scope(|scope| {
            let others = scope.spawn(|| Found::from(others));
            Found::from(some).join(others.join().expect("a decision does not panic"))
        })
    })
}

fn none<'a>(what: &str, found: impl IntoIterator<Item = &'a String>) {
    let found: Vec<&String> = found.into_iter().collect();
    assert!(found.is_empty(), "{} {what}: {found:#?}", found.len());
}

#[test]
fn a_command_is_accepted_from_exactly_the_states_of_its_rule() {
    for verb in Verb::ALL {
        let named: BTreeSet<_> = verb.from_states().collect();
        let accepted = found().accepted.get(verb).cloned().unwrap_or_default();
        assert_eq!(accepted, named, "{verb}: left, accepted by the checks; right, named by `from`");
    }
}

#[test]
fn every_check_is_the_first_failing_one_of_some_refusal() {
    let checks = Verb::ALL.iter().flat_map(|verb| verb.checks().iter().map(|check| (*verb, check.name())));
    let idle: Vec<String> = checks
        .filter(|check| !found().refused_by.contains(check))
        .map(|(verb, check)| format!("{verb}: {check}"))
        .collect();
    none("checks are never the first to fail, and so decide nothing", &idle);
}

#[test]
fn every_command_is_accepted_somewhere() {
    // An accepted command passes all of its checks.
    for verb in Verb::ALL {
        assert!(found().accepted.contains_key(verb), "{verb} is never accepted");
    }
}

#[test]
fn decisions_explanations_and_accepted_commands_agree() {
    none("answers are not those of the decision", &found().disagreements);
}

#[test]
fn no_accepted_command_leaves_incoherent_states() {
    none("accepted commands leave incoherent states", &found().broken);
}

#[test]
fn a_command_whose_result_already_holds_writes_nothing() {
    let row = Lifecycle::from(Columns::default());
    let step = row
        .decide(Command::Start, &Policy::default(), Context::of(&row), now())
        .expect("start is accepted on a started sandbox");
    assert_eq!(step.cause(), Cause::Already(Verb::Start));
    assert!(step.is_noop());
}

#[test]
fn a_start_of_a_started_sandbox_is_already_so_for_every_question() {
    let row = Lifecycle::from(Columns::default());
    let (policy, context) = (Policy::default(), Context::of(&row));
    let explained = row.explain(Command::Start, &policy, context, now());
    assert_eq!((explained.acceptance(), explained.reason()), (Acceptance::AlreadySo, None));
    assert_eq!(explained.checks().count(), 0, "no check is made");
    assert_eq!(explained.to_string(), "start: already so: started, with desired started");
    let buttons: BTreeMap<_, _> = row.acceptances(&policy, context, now()).collect();
    assert_eq!(buttons.get(&Verb::Start), Some(&Acceptance::AlreadySo));
    assert!(!row.accepted_commands(&policy, context, now()).any(|verb| verb == Verb::Start));
}

#[test]
fn a_destroy_of_a_sandbox_that_is_to_be_destroyed_is_already_so() {
    let destroyed = DesiredState::Destroyed;
    let row = Lifecycle::from(Columns {
        state: SandboxState::Destroyed,
        desired_state: destroyed,
        has_runner: false,
        ..Columns::default()
    });
    let (policy, context) = (Policy::default(), Context::of(&row));
    let explained = row.explain(Command::Destroy { force: false }, &policy, context, now());
    assert_eq!(explained.acceptance(), Acceptance::AlreadySo);
    assert!(!row.accepted_commands(&policy, context, now()).any(|verb| verb == Verb::Destroy));
}

#[test]
fn a_button_says_why_its_command_is_refused() {
    let row = Lifecycle::from(Columns::default());
    let explained = row.explanations(&Policy::default(), Context::of(&row), now());
    let refused = explained.filter(|explained| explained.acceptance() == Acceptance::Refused);
    assert_eq!(
        refused.map(|explained| explained.to_string()).collect::<Vec<_>>(),
        [
            "pause: refused: only VM classes can keep their memory",
            "archive: refused: only a stopped sandbox can be archived",
            "fork: refused: only VM classes can be copied while they run",
            "recover: refused: neither its runner nor a backup can bring it back; only a sandbox in error can be recovered",
        ]
    );
}

#[test]
fn the_better_of_two_arguments_is_explained() {
    let row = Lifecycle::from(Columns { class: SandboxClass::LinuxVm, ..Columns::default() });
    let (policy, context) = (Policy::default(), Context::of(&row));
    let answers = [false, true]
        .map(|include_memory| row.explain(Command::Snapshot { include_memory }, &policy, context, now()).acceptance());
    assert_eq!(answers, [Acceptance::Refused, Acceptance::Accepted]);
    let mut buttons = row.explanations(&policy, context, now());
    let button = buttons.find(|explained| explained.verb() == Verb::Snapshot);
    assert_eq!(button.map(|explained| explained.to_string()).as_deref(), Some("snapshot: accepted"));
}

#[test]
fn only_commands_of_the_api_profile_are_offered() {
    let row =
        Lifecycle::from(Columns { class: SandboxClass::LinuxVm, auto_stop: AutoStop::Never, ..Columns::default() });
    let without = |policy: &Policy| {
        let accepted: Vec<_> = row.accepted_commands(policy, Context::of(&row), now()).collect();
        let offered: Vec<_> = row.acceptances(policy, Context::of(&row), now()).map(|(verb, _)| verb).collect();
        let all = Verb::ALL.iter().copied();
        let left_out: Vec<_> = all.filter(|verb| !offered.contains(verb)).collect();
        assert!(left_out.iter().all(|verb| !accepted.contains(verb)), "{left_out:?}");
        left_out
    };
    assert_eq!(without(&Policy::default()), [Verb::ForceDestroy]);
    assert_eq!(without(&Policy::recorded()), [Verb::ForceDestroy, Verb::AutoPause, Verb::Ttl]);
    // Operators ask about a destroy with force by its name.
    let force = Command::Destroy { force: true };
    let explained = row.explain(force, &Policy::default(), Context::of(&row), now());
    assert_eq!(explained.acceptance(), Acceptance::Accepted);
}
