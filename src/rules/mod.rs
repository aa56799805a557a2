//! The one door: a command, a report or a timer goes in; a step or a refusal comes out. Nothing is mutated.

mod answer;
mod bare;
pub(crate) mod check;
mod clock;
mod command;
mod context;
mod door;
mod draft;
mod effect;
mod elapsed;
mod event;
mod input;
mod jobs;
mod judge;
mod own;
mod profile;
mod reason;
mod refusal;
mod report;
mod step;
mod swap;
mod table;
mod timer;
pub(crate) mod typed;
mod unasked;

pub use check::Check;
pub use clock::Clock;
pub use command::Command;
pub use context::Context;
pub use door::{AsInput, Input};
pub use effect::{Call, Effect, Notice, ReasonText, RunnerChange, Stamp, Task};
pub use event::{Event, EventName};
pub use reason::{Reason, Retry};
pub use refusal::{Asked, Refusal};
pub use report::{Answer, BackupOf, Job, Outcome, Report, ReportKind};
pub use step::{Cause, Ignored, Stale, Step};
pub use swap::{Changes, Expects};
pub use table::{Verb, verb};
pub use timer::Timer;

pub(crate) use draft::Draft;
pub(crate) use elapsed::over;
pub(crate) use own::{Edit, edit_of};

use crate::{lifecycle::Lifecycle, policy::Policy, vocabulary::Micros};
use chrono::{DateTime, Utc};
use door::InputRef;

impl Lifecycle {
    /// Decides what `input` does to this sandbox at `now`. The value itself is not changed.
    ///
    /// # Errors
    /// [`Refusal`], with the code and the HTTP status that the recorded server answers. A timer is never refused,
    /// and a job's end that no longer bears on the row is a step that does nothing.
    // Into the caller, so that a command named there is looked up when it is compiled, and neither input nor context is
    // copied for a call. What is rare or long (a step, a report, a timer) stays a call.
    #[inline(always)]
    pub fn decide(
        &self,
        input: impl AsInput,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Step, Refusal> {
        let now = Micros::from(now);
        match input.as_input() {
            InputRef::Command(command) => judge::decide(self, command, policy, &context, now),
            InputRef::Report(report) => decide_report(self, *report, context, now),
            InputRef::Timer(timer) => Ok(elapsed::decide(self, *timer, policy, context, now)),
        }
    }

    /// The commands this sandbox would accept now, given the right arguments. One that asks for what is so already, a start
    /// of what is started or a destroy of what is to go, is not among them, though it is a success that writes nothing.
    pub fn accepted_commands(
        &self,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = Verb> + use<> {
        table::accepted_by(judge::held(self, policy, &context, now.into()))
    }

    /// Everything `command` demands of this sandbox, in order, and whether it holds. Where what it asks for is so already,
    /// nothing is demanded of it, whatever holds.
    pub fn explain(
        &self,
        command: Command,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (&'static Check, bool)> + use<> {
        let kind = command.looked_up();
        let held =
            judge::held(self, policy, &context, now.into()).and(kind.brings).and(command.held_by_size(self.size));
        kind.verb.checks().iter().map(move |check| (check, held.meet(check.guard)))
    }
}

/// What a runner says of an older piece of work is ignored, whatever it is.
fn decide_report(row: &Lifecycle, report: Report, context: Context, now: Micros) -> Result<Step, Refusal> {
    if report.epoch().is_some_and(|epoch| epoch != row.epoch) {
        return Ok(Step::ignored(row, Ignored::OlderEpoch, now));
    }
    match report {
        Report::State { state, fault, recoverable, .. } => unasked::decide(row, state, fault, recoverable, now),
        Report::Ended { job, outcome, .. } => Ok(jobs::ended(row, job, outcome, None, context, now)),
        Report::Answered { task, answer, from, .. } => answer::decide(row, task, answer, from, context, now),
        Report::BackupUnderWay { begun } => Ok(jobs::backup_under_way(row, begun, now)),
    }
}
