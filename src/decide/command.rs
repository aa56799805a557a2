//! The decision on a command: it compares the guards of the rule with the facts of the row.
//!
//! This file and `rule_lookup.rs` are branchless for speed: command, row and result are unpredictable. They branch only
//! on the result itself and, for its numbers, on a resize. The plain form walks over the checks of the rule; a test
//! compares the two for every combination of state, desired state, command and argument.

use super::rule_lookup::rule_of;
use crate::{
    lifecycle::{Lifecycle, fact_set::Facts},
    policy::Policy,
    rules::{
        Cause, Command, Context, Refusal, Step, Verb, guards,
        refusal::value::Refused,
        step::{next_epoch, payload::Payload},
        table::{
            form::Rule,
            profile::{facts_of_class, has_cooled_down},
        },
    },
    vocabulary::Micros,
};

/// Decides what a command does to this sandbox.
#[inline(always)]
pub(super) fn decide(
    row: &Lifecycle,
    command: &Command,
    policy: &Policy,
    context: &Context,
    now: Micros,
) -> Result<Step, Refusal> {
    let facts = facts_without_cooldown(row, policy, context);
    if !facts.contain(guards::cooled_down) {
        return decide_after_timeout(row, command, facts, policy, now);
    }
    judge(row, command, facts, policy, now)
}

/// Decides for a sandbox that timed out and has a usable backup. A cooldown limits its recovery, so a date counts too.
#[cold]
#[inline(never)]
fn decide_after_timeout(
    row: &Lifecycle,
    command: &Command,
    facts: Facts,
    policy: &Policy,
    now: Micros,
) -> Result<Step, Refusal> {
    let cooled_down = guards::cooled_down.when(has_cooled_down(policy, row.last_recovery, now));
    judge(row, command, facts.and(cooled_down), policy, now)
}

#[inline(always)]
fn judge(row: &Lifecycle, command: &Command, facts: Facts, policy: &Policy, now: Micros) -> Result<Step, Refusal> {
    let facts = facts.and(facts_of_numbers(command, row));
    let rule = rule_of(command);
    if facts.contain(rule.already) {
        return already(row, rule.of.verb, now);
    }
    if rule.demands.without(facts).is_empty() {
        return accepted(row, command, rule, facts, policy, now);
    }
    let refused = Refused::Command { of: rule.of, profile: policy.profile };
    Err(Refusal::of_command(row, refused, facts))
}

/// Returns a success that writes nothing.
#[cold]
#[inline(never)]
fn already(row: &Lifecycle, verb: Verb, now: Micros) -> Result<Step, Refusal> {
    Ok(Step::nothing(row, Cause::Already(verb), now))
}

/// Returns the step of an accepted command. The guards ensure coherent states; a test checks this for every row of the
/// rule table.
// A separate function, so that a refusal saves no registers for it. It returns a `Result`, which it builds in place.
#[inline(never)]
fn accepted(
    row: &Lifecycle,
    command: &Command,
    rule: &Rule,
    facts: Facts,
    policy: &Policy,
    now: Micros,
) -> Result<Step, Refusal> {
    let outcome = rule.outcome(facts);
    let after = outcome.applied_to(row.status);
    let cause = Cause::Command(rule.of.verb);
    Ok(Step {
        cause,
        row: *row,
        after,
        next_epoch: next_epoch(row, after, outcome.begins_work),
        now,
        payload: Payload::Command(*command),
        longest_auto_archive: policy.max_auto_archive,
        effects: outcome.effects,
    })
}

/// Returns the facts of this sandbox under this policy and context, for any command.
pub(super) fn facts(row: &Lifecycle, policy: &Policy, context: &Context, now: Micros) -> Facts {
    let cooled_down = has_cooled_down(policy, row.last_recovery, now);
    facts_without_cooldown(row, policy, context).and(guards::cooled_down.when(cooled_down))
}

#[inline(always)]
fn facts_without_cooldown(row: &Lifecycle, policy: &Policy, context: &Context) -> Facts {
    row.facts.and(facts_of_class(policy, row.class)).and(context.facts())
}

/// Returns the guards that hold for the numbers of a resize, and none for any other command.
#[inline]
pub(super) fn facts_of_numbers(command: &Command, row: &Lifecycle) -> Facts {
    let Command::Resize(change) = command else { return Facts::NONE };
    let (old, new) = (row.size, change.applied_to(row.size));
    let stopped = row.facts.contain(crate::lifecycle::facts::stopped);
    Facts::NONE
        .and(guards::disk_at_rest.when(stopped | change.disk.is_none()))
        .and(guards::keeps_cpu.when(stopped | (new.cpu >= old.cpu)))
        .and(guards::keeps_memory.when(stopped | (new.memory >= old.memory)))
        .and(guards::keeps_disk.when(new.disk >= old.disk))
        .and(guards::changes_size.when(new != old))
}
