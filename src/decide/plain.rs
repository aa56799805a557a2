//! The plain form of the decision on a command: a walk over the checks and cases of its row. The fast form must agree with
//! it for every state, desired state, command and argument.

use super::command;
use crate::{
    lifecycle::{Columns, Lifecycle, Status},
    policy::Policy,
    rules::{
        Command, Context, Reason, Verb,
        step::side_effects::SideEffects,
        table::{form::Writes, rows::row},
    },
    vocabulary::{AutoDelete, BackupState, DesiredState, Fault, SandboxClass, SandboxState, SizeChange},
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};
use core::num::NonZeroU32;

/// What a command writes, or `None` where it is a success without a write.
type Written = Option<(Status, SideEffects)>;

fn decide_plainly(sandbox: &Lifecycle, command: &Command, now: DateTime<Utc>) -> Result<Written, Reason> {
    let (row, flag) = (row(command.verb()), command.flag());
    let facts = command::facts(sandbox, &Policy::default(), &Context::of(sandbox), now.into())
        .and(command::facts_of_numbers(command, sandbox));
    if facts.contain(row.already) {
        return Ok(None);
    }
    for check in row.checks.iter().filter(|check| check.applies(flag)) {
        if !facts.contain(check.guard) {
            return Err(check.reason);
        }
    }
    let applies = |only: Option<bool>| only.is_none_or(|only| only == flag);
    let case = row.cases.iter().find(|case| applies(case.only) && facts.contain(case.when));
    let writes = case.map_or(Writes::NOTHING, |case| case.writes);
    let after = writes.applied_to(sandbox.status, flag);
    let outdated = after.backup() == BackupState::Completed && after.has_backup_ref() && after.changed_since_backup();
    let repaired = after.with_kept_backup(after.kept_backup() || outdated).repaired_plainly();
    let timed_out = after.state() == SandboxState::Error && after.timed_out_with_backup();
    let repaired = repaired.with_recoverable(after.recoverable() || timed_out);
    Ok(Some((if writes.row_untouched { after } else { repaired }, writes.effects)))
}

/// Returns rows with every pair of states, each with every combination of the columns that commands ask about.
fn rows() -> impl Iterator<Item = Columns> {
    let pairs =
        SandboxState::ALL.iter().flat_map(|state| DesiredState::ALL.iter().map(move |desired| (*state, *desired)));
    pairs.flat_map(|(state, desired_state)| {
        (0..1 << 6).map(move |bits: u8| {
            let has = |bit: u8| bits & 1 << bit != 0;
            let mut columns =
                Columns { state, desired_state, pending: has(0), has_runner: has(1), ..Columns::default() };
            columns.class = if has(2) { SandboxClass::LinuxVm } else { SandboxClass::Container };
            columns.auto_delete = if has(3) { AutoDelete::AtOnce } else { AutoDelete::NEVER };
            if has(4) {
                (columns.fault, columns.backup_state) = (Some(Fault::Timeout), BackupState::Completed);
                columns.has_backup_ref = true;
            }
            columns.recoverable = has(5);
            columns
        })
    })
}

/// Returns every command with every argument, and resizes that grow, shrink and change nothing.
fn commands() -> Vec<Command> {
    let sizes = [None, NonZeroU32::new(1), NonZeroU32::new(2), NonZeroU32::new(100)];
    let resizes = sizes.iter().flat_map(|size| {
        let change = |cpu, memory, disk| Command::Resize(SizeChange { cpu, memory, disk });
        [change(*size, None, None), change(None, *size, None), change(None, None, *size)]
    });
    Command::EXAMPLES.as_flattened().iter().copied().chain(resizes).collect()
}

#[test]
fn the_fast_decision_agrees_with_the_plain_one() {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let mut accepted = Vec::new();
    for columns in rows() {
        let sandbox = Lifecycle::from(columns);
        for command in &commands() {
            let fast = sandbox.decide(command, &Policy::default(), Context::of(&sandbox), now);
            let fast = fast.map(|step| (step.after, step.effects)).map_err(|refusal| refusal.reason());
            let plain = decide_plainly(&sandbox, command, now);
            if plain.is_ok() && !accepted.contains(&command.verb()) {
                accepted.push(command.verb());
            }
            let plain = plain.map(|written| written.unwrap_or((sandbox.status, SideEffects::NONE)));
            assert_eq!(fast, plain, "{command:?} of {columns:?}");
        }
    }
    let never: Vec<_> = Verb::ALL.iter().filter(|verb| !accepted.contains(verb)).collect();
    assert!(never.is_empty(), "no row here accepts {never:?}");
}
