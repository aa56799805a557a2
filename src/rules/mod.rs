//! The one door: a command, a report or a timer goes in; a step or a refusal comes out. Nothing is mutated.

mod answer;
mod bare;
pub(crate) mod check;
mod clock;
mod command;
mod context;
mod draft;
mod effect;
mod event;
mod input;
mod jobs;
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
pub use effect::{Call, Effect, Notice, ReasonText, RunnerChange, Stamp, Task};
pub use event::{Event, EventName};
pub use reason::{Reason, Retry};
pub use refusal::{Asked, Refusal};
pub use report::{Answer, BackupOf, Job, Outcome, Report, ReportKind};
pub use step::{Cause, Ignored, Stale, Step};
pub use swap::{Changes, Expects};
pub use table::{Verb, verb};
pub use timer::Timer;

pub(crate) use draft::{Draft, Incoherent};
pub(crate) use step::Edit;
pub(crate) use timer::over;

use crate::{
    lifecycle::{Lifecycle, facts, facts::Mask},
    policy::Policy,
    vocabulary::{Instant, Ttl},
};
use check::{Row, To, Token};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whatever can happen to a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "input::Form")]
pub enum Input {
    /// A caller asks.
    Command(Command),
    /// A runner tells.
    Report(Report),
    /// The clock acts.
    Timer(Timer),
}

impl From<Command> for Input {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}
impl From<Report> for Input {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}
impl From<Timer> for Input {
    fn from(timer: Timer) -> Self {
        Self::Timer(timer)
    }
}

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
        input: impl Into<Input>,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Step, Refusal> {
        let now = Instant::from(now);
        match input.into() {
            Input::Command(command) => decide_command(self, command, policy, context, now),
            Input::Report(report) => decide_report(self, report, context, now),
            Input::Timer(timer) => Ok(timer::decide(self, timer, policy, context, now)),
        }
    }

    /// The commands this sandbox would accept now, given the right arguments.
    pub fn accepts(&self, policy: &Policy, context: Context, now: DateTime<Utc>) -> impl Iterator<Item = Verb> + use<> {
        accepted(self.facts | policy.facts(self.class) | context.facts(self, policy, now.into()))
    }

    /// Everything `command` demands of this sandbox, in order, and whether it holds.
    pub fn explain(
        &self,
        command: Command,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (&'static Check, bool)> + use<> {
        let (rule, facts) = asked(self, &command, policy, &context, now.into());
        let failing = rule.failing(facts);
        rule.checks.iter().enumerate().map(move |(index, check)| (check, failing >> index & 1 == 0))
    }
}

/// Facts that only arguments bring. Where no arguments are given, they are taken to be the right ones.
const OF_ARGUMENTS: Mask = facts::DiskUnnamed
    | facts::CpuNotLess
    | facts::MemoryNotLess
    | facts::DiskNotLess
    | facts::SizeDiffers
    | facts::TurnsOff
    | facts::AsksEphemeral;

/// The verbs that a row of these facts accepts with the right arguments.
fn accepted(facts: Mask) -> impl Iterator<Item = Verb> + use<> {
    // With and without memory are two ways to ask, and one that is accepted is enough.
    let ways = [facts | OF_ARGUMENTS | facts::WithMemory, facts | OF_ARGUMENTS | facts::WithoutMemory];
    Verb::ALL.iter().copied().filter(move |verb| ways.iter().any(|facts| verb.row().failing(*facts) == 0))
}

#[inline]
fn asked(row: &Lifecycle, command: &Command, policy: &Policy, context: &Context, now: Instant) -> (&'static Row, Mask) {
    let (rule, of_arguments) = command.looked_up(row);
    (rule, row.facts | of_arguments | policy.facts(row.class) | context.facts(row, policy, now))
}

#[inline(always)]
fn decide_command(
    row: &Lifecycle,
    command: Command,
    policy: &Policy,
    context: Context,
    now: Instant,
) -> Result<Step, Refusal> {
    let (rule, facts) = asked(row, &command, policy, &context, now);
    if rule.is_already(facts) {
        return Ok(Step::nothing(row, Cause::Already(rule.verb), now));
    }
    let failing = rule.failing(facts);
    if failing != 0 {
        return Err(refused(row, rule, facts, failing));
    }
    carry_out(row, &command, rule, facts, policy, now)
}

/// The step of a command that nothing refuses. Apart from the decision, for a refusal then saves no registers for it.
#[inline(never)]
fn carry_out(
    row: &Lifecycle,
    command: &Command,
    rule: &'static Row,
    facts: Mask,
    policy: &Policy,
    now: Instant,
) -> Result<Step, Refusal> {
    let writes = rule.writes(facts);
    let mut draft = Draft::new(row, Cause::Command(rule.verb), now)
        .notice(writes.notice)
        .child(writes.child)
        .edit(edit_of(*command, row, policy, now))
        .having_read(other_idle_timer(*command, row));
    if writes.calls {
        draft = draft.call(task_of(*command, row));
    }
    if writes.row_untouched {
        return Ok(draft.untouched());
    }
    draft = draft.desired(writes.desired.unwrap_or(row.status.desired)).soft_delete_if(writes.soft_delete);
    draft = match writes.to {
        To::Stays => draft,
        To::State(state) => draft.state(state),
        To::Gone => draft.supersede(),
    };
    if writes.from_backup {
        draft = draft.clear_reason().recoverable(false).runner(RunnerChange::ReleasedAsPrevious);
    }
    if let Command::Stop { force } = command {
        draft = draft.force_stop(*force);
    }
    let keeps_token = match writes.token {
        Token::Kept => true,
        Token::Rotated => false,
        Token::RotatedUnlessPaused => facts & facts::Paused != 0,
    };
    draft = draft.rotate_token_if(!keeps_token);
    // The last check of a row is `coherent` wherever a write could break rule 4; a test walks every row to prove it.
    let last = 1 << rule.checks.len().saturating_sub(1);
    draft.finish().map_err(|Incoherent| refused(row, rule, facts, last))
}

/// What a runner says of an older piece of work is ignored, whatever it is.
fn decide_report(row: &Lifecycle, report: Report, context: Context, now: Instant) -> Result<Step, Refusal> {
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

#[inline]
fn refused(row: &Lifecycle, rule: &Row, facts: Mask, failing: u16) -> Refusal {
    Refusal {
        asked: Asked::Command(rule.verb),
        state: row.status.state,
        desired: row.status.desired,
        reason: rule.reason(failing),
        failing,
        facts,
    }
}

/// Setting one idle timer goes by the other: both set at once must not both be written.
const fn other_idle_timer(command: Command, row: &Lifecycle) -> Edit {
    match command {
        Command::AutoStop { .. } => Edit::AutoPause(row.auto_pause),
        Command::AutoPause { .. } => Edit::AutoStop(row.auto_stop),
        Command::Start | Command::Stop { .. } | Command::Destroy { .. } | Command::Pause | Command::Archive => {
            Edit::None
        }
        Command::Resize(_) | Command::Fork | Command::Snapshot { .. } | Command::Recover { .. } => Edit::None,
        Command::Backup | Command::AutoArchive { .. } | Command::AutoDelete { .. } => Edit::None,
        Command::Ttl { .. } | Command::Touch => Edit::None,
    }
}

/// The column that a command sets beside the states.
pub(crate) fn edit_of(command: Command, row: &Lifecycle, policy: &Policy, now: Instant) -> Edit {
    match command {
        Command::AutoStop { minutes } => Edit::AutoStop(minutes),
        Command::AutoPause { minutes } => Edit::AutoPause(minutes),
        Command::AutoArchive { minutes } => Edit::AutoArchive(minutes.capped(policy.max_auto_archive)),
        Command::AutoDelete { minutes } => Edit::AutoDelete(minutes),
        Command::Ttl { minutes: Ttl::None } => Edit::DestroyAt(None),
        Command::Ttl { minutes: Ttl::After(minutes) } => {
            Edit::DestroyAt(Some(now.saturating_add_minutes(i64::from(minutes.get()))))
        }
        // Never back: a touch that arrives late does not make a sandbox look idle.
        Command::Touch => Edit::Touch(now.max(row.last_activity)),
        Command::Start | Command::Stop { .. } | Command::Destroy { .. } | Command::Pause | Command::Archive => {
            Edit::None
        }
        Command::Resize(_) | Command::Fork | Command::Snapshot { .. } | Command::Recover { .. } => Edit::None,
        Command::Backup => Edit::None,
    }
}

/// The runner call of a command that makes one at once; the others leave it to the controller.
fn task_of(command: Command, row: &Lifecycle) -> Option<Task> {
    match command {
        Command::Pause => Some(Task::Pause),
        Command::Resize(change) => Some(Task::Resize { to: change.applied_to(row.size) }),
        Command::Fork => Some(Task::Fork),
        Command::Snapshot { memory } => Some(Task::Snapshot { include_memory: memory }),
        Command::Recover { start } => Some(Task::Recover { start }),
        Command::Start | Command::Stop { .. } | Command::Destroy { .. } | Command::Archive | Command::Backup => None,
        Command::AutoStop { .. } | Command::AutoPause { .. } | Command::AutoArchive { .. } => None,
        Command::AutoDelete { .. } | Command::Ttl { .. } | Command::Touch => None,
    }
}
