//! Into which cell a timer falls: its side of the boundary, or the condition that holds it back.

use super::name::{CellName, ignored_word};
use crate::{
    clock::Clock,
    lifecycle::{Lifecycle, facts},
    policy::Policy,
    rules::{Cause, Context, Timer},
    testing::case::Case,
    vocabulary::{AutoPause, AutoStop, DesiredState as D, Micros, SandboxState as S},
};
use alloc::vec::Vec;

pub(super) fn of_timer(case: &Case, timer: Timer, policy: &Policy) -> CellName {
    let name = CellName::of(timer.as_str());
    if case.is_of_other_revision() {
        return name.with("other-revision");
    }
    let boundary = boundary(&case.row, timer, policy, case.context);
    let name = match (timer, boundary) {
        (Timer::SpotEviction, _) => match held_back(case, timer) {
            Some(why) => return name.labelled("held", why),
            None => name.with("acts"),
        },
        (_, None) => return name.labelled("held", held_back(case, timer).unwrap_or("beyond")),
        (_, Some(at)) => {
            let now = Micros::from(case.now);
            let side = if now < at {
                "before"
            } else if now == at {
                "at"
            } else {
                "after"
            };
            with_limited(name.with(side), &case.row, timer)
        }
    };
    let decided = case.decide(policy);
    // These destroy a sandbox in any state.
    let anywhere = matches!(timer, Timer::SpotEviction | Timer::Ttl | Timer::QueueTimeout);
    let acts = matches!(&decided, Ok(step) if !step.is_noop());
    let name = if anywhere && acts { name.with_state(case.row.reported_state()) } else { name };
    match decided {
        Ok(step) if step.is_noop() => match step.cause() {
            Cause::Ignored(why) => name.labelled("ignored", ignored_word(why)),
            Cause::Command(_) | Cause::Already(_) | Cause::Report(_) | Cause::Timer(_) | Cause::Controller => name,
        },
        Ok(step) => name.with_result(&step),
        Err(_) => name.with("refused"),
    }
}

/// Adds what is limited, where the limit depends on it.
fn with_limited(name: CellName, row: &Lifecycle, timer: Timer) -> CellName {
    match timer {
        Timer::TimeLimit | Timer::Retention => name.with_states_of(row),
        Timer::BackupLimit => name.with(row.backup_state().as_str()),
        Timer::SpotEviction | Timer::Ttl | Timer::QueueTimeout | Timer::AutoDelete | Timer::AutoArchive => name,
        Timer::AutoPause | Timer::AutoStop => name,
    }
}

/// Returns the last instant at which the timer does not act yet, if it is armed and the instant can pass.
pub(super) fn boundary(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context) -> Option<Micros> {
    let boundaries = Clock::new(policy).boundaries(row, context);
    let (_, at) = Timer::TIMED.iter().zip(boundaries).find(|(timed, _)| **timed == timer)?;
    Clock::passes_at(at)
}

/// Returns the only condition that does not hold, `several` if more than one does not, and nothing if all hold.
fn held_back(case: &Case, timer: Timer) -> Option<&'static str> {
    let fails = conditions(&case.row, timer, case.context).into_iter().filter(|(_, holds)| !holds);
    let fails: Vec<_> = fails.map(|(name, _)| name).collect();
    match fails.as_slice() {
        [] => None,
        [only] => Some(only),
        [_, _, ..] => Some("by-several"),
    }
}

/// Returns what a timer demands, each condition with its name when it does not hold, and whether it holds.
fn conditions(row: &Lifecycle, timer: Timer, context: Context) -> Vec<(&'static str, bool)> {
    let rests = row.is_settled() && !row.pending();
    let (state, desired) = (row.state(), row.desired_state());
    let stopped = ("by-the-state", rests && state == S::Stopped);
    let started = ("by-the-state", rests && state == S::Started);
    let runner = ("without-a-runner", row.has_runner());
    let ready = ("by-the-runner", !context.runner_unready());
    let claimed = ("in-a-warm-pool", !context.warm_pool());
    let childless = ("by-forks", context.live_fork_children() == 0);
    let durable = ("as-ephemeral", !row.is_ephemeral());
    let wanted = ("by-its-end", desired != D::Destroyed);
    let conditions: &[(&'static str, bool)] = match timer {
        Timer::SpotEviction => &[("without-a-gpu", row.gpu() > 0), wanted],
        Timer::Ttl => &[("off", row.auto_destroy_at().is_some()), wanted, childless],
        Timer::QueueTimeout => {
            let queued = matches!(state, S::PendingBuild | S::PullingSnapshot) && desired == D::Started;
            &[("off", row.queue_timeout().is_some()), ("by-the-state", queued), ("by-its-runner", !row.has_runner())]
        }
        Timer::TimeLimit => &[("by-the-state", false)],
        Timer::BackupLimit => {
            &[("without-a-backup", row.status.awaits_backup()), ("by-the-states", row.facts.contain(facts::coherent))]
        }
        Timer::AutoDelete => {
            let on = row.auto_delete().as_minutes() >= 0;
            &[("off", on), stopped, runner, ready, claimed, childless]
        }
        Timer::AutoArchive => {
            let given_up = ("as-given-up", row.facts.contain(facts::archivable));
            &[stopped, durable, given_up, claimed, childless]
        }
        Timer::AutoPause => {
            let on = row.auto_pause() != AutoPause::Never;
            &[("off", on), started, runner, ready, claimed, ("by-the-class", row.class().is_vm()), durable]
        }
        Timer::AutoStop => &[("off", row.auto_stop() != AutoStop::Never), started, runner, ready, claimed],
        Timer::Retention => {
            let ended =
                state == S::Destroyed || (matches!(state, S::BuildFailed | S::Error) && desired == D::Destroyed);
            let ended = ended || (state == S::BuildFailed && desired == D::Started);
            let left = state == S::BuildFailed && desired == D::Started || !row.has_runner();
            &[
                ("by-the-state", ended),
                ("by-its-runner", left || !ended),
                ("by-a-removal", context.owed_departures() == 0),
            ]
        }
    };
    conditions.to_vec()
}
