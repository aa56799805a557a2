//! What a timer writes when its deadline is over, and which timer is due.

use crate::clock::Clock;
use crate::lifecycle::Lifecycle;
use crate::policy::Policy;
use crate::rules::{Cause, Command, Context, Stamp, Step, Timer, step::draft::Draft};
use crate::vocabulary::{DesiredState, Micros, SandboxState};
use chrono::{DateTime, Utc};

/// Returns the step of a timer. It writes nothing if the timer is not armed or its deadline is not over.
pub(super) fn decide(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context, now: Micros) -> Step {
    let draft = Draft::new(row, Cause::Timer(timer), now).with_fork_children(context.live_fork_children());
    // An eviction has no deadline: the host decides when, and knows which sandboxes are spot. Only a GPU sandbox is
    // evicted, and only once.
    let evicted = timer == Timer::SpotEviction && row.gpus > 0 && row.status.desired() != DesiredState::Destroyed;
    let acts = evicted || boundary(row, timer, policy, context).is_some_and(|at| now > at);
    if !acts {
        return draft.untouched();
    }
    let draft = match timer {
        Timer::SpotEviction => draft.supersede().stamp(Stamp::SpotEvicted),
        Timer::Ttl => draft.supersede(),
        Timer::QueueTimeout => draft.supersede().stamp(Stamp::QueueTimedOut),
        Timer::TimeLimit => draft.time_limit_over(),
        Timer::BackupLimit => draft.end_unreported_backup(),
        Timer::AutoDelete => draft.soft_delete(),
        Timer::AutoArchive => draft.state(SandboxState::Archiving).desired(DesiredState::Archived).archive_attempts(0),
        Timer::AutoPause => draft.state(SandboxState::Pausing).desired(DesiredState::Paused).calls(Command::Pause),
        Timer::AutoStop if row.is_ephemeral() && context.live_fork_children() == 0 => draft.soft_delete(),
        Timer::AutoStop => draft.desired(DesiredState::Stopped).force_stop(false),
        Timer::Retention => return draft.purge(),
    };
    draft.finish_or_drop()
}

/// Returns the instant after which a timer acts on this row, if the timer is armed and the instant can pass.
fn boundary(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context) -> Option<Micros> {
    let boundaries = Clock::new(policy).boundaries(row, context);
    let found = Timer::TIMED.iter().zip(boundaries).find(|(timed, _)| **timed == timer);
    found.and_then(|(_, at)| Clock::passes_at(at))
}

impl Lifecycle {
    /// Returns the step of the first timer that acts at `now`, if one does. Apply it and call this again until it
    /// returns `None`, or until the step has [`Effect::Purge`](crate::Effect::Purge), which removes the row.
    ///
    /// Timers with the same deadline act in the order of [`Timer`]'s declaration. While [`reconcile`](Self::reconcile)
    /// follows a change on the runner, it applies the time limit itself, because the runner may answer that the change
    /// has ended. [`next_deadline`](Self::next_deadline) and [`Clock`] return the time at which the next timer acts.
    ///
    /// It is `None` for a context of another revision, which [`decide`](Self::decide) refuses: read the row and gather the
    /// context again. A step raises the revision, so the loop sets it: [`Context::with_revision`].
    pub fn due(&self, policy: &Policy, context: Context, now: DateTime<Utc>) -> Option<Step> {
        if context.revision() != self.revision {
            return None;
        }
        let at_now = Micros::from(now);
        Clock::new(policy)
            .due_timers(self, context)
            .filter(|(_, at)| at_now.as_micros() > *at)
            .map(|(timer, _)| decide(self, timer, policy, context, at_now))
            .find(|step| !step.is_noop())
    }
}
