//! The one door: a command, a report or a timer goes in; a step or a refusal comes out. Nothing is mutated.

mod answer;
pub(crate) mod check;
mod clock;
mod command;
mod context;
mod draft;
mod effect;
mod expects;
mod reason;
mod refusal;
mod report;
mod step;
mod table;
mod timer;
pub(crate) mod typed;
mod unasked;

pub use check::Check;
pub use clock::Clock;
pub use command::Command;
pub use context::Context;
pub use effect::{Call, Effect, Event, Notice, ReasonText, RunnerChange, Stamp, Task};
pub use expects::Expects;
pub use reason::{Reason, Retry};
pub use refusal::{Asked, Refusal};
pub use report::{Answer, BackupOf, Job, Outcome, Report, ReportKind};
pub use step::{Cause, Changes, Ignored, Stale, Step};
pub use table::{Verb, verb};
pub use timer::Timer;

pub(crate) use draft::{Draft, Incoherent};
use expects::ReadAlso;
pub(crate) use report::finished;
pub(crate) use step::Edit;
pub(crate) use timer::over;

use crate::{
    lifecycle::{Lifecycle, facts, facts::Mask},
    policy::Policy,
    vocabulary::{Instant, Ttl},
};
use check::{To, Token};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whatever can happen to a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
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
            Input::Report(report) => report::decide(self, report, context, now),
            Input::Timer(timer) => Ok(timer::decide(self, timer, policy, context, now)),
        }
    }

    /// The commands this sandbox would accept now, given the right arguments.
    pub fn accepts(&self, policy: &Policy, context: Context, now: DateTime<Utc>) -> impl Iterator<Item = Verb> + use<> {
        accepted(self.facts | policy.facts(self.class) | context.facts(policy, now.into()))
    }

    /// Everything `command` demands of this sandbox, in order, and whether it holds.
    pub fn explain(
        &self,
        command: Command,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (&'static Check, bool)> + use<> {
        let row = command.verb().row();
        let failing = row.failing(asked(self, command, policy, context, now.into()));
        row.checks.iter().enumerate().map(move |(index, check)| (check, failing >> index & 1 == 0))
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

fn asked(row: &Lifecycle, command: Command, policy: &Policy, context: Context, now: Instant) -> Mask {
    row.facts | policy.facts(row.class) | context.facts(policy, now) | command.facts(row)
}

fn decide_command(
    row: &Lifecycle,
    command: Command,
    policy: &Policy,
    context: Context,
    now: Instant,
) -> Result<Step, Refusal> {
    let verb = command.verb();
    let rule = verb.row();
    let facts = asked(row, command, policy, context, now);
    if rule.is_already(facts) {
        return Ok(Step::nothing(row, Cause::Already(verb), now));
    }
    let failing = rule.failing(facts);
    if failing != 0 {
        return Err(refused(row, verb, facts, failing));
    }
    let writes = rule.writes(facts);
    let mut draft = Draft::new(row, Cause::Command(verb), now)
        .notice(writes.notice)
        .child(writes.child)
        .edit(edit_of(command, row, policy, now))
        .read_also(read_also(command, row))
        .call(if writes.calls { task_of(command, row) } else { None });
    if writes.row_untouched {
        return Ok(draft.untouched());
    }
    if let Some(desired) = writes.desired {
        draft = draft.desired(desired);
    }
    if writes.soft_delete {
        draft = draft.soft_delete();
    }
    draft = match writes.to {
        To::Stays => draft,
        To::State(state) => draft.state(state),
        To::Gone => draft.supersede(),
    };
    if writes.from_backup {
        draft = draft.clear_reason().recoverable(false).runner(RunnerChange::ReleasedAsPrevious);
    }
    if let Command::Stop { force } = command {
        draft = draft.force_stop(force);
    }
    let keeps_token = match writes.token {
        Token::Kept => true,
        Token::Rotated => false,
        Token::RotatedUnlessPaused => facts & facts::Paused != 0,
    };
    if !keeps_token {
        draft = draft.rotate_token();
    }
    // The last check of a row is `coherent` wherever a write could break rule 4; a test walks every row to prove it.
    draft.finish().map_err(|Incoherent| refused(row, verb, facts, 1 << rule.checks.len().saturating_sub(1)))
}

#[cold]
fn refused(row: &Lifecycle, verb: Verb, facts: Mask, failing: u16) -> Refusal {
    let first = usize::try_from(failing.trailing_zeros()).unwrap_or_default();
    let reason = verb.row().checks.get(first).map_or(Reason::InProgress, |check| check.reason);
    Refusal {
        asked: Asked::Command(verb),
        state: row.status.state,
        desired: row.status.desired,
        reason,
        failing,
        facts,
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

/// The column that a command's checks read and no other writer may have changed: of the two idle timers, the other.
fn read_also(command: Command, row: &Lifecycle) -> ReadAlso {
    match command.verb() {
        Verb::AutoStop => ReadAlso::AutoPause(row.auto_pause),
        Verb::AutoPause => ReadAlso::AutoStop(row.auto_stop),
        Verb::Start | Verb::Stop | Verb::Destroy | Verb::ForceDestroy | Verb::Pause | Verb::Archive => {
            ReadAlso::Nothing
        }
        Verb::Resize | Verb::Fork | Verb::Snapshot | Verb::Recover | Verb::Backup => ReadAlso::Nothing,
        Verb::AutoArchive | Verb::AutoDelete | Verb::Ttl | Verb::Touch => ReadAlso::Nothing,
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
