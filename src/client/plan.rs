//! Plans: the fewest commands, with the waits between them, that lead a sandbox to a goal.

use super::assumed::with_hidden_columns;
use super::contents::Contents;
use super::goal::Goal;
use crate::lifecycle::{Columns, Lifecycle, Recovery};
use crate::policy::Policy;
use crate::rules::{Command, Context, Reason, Refusal, Step};
use crate::vocabulary::{DesiredState as D, SandboxState as S, Size};
use alloc::{string::ToString, vec::Vec};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::Serialize;

/// The way of a sandbox to a goal: commands to send, each with what it causes, and what to wait for between them.
///
/// ```
/// use sandbox_lifecycle::{Columns, Context, DesiredState, Goal, Lifecycle, Policy, SandboxState, client::Plan};
/// let row = Lifecycle::from(Columns {
///     state: SandboxState::Archived,
///     desired_state: DesiredState::Archived,
///     has_runner: false,
///     ..Columns::default()
/// });
/// // Ensure that it is stopped, whatever it does now.
/// let plan = Plan::to(Goal::Stopped, &row, &Policy::default(), Context::of(&row), chrono::DateTime::UNIX_EPOCH)?;
/// assert_eq!(
///     plan.to_string(),
///     "start (restores the backup, compute begins); wait for started; \
///      stop (compute ends, loses running processes, memory); wait for stopped"
/// );
/// # Ok::<(), sandbox_lifecycle::client::NoPlan>(())
/// ```
///
/// A plan assumes that every change ends well, that the sandbox is on a runner where its state needs one, that a completed
/// backup can be found, and that nobody else commands it. Follow it as the example of the [module](super) does, and make a new
/// plan when a wait ends otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Plan {
    parts: Vec<PlanPart>,
}

/// One part of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PlanPart {
    /// Wait for this goal.
    Wait(Goal),
    /// Send this command.
    Send {
        /// The command.
        command: Command,
        /// What it causes.
        causes: Consequences,
    },
}

/// What a command causes, once its change has ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Consequences {
    /// What is lost.
    pub loses: Contents,
    /// Whether the disk comes from the backup.
    pub restores_backup: bool,
    /// Whether the sandbox begins to use compute, which is billed.
    pub begins_compute: bool,
    /// Whether the sandbox no longer uses compute.
    pub ends_compute: bool,
}

/// Why no sequence of commands leads to the goal.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoPlan {
    /// The sandbox is destroyed or being destroyed.
    #[error("the sandbox is destroyed or being destroyed")]
    Gone,
    /// The way leads through a stop, which deletes an ephemeral sandbox.
    #[error("a stop would delete this ephemeral sandbox")]
    Deletes,
    /// The desired state is `resized`, an old word that no sandbox reaches.
    #[error("the desired state resized is never reached")]
    NeverArrives,
    /// A command that every way needs is refused.
    #[error("{0}")]
    Refused(Refusal),
}

/// The most turns of a plan: a wait for the change under way, and three commands.
const MOST: usize = 4;

impl Plan {
    /// Returns the parts in order. There are none if the goal is reached.
    pub fn parts(&self) -> &[PlanPart] {
        &self.parts
    }

    /// Returns the commands in order.
    pub fn commands(&self) -> impl Iterator<Item = Command> {
        self.parts.iter().filter_map(|part| match part {
            PlanPart::Send { command, .. } => Some(*command),
            PlanPart::Wait(_) => None,
        })
    }

    /// Plans the way of this sandbox to a goal. For a client, the row is that of a record, and the context says what the client
    /// knows. A snapshot has no memory.
    ///
    /// # Errors
    ///
    /// See [`NoPlan`].
    pub fn to(
        goal: Goal,
        row: &Lifecycle,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Self, NoPlan> {
        let mut planned =
            Planned { row: with_hidden_columns(row), policy, context, now, size: row.size(), made: false };
        let mut parts = Vec::new();
        for _ in 0..MOST {
            match planned.next(goal)? {
                Turn::Reached => break,
                Turn::Wait(goal) => {
                    parts.push(PlanPart::Wait(goal));
                    planned.row = settled(&planned.row, planned.size);
                }
                Turn::Send(command, step, waits_for) => {
                    let causes = planned.send(command, &step);
                    parts.push(PlanPart::Send { command, causes });
                    parts.push(PlanPart::Wait(waits_for));
                }
            }
        }
        Ok(Self { parts })
    }
}

/// A sandbox while its plan is made.
#[derive(Clone, Copy)]
struct Planned<'a> {
    row: Lifecycle,
    policy: &'a Policy,
    context: Context,
    now: DateTime<Utc>,
    /// The size at the end of the change under way.
    size: Size,
    /// Whether a snapshot or a fork was made.
    made: bool,
}

/// What to do next.
enum Turn {
    Reached,
    Wait(Goal),
    Send(Command, Step, Goal),
}

impl Planned<'_> {
    fn next(&self, goal: Goal) -> Result<Turn, NoPlan> {
        let (row, state, desired) = (&self.row, self.row.state(), self.row.desired_state());
        if self.is_reached(goal) {
            return Ok(Turn::Reached);
        }
        if state == S::Destroyed {
            return Err(NoPlan::Gone);
        }
        if desired == D::Destroyed {
            return Ok(Turn::Wait(goal));
        }
        let moves = !row.is_settled() && !matches!(row.reported_state(), S::Error | S::BuildFailed);
        // A start ends an archive that is under way, and the disk need not be restored.
        let wakes = goal != Goal::Archived && state == S::Archiving && self.decide(Command::Start).is_ok();
        if moves && !wakes {
            let arrives = goal_of(desired).ok_or(NoPlan::NeverArrives)?;
            // The stop of an ephemeral sandbox deletes it, so that it never settles.
            let waits = arrives == goal || (arrives == Goal::Stopped && row.is_ephemeral());
            return Ok(Turn::Wait(if waits { arrives } else { Goal::Settled }));
        }
        let Some(command) = self.command(goal) else { return Ok(Turn::Reached) };
        match self.decide(command) {
            Ok(step) => self.sent(goal, command, step),
            // What a running sandbox cannot do, a stopped one may, and a paused container only stops.
            Err(refusal) if needs_stop(state, &refusal) => {
                let stop = Command::Stop { force: false };
                self.sent(goal, stop, self.decide(stop).map_err(NoPlan::Refused)?)
            }
            Err(refusal) => Err(NoPlan::Refused(refusal)),
        }
    }

    fn decide(&self, command: Command) -> Result<Step, Refusal> {
        self.row.decide(command, self.policy, self.context.with_revision(self.row.revision()), self.now)
    }

    fn sent(&self, goal: Goal, command: Command, step: Step) -> Result<Turn, NoPlan> {
        let deletes = step.desired_state() == D::Destroyed && goal != Goal::Destroyed;
        if deletes && goal != Goal::Stopped {
            return Err(NoPlan::Deletes);
        }
        let waits_for = match command {
            Command::Resize(change) => Goal::Resized(change),
            Command::Snapshot { .. } => Goal::SnapshotTaken,
            Command::Fork => Goal::Forked,
            Command::Recover { .. } => Goal::Recovered,
            Command::Start | Command::Stop { .. } | Command::Destroy { .. } | Command::Pause | Command::Archive => {
                goal_of(step.desired_state()).filter(|_| !deletes).unwrap_or(goal)
            }
            Command::Backup | Command::AutoStop { .. } | Command::AutoPause { .. } | Command::AutoDelete { .. } => goal,
            Command::AutoArchive { .. } | Command::Ttl { .. } | Command::Touch => goal,
        };
        Ok(Turn::Send(command, step, waits_for))
    }

    /// Takes the sandbox to the end of a command, and returns what the command causes.
    fn send(&mut self, command: Command, step: &Step) -> Consequences {
        let before = self.row;
        if let Command::Resize(change) = command {
            self.size = change.applied_to(before.size());
        }
        self.made |= matches!(command, Command::Snapshot { .. } | Command::Fork);
        self.row = self.after(step);
        let from_backup = matches!(command, Command::Recover { .. }) && before.recovery() == Some(Recovery::FromBackup);
        let (used, uses) = (before.state() == S::Started, self.row.state() == S::Started);
        Consequences {
            loses: Contents::from(&before).lost_by(step),
            restores_backup: from_backup || (command == Command::Start && before.state() == S::Archived),
            begins_compute: !used && uses,
            ends_compute: used && !uses,
        }
    }

    /// Returns the sandbox once a step of it was written and has ended well.
    fn after(&self, step: &Step) -> Lifecycle {
        settled(&step.apply(self.row).unwrap_or(self.row), self.size)
    }

    /// Whether this paused sandbox would accept a command once it runs.
    fn can_run(&self, command: Command) -> bool {
        let Ok(step) = self.decide(Command::Start) else { return false };
        Planned { row: self.after(&step), ..*self }.decide(command).is_ok()
    }

    fn is_reached(&self, goal: Goal) -> bool {
        let (row, state, rests) = (&self.row, self.row.state(), self.row.is_settled());
        match goal {
            Goal::Started => rests && state == S::Started,
            Goal::Stopped => (rests && state == S::Stopped) || (state == S::Destroyed && row.is_ephemeral()),
            Goal::Paused => rests && state == S::Paused,
            Goal::Archived => rests && state == S::Archived,
            Goal::Destroyed => state == S::Destroyed,
            Goal::Settled | Goal::Recovered => rests && state != S::Destroyed,
            Goal::Resized(change) => rests && state != S::Destroyed && change.applied_to(row.size()) == row.size(),
            Goal::SnapshotTaken | Goal::Forked => rests && self.made,
        }
    }

    /// Returns the command that leads from the state of this sandbox towards a goal, if one is needed.
    fn command(&self, goal: Goal) -> Option<Command> {
        let recover = |start| Some(Command::Recover { start });
        let stop = Some(Command::Stop { force: false });
        let rests_then = matches!(self.row.desired_state(), D::Stopped | D::Archived) && !self.row.is_ephemeral();
        match (goal, Place::of(self.row.state())) {
            (Goal::Destroyed, _) => Some(Command::Destroy { force: false }),
            (Goal::Recovered | Goal::Settled, Place::Failed) => recover(!rests_then),
            // A stopped sandbox can be resized in every way; an ephemeral one would be deleted when it stops.
            (Goal::Resized(_) | Goal::SnapshotTaken, Place::Failed) => recover(self.row.is_ephemeral()),
            (Goal::Stopped | Goal::Archived, Place::Failed) => recover(false),
            (Goal::Started | Goal::Paused | Goal::Forked, Place::Failed) => recover(true),
            (Goal::Recovered | Goal::Settled, _) | (Goal::Started, Place::Running) => None,
            (Goal::Stopped | Goal::Archived, Place::Running | Place::Paused) => stop,
            (Goal::Stopped, Place::Stopped) => None,
            (Goal::Archived, Place::Stopped) => Some(Command::Archive),
            (Goal::Paused, Place::Running) => Some(Command::Pause),
            (Goal::Resized(change), Place::Running | Place::Stopped) => Some(Command::Resize(change)),
            // A start keeps the memory, where the running sandbox can be resized.
            (Goal::Resized(change), Place::Paused) if self.can_run(Command::Resize(change)) => Some(Command::Start),
            (Goal::Resized(_) | Goal::SnapshotTaken, Place::Paused) => stop,
            (Goal::SnapshotTaken, Place::Running | Place::Stopped) => Some(Command::Snapshot { include_memory: false }),
            (Goal::Forked, Place::Running) => Some(Command::Fork),
            (Goal::Started | Goal::Paused | Goal::Forked, Place::Stopped | Place::Paused) => Some(Command::Start),
            (_, Place::Elsewhere) => Some(Command::Start),
        }
    }
}

/// Where a sandbox rests, as far as a plan distinguishes it.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Running,
    Stopped,
    Paused,
    Failed,
    /// Archived, or not at rest.
    Elsewhere,
}

impl Place {
    const fn of(state: S) -> Self {
        match state {
            S::Started => Self::Running,
            S::Stopped => Self::Stopped,
            S::Paused => Self::Paused,
            S::Error | S::BuildFailed => Self::Failed,
            S::Archived | S::Creating | S::Restoring | S::Destroyed | S::Destroying | S::Starting => Self::Elsewhere,
            S::Stopping | S::PendingBuild | S::BuildingSnapshot | S::Unknown | S::PullingSnapshot => Self::Elsewhere,
            S::Archiving | S::Resizing | S::Snapshotting | S::Forking | S::Pausing | S::Resuming => Self::Elsewhere,
        }
    }
}

/// Whether a command is refused only until the sandbox is stopped.
fn needs_stop(state: S, refusal: &Refusal) -> bool {
    let while_it_runs =
        [Reason::DiskNeedsStop, Reason::CpuShrinkRunning, Reason::MemShrinkRunning, Reason::FsSnapshotNeedsStopped];
    let reason = refusal.reason();
    (state == S::Started && while_it_runs.contains(&reason))
        || (state == S::Paused && reason == Reason::UnsupportedClass)
}

/// Returns the goal of a desired state.
const fn goal_of(desired: D) -> Option<Goal> {
    match desired {
        D::Started => Some(Goal::Started),
        D::Stopped => Some(Goal::Stopped),
        D::Paused => Some(Goal::Paused),
        D::Archived => Some(Goal::Archived),
        D::Destroyed => Some(Goal::Destroyed),
        D::Resized => None,
    }
}

/// Returns the sandbox once the change under way has ended well, in the columns that later commands and their consequences ask
/// about.
fn settled(row: &Lifecycle, size: Size) -> Lifecycle {
    let columns = row.columns();
    let deletes = columns.desired_state == D::Stopped && row.is_ephemeral();
    let desired_state = if deletes { D::Destroyed } else { columns.desired_state };
    let Some(state) = desired_state.fulfilled_by() else { return *row };
    Columns {
        state,
        desired_state,
        pending: false,
        has_runner: matches!(state, S::Started | S::Stopped | S::Paused),
        cpu: size.cpu,
        memory: size.memory,
        disk: size.disk,
        ..columns
    }
    .into()
}

/// The parts in order: `start (compute begins); wait for started`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, part) in self.parts.iter().enumerate() {
            write!(f, "{}{part}", if number == 0 { "" } else { "; " })?;
        }
        if self.parts.is_empty() { f.write_str("nothing") } else { Ok(()) }
    }
}

impl fmt::Display for PlanPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait(goal) => write!(f, "wait for {goal}"),
            Self::Send { command, causes } => {
                write!(f, "{command}")?;
                let causes = causes.to_string();
                if causes.is_empty() { Ok(()) } else { write!(f, " ({causes})") }
            }
        }
    }
}

impl fmt::Display for Consequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut joint = "";
        let facts = [
            (self.restores_backup, "restores the backup"),
            (self.begins_compute, "compute begins"),
            (self.ends_compute, "compute ends"),
        ];
        for (_, words) in facts.iter().filter(|(holds, _)| *holds) {
            write!(f, "{joint}{words}")?;
            joint = ", ";
        }
        if self.loses == Contents::NOTHING { Ok(()) } else { write!(f, "{joint}loses {}", self.loses) }
    }
}
