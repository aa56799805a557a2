//! What the clock does when a timer's time is over (section 9).

use super::{Cause, Command, Context, Draft, Step, Timer, clock::Clock, effect::Stamp};
use crate::{
    lifecycle::{Lifecycle, facts},
    policy::Policy,
    vocabulary::{BackupState, DesiredState, Fault, Micros, SandboxState},
};

/// The step of a timer; one that writes nothing where the timer is not armed or its time is not over.
pub(crate) fn decide(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context, now: Micros) -> Step {
    let draft = Draft::new(row, Cause::Timer(timer), now);
    // Only a sandbox with a GPU is evicted, and only once; it has no time of its own. Which are spot, the host knows.
    let evicted = timer == Timer::SpotEviction && row.gpus > 0 && row.status().desired != DesiredState::Destroyed;
    let acts = evicted || boundary(row, timer, policy, context).is_some_and(|at| now > at);
    if !acts {
        return draft.untouched();
    }
    let draft = match timer {
        Timer::SpotEviction => draft.supersede().stamp(Stamp::SpotEvicted),
        Timer::Ttl => draft.supersede(),
        Timer::QueueTimeout => draft.supersede().stamp(Stamp::QueueTimedOut),
        Timer::TimeLimit => over(row, draft),
        Timer::BackupLimit => draft.backup(BackupState::Error, row.status().has_backup_ref),
        Timer::AutoDelete => draft.soft_delete(),
        Timer::AutoArchive => draft.desired(DesiredState::Archived),
        Timer::AutoPause => draft.state(SandboxState::Pausing).desired(DesiredState::Paused).calls(Command::Pause),
        Timer::AutoStop if row.is_ephemeral() => draft.soft_delete(),
        Timer::AutoStop => draft.desired(DesiredState::Stopped).force_stop(false),
        Timer::Retention => return draft.stamp(Stamp::Purge).untouched(),
    };
    draft.finish_or_drop(row, now)
}

/// The instant after which a timer acts on this row, if it is armed and that can pass.
fn boundary(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context) -> Option<Micros> {
    let boundaries = Clock::new(policy).boundaries(row, context);
    let found = Timer::TIMED.iter().zip(boundaries).find(|(timed, _)| **timed == timer);
    found.and_then(|(_, at)| Clock::passes_at(at))
}

/// A change whose time is over: in error, or back to where the desired state names (section 9).
pub(crate) fn over(row: &Lifecycle, draft: Draft) -> Draft {
    let in_place = facts::Resizing | facts::Snapshotting | facts::Forking;
    let rests = facts::WantsStarted | facts::WantsStopped;
    if row.facts() & in_place != 0
        && row.facts() & rests != 0
        && let Some(named) = row.status().desired.fulfilled_by()
    {
        return draft.state(named);
    }
    // Every row can end in error. A broken one may be built toward a pause, beside which no failed build can stand: it
    // would be building for ever.
    let builds = row.status().state == SandboxState::BuildingSnapshot
        && facts::may_stand(SandboxState::BuildFailed, row.status().desired);
    draft.state(if builds { SandboxState::BuildFailed } else { SandboxState::Error }).ours(Fault::Timeout)
}
