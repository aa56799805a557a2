//! The advice of a refusal, for every state, desired state, command and profile: each suggested command is accepted and is
//! part of the API, and the advice names a loss of data.

use super::NOW;
use sandbox_lifecycle::{
    ApiProfile, Columns, Command, Context, DesiredState, Lifecycle, Policy, Refusal, Retry, SandboxClass, SandboxState,
    Step, Verb,
    vocabulary::{AutoDelete, AutoPause, AutoStop, BackupState, Fault, Minutes, SizeChange, Ttl},
};
use std::num::NonZeroU32;

/// Every command with each value of its yes-or-no argument.
fn commands() -> Vec<Command> {
    let hour = Minutes::new(60).expect("an interval");
    let larger = SizeChange { cpu: NonZeroU32::new(64), memory: None, disk: None };
    let mut commands = vec![Command::Start, Command::Pause, Command::Archive, Command::Fork, Command::Backup];
    commands.extend([Command::Touch, Command::Resize(larger), Command::Ttl { interval: Ttl::After(hour) }]);
    for yes in [false, true] {
        commands.extend([Command::Stop { force: yes }, Command::Destroy { force: yes }]);
        commands.extend([Command::Snapshot { include_memory: yes }, Command::Recover { start: yes }]);
    }
    commands.extend([AutoStop::Never, AutoStop::After(hour)].map(|interval| Command::AutoStop { interval }));
    commands.extend([AutoPause::Never, AutoPause::After(hour)].map(|interval| Command::AutoPause { interval }));
    commands.extend([AutoDelete::NEVER, AutoDelete::AtOnce].map(|interval| Command::AutoDelete { interval }));
    commands
}

/// Every combination of the columns that change a refusal.
fn rows() -> impl Iterator<Item = Lifecycle> {
    let pairs =
        SandboxState::ALL.iter().flat_map(|state| DesiredState::ALL.iter().map(move |desired| (*state, *desired)));
    let classes = pairs.flat_map(|pair| SandboxClass::ALL.iter().map(move |class| (pair, *class)));
    classes.flat_map(|((state, desired_state), class)| {
        (0..1 << 5).map(move |bits: u8| {
            let [pending, ephemeral, has_runner, restorable, gpu] = [0, 1, 2, 3, 4].map(|bit| bits >> bit & 1 == 1);
            let backup_state = if restorable { BackupState::Completed } else { BackupState::None };
            Lifecycle::from(Columns {
                state,
                desired_state,
                class,
                pending,
                has_runner,
                recoverable: true,
                gpu: u8::from(gpu),
                auto_delete: if ephemeral { AutoDelete::AtOnce } else { AutoDelete::NEVER },
                fault: restorable.then_some(Fault::Timeout),
                backup_state,
                has_backup_ref: restorable,
                ..Columns::default()
            })
        })
    })
}

fn policy(profile: ApiProfile) -> Policy {
    let mut policy = Policy::default();
    policy.profile = profile;
    policy
}

/// Returns the suggestions of a message: each verb with the text about its loss.
fn suggestions(refusal: &Refusal) -> Vec<(Verb, String)> {
    let message = refusal.to_string();
    let Some((_, list)) = message.split_once("; possible now: ") else { return Vec::new() };
    let parse = |item: &str| {
        let (verb, loss) = item.split_once(" (").unwrap_or((item, ""));
        (verb.parse().expect("a verb"), loss.to_owned())
    };
    list.split(", ").map(parse).collect()
}

/// Returns the steps of this verb that the row accepts.
fn accepted(row: &Lifecycle, verb: Verb, policy: &Policy, commands: &[Command]) -> Vec<Step> {
    let of_verb = commands.iter().filter(|command| command.verb() == verb);
    of_verb.filter_map(|command| row.decide(command, policy, Context::of(row), NOW).ok()).collect()
}

#[test]
fn a_refusal_suggests_only_other_commands_that_the_row_accepts_and_names_a_loss_of_data() {
    let commands = commands();
    let mut seen = 0;
    for profile in [ApiProfile::V0_190, ApiProfile::V0_226] {
        let policy = policy(profile);
        for row in rows() {
            for command in &commands {
                let Err(refusal) = row.decide(command, &policy, Context::of(&row), NOW) else { continue };
                for (verb, loss) in suggestions(&refusal) {
                    seen += 1;
                    assert_ne!(verb, command.verb(), "{refusal}");
                    assert!(verb.is_offered_by(profile), "{profile:?}: {refusal}");
                    let steps = accepted(&row, verb, &policy, &commands);
                    assert!(!steps.is_empty(), "{verb} is suggested and refused: {refusal}");
                    let deletes = steps.iter().any(|step| step.desired_state() == DesiredState::Destroyed);
                    assert_eq!(deletes, loss.contains("deletes"), "{refusal}");
                    let from_backup = verb == Verb::Recover && row.fault() == Some(Fault::Timeout);
                    assert_eq!(from_backup, loss.contains("backup"), "{refusal}");
                }
            }
        }
    }
    assert!(seen > 50_000, "only {seen} suggestions seen");
}

#[test]
fn a_refused_command_in_a_transitional_state_may_be_sent_again_unless_the_sandbox_never_allows_it() {
    let policy = Policy::default();
    for row in rows().filter(|row| row.reported_state().is_transient()) {
        for command in commands() {
            let Err(refusal) = row.decide(command, &policy, Context::of(&row), NOW) else { continue };
            assert_ne!(refusal.retry(), Retry::NotFromHere, "{refusal}");
        }
    }
}

#[test]
fn a_command_that_the_class_forbids_is_never_retried_in_any_state() {
    let policy = Policy::default();
    for row in rows().filter(|row| !row.class().is_vm()) {
        for command in [Command::Pause, Command::Fork] {
            let refusal = row.decide(command, &policy, Context::of(&row), NOW).expect_err("containers cannot");
            assert_eq!(refusal.retry(), Retry::Never, "{refusal}");
            assert!(refusal.to_string().contains("only VM classes"), "{refusal}");
        }
    }
}
