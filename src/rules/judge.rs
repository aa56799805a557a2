//! A command at the door: what its row of the table demands is held against what holds of the sandbox.
//!
//! Here, as in the clock, speed decided the form. What is asked, of whom and whether it is granted cannot be foreseen, so
//! nothing branches on them but a resize, for its numbers, and the verdict itself. What is rare leaves the path at once.

use super::{Cause, Command, Context, Refusal, Step, Verb, command::Kind, own::Own, refusal::Why, step::next_epoch};
use crate::{
    lifecycle::{
        Lifecycle,
        guards::{self, Guards},
    },
    policy::Policy,
    vocabulary::Micros,
};
use chrono::{DateTime, Utc};
use core::hint::select_unpredictable;

/// Decides what a command does to this sandbox.
#[inline(always)]
pub(crate) fn decide(
    row: &Lifecycle,
    command: &Command,
    policy: &Policy,
    context: &Context,
    now: Micros,
) -> Result<Step, Refusal> {
    let held = held_at_sight(row, policy, context);
    if !held.meet(guards::cooled_down) {
        return decide_after_timeout(row, command, held, context.last_recovery(), policy, now);
    }
    judge(row, command, held, policy, now)
}

/// A sandbox that timed out and has a usable backup: its recovery has a cooldown, for which a date has to be read.
#[cold]
#[inline(never)]
fn decide_after_timeout(
    row: &Lifecycle,
    command: &Command,
    held: Guards,
    last_recovery: Option<DateTime<Utc>>,
    policy: &Policy,
    now: Micros,
) -> Result<Step, Refusal> {
    let cooled_down = guards::cooled_down.when(policy.has_cooled_down(last_recovery.map(Micros::from), now));
    judge(row, command, held.and(cooled_down), policy, now)
}

/// Already so, granted or refused.
#[inline(always)]
fn judge(row: &Lifecycle, command: &Command, held: Guards, policy: &Policy, now: Micros) -> Result<Step, Refusal> {
    let held = held.and(command.held_by_size(row.size));
    let kind = command.looked_up();
    let held = held.and(kind.brings);
    if held.meet(kind.already) {
        return already(row, kind.verb, now);
    }
    if kind.demands.without(held).is_empty() {
        return accepted(row, command, kind, held, policy, now);
    }
    Err(Refusal { why: Why::Command(kind.verb), packed: row.packed, held })
}

/// It is so already, and a success that writes nothing.
#[cold]
#[inline(never)]
fn already(row: &Lifecycle, verb: Verb, now: Micros) -> Result<Step, Refusal> {
    Ok(Step::nothing(row, Cause::Already(verb), now))
}

/// The step of an accepted command. `held` are the guards that it was accepted by.
///
/// The columns are kept and set by the masks of the case, and what rule 5 adds is looked up. Rule 4 was among the guards
/// wherever the write could break it; a test walks every row of the table to prove it.
// Apart from the decision, for a refusal then saves no registers for it; a `Result`, for it is then made in its place.
#[inline(never)]
fn accepted(
    row: &Lifecycle,
    command: &Command,
    kind: &Kind,
    held: Guards,
    policy: &Policy,
    now: Micros,
) -> Result<Step, Refusal> {
    let outcome = kind.outcome(held);
    // A command that leaves the row alone does not tidy it either.
    let after = select_unpredictable(outcome.untouched, row.packed, row.packed.changed(outcome.change).repaired());
    let cause = Cause::Command(kind.verb);
    Ok(Step {
        cause,
        row: *row,
        after,
        next_epoch: next_epoch(row, after, cause, outcome.beside),
        now,
        own: Own::Command(*command),
        longest_auto_archive: policy.max_auto_archive,
        beside: outcome.beside,
    })
}

/// The guards that hold of this sandbox in these surroundings, whatever is asked.
pub(crate) fn held(row: &Lifecycle, policy: &Policy, context: &Context, now: Micros) -> Guards {
    let cooled_down = policy.has_cooled_down(context.last_recovery().map(Micros::from), now);
    held_at_sight(row, policy, context).and(guards::cooled_down.when(cooled_down))
}

/// The same, but for what the cooldown of a recovery adds.
#[inline(always)]
fn held_at_sight(row: &Lifecycle, policy: &Policy, context: &Context) -> Guards {
    row.held.and(policy.held(row.class)).and(context.held())
}
