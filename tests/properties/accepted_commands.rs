//! Accepted commands and explanations: they agree with the decision.

use crate::{CASES, cases::cases};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Acceptance, Columns, Command, Lifecycle, Policy, Verb,
    rules::Cause,
    testing::{self, Case, any_case},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Minutes, SizeChange, Ttl},
};
use std::num::NonZeroU32;

/// Every command of a verb, with all arguments that can matter for this row.
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
        Verb::Ttl => [Ttl::Never, Ttl::After(hour)].map(|minutes| Command::Ttl { interval: minutes }).to_vec(),
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
        other => panic!("no command for {other}: add it here"),
    }
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn an_explanation_gives_the_answer_of_the_decision(case in any_case(), command in testing::command()) {
        let Case { row, context, now, .. } = case;
        let context = context.with_revision(row.revision());
        let policy = Policy::default();
        let explained = row.explain(command, &policy, context, now);
        let found = (explained.acceptance(), explained.reason());
        let failing: Vec<_> = explained.failing_checks().collect();
        match row.decide(command, &policy, context, now) {
            Ok(step) => {
                let already = step.cause() == Cause::Already(command.verb());
                prop_assert_eq!(found, (if already { Acceptance::AlreadySo } else { Acceptance::Accepted }, None));
                prop_assert!(failing.is_empty(), "{failing:?}");
            }
            Err(refusal) => {
                prop_assert_eq!(found, (Acceptance::Refused, Some(refusal.reason())));
                prop_assert_eq!(refusal.failing_checks().collect::<Vec<_>>(), failing);
                prop_assert!(!refusal.accepted_commands().any(|verb| verb == command.verb()) || takes_arguments(command));
            }
        }
    }

    #[test]
    fn accepted_commands_are_exactly_those_that_decide_accepts(case in any_case()) {
        let Case { row, context, now, .. } = case;
        let context = context.with_revision(row.revision());
        // A sandbox of the largest size cannot grow. `accepted_commands` does not know that.
        let row = Lifecycle::from(Columns { cpu: 2, memory: 4, disk: 10, ..row.columns() });
        let policy = Policy::default();
        let accepted: Vec<Verb> = row.accepted_commands(&policy, context, now).collect();
        for verb in Verb::ALL.iter().copied().filter(|verb| verb.is_offered_by(policy.profile)) {
            // A command whose result already holds succeeds, and the verb is not listed.
            let is_accepted = |command: &Command| {
                let decided = row.decide(*command, &policy, context, now);
                decided.is_ok_and(|step| step.cause() == Cause::Command(verb))
            };
            prop_assert_eq!(accepted.contains(&verb), ways(verb, &row).iter().any(is_accepted), "{}", verb);
            if accepted.contains(&verb) {
                prop_assert!(verb.from_states().any(|state| state == row.state()), "{} from {}", verb, row.state());
            }
        }
    }
}

/// Whether this command is accepted depends on its arguments.
fn takes_arguments(command: Command) -> bool {
    let verbs = [Verb::Resize, Verb::Snapshot, Verb::AutoStop, Verb::AutoPause, Verb::AutoDelete, Verb::Recover];
    verbs.contains(&command.verb())
}

#[test]
fn a_verb_is_accepted_from_exactly_the_states_that_it_names() {
    let policy = Policy::default();
    for verb in Verb::ALL.iter().copied().filter(|verb| verb.is_offered_by(policy.profile)) {
        let mut found = Vec::new();
        for columns in rows_of_every_kind() {
            let row = Lifecycle::from(columns);
            let now = chrono::DateTime::UNIX_EPOCH;
            if row
                .accepted_commands(&policy, sandbox_lifecycle::Context::of(&row), now)
                .any(|accepted| accepted == verb)
            {
                found.push(row.state());
            }
        }
        found.sort();
        found.dedup();
        let mut said: Vec<_> = verb.from_states().collect();
        said.sort();
        assert_eq!(found, said, "{verb}");
    }
}

/// Rows that together satisfy every check from every state.
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
