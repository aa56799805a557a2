//! Decisions, steps, refusals and explanations do not allocate.
//!
//! `allocation-counter` counts what the measuring thread allocates while a closure runs.

use allocation_counter::measure;
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    ApiProfile, Columns, Command, Context, DesiredState, Lifecycle, PartialLifecycle, Policy, Sandbox, SandboxClass,
    SandboxDto, SandboxState, Verb,
    record::ServerTexts,
    rules::KnownContext,
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, Fault, SizeChange, Ttl},
};
use std::hint::black_box;
use std::num::NonZeroU32;

/// Every combination of state, desired state, class and pending, each with three variants of the other columns.
fn rows() -> Vec<Lifecycle> {
    let mut rows = Vec::new();
    for state in SandboxState::ALL {
        for desired_state in DesiredState::ALL {
            for class in SandboxClass::ALL {
                for pending in [false, true] {
                    let plain = Columns {
                        state: *state,
                        desired_state: *desired_state,
                        class: *class,
                        pending,
                        ..Columns::default()
                    };
                    let ephemeral = Columns { auto_delete: AutoDelete::AtOnce, gpu: 1, has_runner: false, ..plain };
                    let broken = Columns {
                        fault: Some(Fault::Timeout),
                        recoverable: true,
                        backup_state: BackupState::Completed,
                        has_backup_ref: true,
                        last_recovery: Some(now() - sandbox_lifecycle::chrono::TimeDelta::minutes(30)),
                        ..plain
                    };
                    rows.extend([plain, ephemeral, broken].map(Lifecycle::from));
                }
            }
        }
    }
    rows
}

/// Every command, with arguments for every check.
fn commands() -> Vec<Command> {
    let one = NonZeroU32::new(1);
    let commands = vec![
        Command::Start,
        Command::Stop { force: false },
        Command::Stop { force: true },
        Command::Destroy { force: false },
        Command::Destroy { force: true },
        Command::Pause,
        Command::Archive,
        Command::Resize(SizeChange { cpu: one, memory: None, disk: None }),
        Command::Resize(SizeChange { cpu: None, memory: None, disk: NonZeroU32::new(64) }),
        Command::Fork,
        Command::Snapshot { include_memory: false },
        Command::Snapshot { include_memory: true },
        Command::Recover { start: false },
        Command::Recover { start: true },
        Command::Backup,
        Command::AutoStop { interval: AutoStop::default() },
        Command::AutoPause { interval: AutoPause::Never },
        Command::AutoArchive { interval: AutoArchive::AtOnce },
        Command::AutoDelete { interval: AutoDelete::AtOnce },
        Command::Ttl { interval: Ttl::Never },
        Command::Touch,
    ];
    let missing: Vec<_> =
        Verb::ALL.iter().filter(|verb| !commands.iter().any(|command| command.verb() == **verb)).collect();
    assert!(missing.is_empty(), "no command of {missing:?}");
    commands
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).expect("a time in chrono's range")
}

fn policies() -> [Policy; 2] {
    let policy = Policy::default();
    assert_eq!(policy.profile, ApiProfile::V0_226);
    [policy, Policy::recorded()]
}

fn contexts() -> [Context; 2] {
    let strict = Context::of(&Columns::default().into())
        .with_live_fork_children(1)
        .with_organization_suspended(true)
        .with_owed_departures(1)
        .with_linked(true);
    [Context::of(&Columns::default().into()), strict]
}

#[test]
fn the_counter_counts_an_allocation() {
    let counted = measure(|| drop(black_box(Box::new(black_box(1_u64)))));
    assert_eq!(counted.count_total, 1);
}

#[test]
fn a_decision_and_its_step_allocate_nothing() {
    let (rows, commands, policies, contexts, now) = (rows(), commands(), policies(), contexts(), now());
    let (mut steps, mut refusals) = (0, 0);
    let counted = measure(|| {
        for row in &rows {
            for command in &commands {
                for policy in &policies {
                    for context in contexts {
                        match row.decide(*command, policy, context, now) {
                            Ok(step) => {
                                steps += 1;
                                step.effects().for_each(|effect| _ = black_box(effect));
                                black_box(step.changes());
                                black_box(step.expects());
                                black_box(step.is_noop());
                                black_box(step.apply(*row)).expect("there is no other writer");
                            }
                            Err(refusal) => {
                                refusals += 1;
                                black_box((refusal.code(), refusal.http_status(), refusal.retry()));
                                refusal.failing_checks().for_each(|check| _ = black_box(check));
                                refusal.accepted_commands().for_each(|verb| _ = black_box(verb));
                            }
                        }
                    }
                }
            }
        }
    });
    assert_eq!(counted.count_total, 0, "{steps} steps, {refusals} refusals");
    assert!(steps > 10_000 && refusals > 10_000, "{steps} steps, {refusals} refusals: too few to prove anything");
}

#[test]
fn accepted_commands_and_explanations_allocate_nothing() {
    let (rows, commands, policies, contexts, now) = (rows(), commands(), policies(), contexts(), now());
    let errored = Columns { state: SandboxState::Error, recoverable: true, ..Columns::default() };
    let record = SandboxDto::new("s1", "o1", "n", "daytona", "eu", "", errored.size());
    let record = Sandbox::from_row(record, Lifecycle::from(errored), ServerTexts::default());
    let seen = PartialLifecycle::try_from(record.dto()).expect("a valid record");
    let counted = measure(|| {
        for policy in &policies {
            seen.acceptances(policy, KnownContext::default()).for_each(|answer| _ = black_box(answer));
            for command in &commands {
                black_box(seen.explain(*command, policy, KnownContext::default()));
            }
        }
        for row in &rows {
            for policy in &policies {
                for context in contexts {
                    row.accepted_commands(policy, context, now).for_each(|verb| _ = black_box(verb));
                    row.acceptances(policy, context, now).for_each(|answer| _ = black_box(answer));
                    for command in &commands {
                        let explained = row.explain(*command, policy, context, now);
                        explained.checks().for_each(|answer| _ = black_box(answer));
                        explained.unseen().for_each(|guard| _ = black_box(guard));
                    }
                }
            }
        }
    });
    assert_eq!(counted.count_total, 0);
}
