//! What a timer writes when its time is over, and which timer is due.

use crate::{
    clock::Clock,
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Cause, Command, Context, Stamp, Step, Timer, step::draft::Draft},
    vocabulary::{BackupState, DesiredState, Micros, SandboxState},
};
use chrono::{DateTime, Utc};

/// The step of a timer; one that writes nothing where the timer is not armed or its time is not over.
pub(super) fn decide(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context, now: Micros) -> Step {
    let draft = Draft::new(row, Cause::Timer(timer), now);
    // Only a sandbox with a GPU is evicted, and only once; it has no time of its own. Which are spot, the host knows.
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
        Timer::BackupLimit => draft.backup(BackupState::Error, row.status.has_backup_ref()),
        Timer::AutoDelete => draft.soft_delete(),
        Timer::AutoArchive => draft.desired(DesiredState::Archived),
        Timer::AutoPause => draft.state(SandboxState::Pausing).desired(DesiredState::Paused).calls(Command::Pause),
        Timer::AutoStop if row.is_ephemeral() => draft.soft_delete(),
        Timer::AutoStop => draft.desired(DesiredState::Stopped).force_stop(false),
        Timer::Retention => return draft.purge(),
    };
    draft.finish_or_drop(row, now)
}

/// The instant after which a timer acts on this row, if it is armed and that can pass.
fn boundary(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context) -> Option<Micros> {
    let boundaries = Clock::new(policy).boundaries(row, context);
    let found = Timer::TIMED.iter().zip(boundaries).find(|(timed, _)| **timed == timer);
    found.and_then(|(_, at)| Clock::passes_at(at))
}

impl Lifecycle {
    /// Returns the step of the first timer that acts at `now`, if one does. Apply it and call this again until it returns
    /// `None`, or until the step has [`Effect::Purge`](crate::Effect::Purge), after which there is no row.
    ///
    /// Timers of one instant act in the order of [`Timer`]'s declaration. The time limit of a change that
    /// [`reconcile`](Self::reconcile) follows is left to it, since the runner may say that the change has ended.
    /// [`next_deadline`](Self::next_deadline) and [`Clock`] name the times at which this acts.
    pub fn due(&self, policy: &Policy, context: Context, now: DateTime<Utc>) -> Option<Step> {
        let at_now = Micros::from(now);
        Clock::new(policy)
            .timers_of_due(self, context)
            .filter(|(_, at)| at_now.as_micros() > *at)
            .map(|(timer, _)| decide(self, timer, policy, context, at_now))
            .find(|step| !step.is_noop())
    }
}
