//! `Lifecycle::decide`, the one door.

use super::{answer, backup, command, job, state_report, timer};
use crate::lifecycle::Lifecycle;
use crate::policy::Policy;
use crate::rules::input::{AsInput, InputRef};
use crate::rules::{Asked, Context, Ignored, Job, Outcome, Refusal, Report, Step, refusal::value::Refused};
use crate::vocabulary::Micros;
use chrono::{DateTime, Utc};

impl Lifecycle {
    /// Decides what `input` does to this sandbox at `now`. It does not change the value.
    ///
    /// # Errors
    /// [`Refusal`], with the code and the HTTP status of the recorded server. A context of another revision is refused
    /// as `conflict`; otherwise a timer is never refused. The end of a job that the row does not wait for is a step that
    /// does nothing.
    // Inlined into the caller: the compiler then looks up a constant command and copies neither input nor context for a
    // call. The rare or long parts (a step, a report, a timer) stay calls.
    #[inline(always)]
    pub fn decide(
        &self,
        input: impl AsInput,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Step, Refusal> {
        let now = Micros::from(now);
        if context.revision() != self.revision {
            return refuse_context(self, input.as_input());
        }
        match input.as_input() {
            InputRef::Command(command) => command::decide(self, command, policy, &context, now),
            InputRef::Report(report) => decide_report(self, *report, context, now),
            InputRef::Timer(timer) => Ok(timer::decide(self, *timer, policy, context, now)),
        }
    }
}

/// Refuses a context that was gathered for another revision of the row.
#[cold]
#[inline(never)]
fn refuse_context(row: &Lifecycle, input: InputRef<'_>) -> Result<Step, Refusal> {
    let asked = match input {
        InputRef::Command(command) => Asked::Command(command.verb()),
        InputRef::Report(report) => Asked::Report(report.kind()),
        InputRef::Timer(timer) => Asked::Timer(*timer),
    };
    Err(Refusal::of_command(row, Refused::OtherRevision(asked), row.facts))
}

fn decide_report(row: &Lifecycle, report: Report, context: Context, now: Micros) -> Result<Step, Refusal> {
    // An unasked state moves no row if it has an epoch, so even a stale one may cause an ask.
    let is_stale = !matches!(report, Report::State { .. }) && report.epoch().is_some_and(|epoch| epoch != row.epoch);
    if is_stale {
        return Ok(Step::ignored(row, Ignored::OlderEpoch, now));
    }
    match report {
        Report::State { epoch: Some(epoch), state, .. } => Ok(state_report::ask(row, state, epoch, now)),
        Report::State { state, fault, recoverable, .. } => {
            state_report::decide(row, state, fault, recoverable, context, now)
        }
        Report::Ended { job: job @ Job::ForkSource, outcome: outcome @ Outcome::Completed, epoch: Some(_) } => {
            Ok(job::announcing_child(job::ended(row, job, outcome, None, context, now)))
        }
        Report::Ended { job, outcome, .. } => Ok(job::ended(row, job, outcome, None, context, now)),
        Report::Answered { task, answer, from, epoch } => answer::decide(row, task, answer, from, epoch, context, now),
        Report::BackupUnderWay { begun, attempt } => Ok(backup::under_way(row, begun, attempt, now)),
    }
}
