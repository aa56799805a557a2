//! The stories: the first row, the acts from outside, and the end that each must reach.

use crate::{host::BEGINNING, time::minutes};
use sandbox_lifecycle::{
    Columns, Command, DesiredState, Input, SandboxClass, SandboxState, Timer,
    rules::Task,
    vocabulary::{AutoDelete, AutoPause, AutoStop, BackupState, Fault, QueueTimeout, SizeChange},
};
use std::num::NonZeroU32;

/// A story of one sandbox.
#[derive(Clone, Copy)]
pub struct Story {
    pub name: &'static str,
    /// The first row. The host sets its times.
    pub begins: fn() -> Columns,
    pub runner: Manner,
    /// The acts. Each happens once the sandbox is at rest after the act before.
    pub acts: &'static [Act],
    pub ends: (SandboxState, DesiredState),
}

/// An act from outside.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// A caller sends a command.
    Ask(Command),
    /// A caller sends a command as soon as the sandbox is in this state.
    Once(SandboxState, Command),
    /// This many minutes pass.
    After(i64),
    /// This many minutes pass, and two inputs are decided on one row. The second step is stale.
    Race { after: i64, first: Input, second: Input },
}

/// How the runners behave.
#[derive(Debug, Clone, Copy)]
pub enum Manner {
    /// They do every task.
    Works,
    /// They accept this task, and the job fails.
    Fails { task: Task, recoverable: bool },
    /// They refuse this task.
    Refuses(Task),
    /// They never answer or report this task.
    Silent(Task),
    /// No runner has room.
    Full,
}

const STOP: Act = Act::Ask(Command::Stop { force: false });
const START: Act = Act::Ask(Command::Start);
const PAUSE: Act = Act::Ask(Command::Pause);
const DESTROY: Act = Act::Ask(Command::Destroy { force: false });
const RECOVER: Act = Act::Ask(Command::Recover { start: true });
const BY_FORCE: Command = Command::Destroy { force: true };

const STARTED: (SandboxState, DesiredState) = (SandboxState::Started, DesiredState::Started);
const STOPPED: (SandboxState, DesiredState) = (SandboxState::Stopped, DesiredState::Stopped);
const PAUSED: (SandboxState, DesiredState) = (SandboxState::Paused, DesiredState::Paused);
const ARCHIVED: (SandboxState, DesiredState) = (SandboxState::Archived, DesiredState::Archived);
const DESTROYED: (SandboxState, DesiredState) = (SandboxState::Destroyed, DesiredState::Destroyed);

/// A VM in this state and desired state.
fn vm((state, desired_state): (SandboxState, DesiredState)) -> Columns {
    Columns { state, desired_state, class: SandboxClass::LinuxVm, ..Columns::default() }
}

fn started() -> Columns {
    vm(STARTED)
}

fn stopped() -> Columns {
    vm(STOPPED)
}

/// A container without a runner.
fn queued(state: SandboxState) -> Columns {
    Columns { state, has_runner: false, ..Columns::default() }
}

/// A VM in an error that its runner can recover.
fn recoverable() -> Columns {
    Columns { state: SandboxState::Error, fault: Some(Fault::Runner), recoverable: true, ..started() }
}

const fn size(cpu: u32, memory: u32, disk: Option<u32>) -> Command {
    let disk = match disk {
        Some(disk) => NonZeroU32::new(disk),
        None => None,
    };
    Command::Resize(SizeChange { cpu: NonZeroU32::new(cpu), memory: NonZeroU32::new(memory), disk })
}

/// The stories. Each subject of `tests/transcripts` has at least one.
pub const STORIES: &[Story] = &[
    Story { name: "stop", begins: started, runner: Manner::Works, acts: &[STOP], ends: STOPPED },
    Story { name: "start", begins: stopped, runner: Manner::Works, acts: &[START], ends: STARTED },
    Story { name: "stop and restart", begins: started, runner: Manner::Works, acts: &[STOP, START], ends: STARTED },
    Story {
        name: "there and back, by force and by pause",
        begins: started,
        runner: Manner::Works,
        acts: &[Act::Ask(Command::Stop { force: true }), START, PAUSE, START],
        ends: STARTED,
    },
    Story { name: "a pause is stopped", begins: started, runner: Manner::Works, acts: &[PAUSE, STOP], ends: STOPPED },
    Story {
        name: "an ephemeral sandbox is stopped",
        begins: || Columns { auto_delete: AutoDelete::AtOnce, ..started() },
        runner: Manner::Works,
        acts: &[STOP],
        ends: DESTROYED,
    },
    Story {
        name: "archive and restore",
        begins: stopped,
        runner: Manner::Works,
        acts: &[Act::Ask(Command::Archive), START],
        ends: STARTED,
    },
    Story {
        name: "an archiving is called back",
        begins: stopped,
        runner: Manner::Works,
        acts: &[Act::Ask(Command::Archive), Act::Once(SandboxState::Archiving, Command::Start)],
        ends: STARTED,
    },
    Story {
        name: "an archive is destroyed",
        begins: stopped,
        runner: Manner::Works,
        acts: &[Act::Ask(Command::Archive), DESTROY],
        ends: DESTROYED,
    },
    Story { name: "destroy", begins: started, runner: Manner::Works, acts: &[DESTROY], ends: DESTROYED },
    // Failed pauses.
    Story {
        name: "a failed pause is recovered",
        begins: started,
        runner: Manner::Fails { task: Task::Pause, recoverable: true },
        acts: &[PAUSE, RECOVER],
        ends: STARTED,
    },
    Story {
        name: "a failed pause is destroyed",
        begins: started,
        runner: Manner::Fails { task: Task::Pause, recoverable: false },
        acts: &[PAUSE, DESTROY],
        ends: DESTROYED,
    },
    Story {
        name: "a pause is refused",
        begins: started,
        runner: Manner::Refuses(Task::Pause),
        acts: &[PAUSE],
        ends: STARTED,
    },
    Story {
        name: "a pause that nobody ends is ended by the clock",
        begins: started,
        runner: Manner::Silent(Task::Pause),
        acts: &[PAUSE, Act::After(31), DESTROY],
        ends: DESTROYED,
    },
    // Errors.
    Story { name: "recover in place", begins: recoverable, runner: Manner::Works, acts: &[RECOVER], ends: STARTED },
    Story {
        name: "recover in place, not to be started",
        begins: recoverable,
        runner: Manner::Works,
        acts: &[Act::Ask(Command::Recover { start: false })],
        ends: STOPPED,
    },
    Story {
        name: "recover from backup",
        begins: || Columns {
            state: SandboxState::Error,
            fault: Some(Fault::Timeout),
            backup_state: BackupState::Completed,
            has_backup_ref: true,
            ..started()
        },
        runner: Manner::Works,
        acts: &[RECOVER],
        ends: STARTED,
    },
    Story {
        name: "an error is destroyed",
        begins: || Columns { recoverable: false, ..recoverable() },
        runner: Manner::Works,
        acts: &[DESTROY],
        ends: DESTROYED,
    },
    Story {
        name: "a failed build is destroyed",
        begins: || queued(SandboxState::BuildFailed),
        runner: Manner::Works,
        acts: &[DESTROY],
        ends: DESTROYED,
    },
    Story {
        name: "what waits for its build is destroyed",
        begins: || queued(SandboxState::PendingBuild),
        runner: Manner::Full,
        acts: &[Act::Once(SandboxState::PendingBuild, Command::Destroy { force: false })],
        ends: DESTROYED,
    },
    // Changes in place.
    Story {
        name: "resize hot",
        begins: started,
        runner: Manner::Works,
        acts: &[Act::Ask(size(4, 8, None))],
        ends: STARTED,
    },
    Story {
        name: "resize cold",
        begins: stopped,
        runner: Manner::Works,
        acts: &[Act::Ask(size(1, 2, Some(20))), START],
        ends: STARTED,
    },
    Story {
        name: "snapshot",
        begins: stopped,
        runner: Manner::Works,
        acts: &[
            Act::Ask(Command::Snapshot { include_memory: false }),
            START,
            Act::Ask(Command::Snapshot { include_memory: true }),
        ],
        ends: STARTED,
    },
    Story {
        name: "a snapshot that nobody ends goes back",
        begins: started,
        runner: Manner::Silent(Task::Snapshot { include_memory: true }),
        acts: &[Act::Ask(Command::Snapshot { include_memory: true }), Act::After(61)],
        ends: STARTED,
    },
    Story { name: "fork", begins: started, runner: Manner::Works, acts: &[Act::Ask(Command::Fork)], ends: STARTED },
    // New sandboxes.
    Story {
        name: "a new sandbox by build",
        begins: || queued(SandboxState::PendingBuild),
        runner: Manner::Works,
        acts: &[],
        ends: STARTED,
    },
    Story {
        name: "a new sandbox by pull",
        begins: || queued(SandboxState::PullingSnapshot),
        runner: Manner::Works,
        acts: &[],
        ends: STARTED,
    },
    Story {
        name: "a new sandbox on a warm runner",
        begins: || Columns { state: SandboxState::Unknown, ..started() },
        runner: Manner::Works,
        acts: &[],
        ends: STARTED,
    },
    Story {
        name: "a new sandbox that finds no room",
        begins: || Columns { queue_timeout: Some(QueueTimeout(minutes(5))), ..queued(SandboxState::PendingBuild) },
        runner: Manner::Full,
        acts: &[Act::After(6)],
        ends: DESTROYED,
    },
    // Timers.
    Story {
        name: "auto-stop, then auto-archive",
        begins: started,
        runner: Manner::Works,
        acts: &[Act::After(16), Act::After(7 * 24 * 60 + 1)],
        ends: ARCHIVED,
    },
    Story {
        name: "auto-pause",
        begins: || Columns { auto_stop: AutoStop::Never, auto_pause: AutoPause::After(minutes(60)), ..started() },
        runner: Manner::Works,
        acts: &[Act::After(61)],
        ends: PAUSED,
    },
    Story {
        name: "auto-delete",
        begins: || Columns { auto_delete: AutoDelete::After(minutes(60)), ..stopped() },
        runner: Manner::Works,
        acts: &[Act::After(61)],
        ends: DESTROYED,
    },
    Story {
        name: "time to live, while it is paused",
        begins: || Columns { auto_destroy_at: Some(BEGINNING + chrono::Duration::hours(1)), ..started() },
        runner: Manner::Works,
        acts: &[PAUSE, Act::After(60)],
        ends: DESTROYED,
    },
    // Superseding.
    Story {
        name: "force supersedes a start",
        begins: stopped,
        runner: Manner::Works,
        acts: &[START, Act::Once(SandboxState::Starting, BY_FORCE)],
        ends: DESTROYED,
    },
    Story {
        name: "force supersedes a pause",
        begins: started,
        runner: Manner::Works,
        acts: &[PAUSE, Act::Once(SandboxState::Pausing, BY_FORCE)],
        ends: DESTROYED,
    },
    Story {
        name: "force supersedes a resize",
        begins: started,
        runner: Manner::Works,
        acts: &[Act::Ask(size(4, 8, None)), Act::Once(SandboxState::Resizing, BY_FORCE)],
        ends: DESTROYED,
    },
    Story {
        name: "force supersedes a creation",
        begins: || queued(SandboxState::PendingBuild),
        runner: Manner::Works,
        acts: &[Act::Once(SandboxState::Creating, BY_FORCE)],
        ends: DESTROYED,
    },
    // Races.
    Story {
        name: "a stop that loses against a destroy",
        begins: started,
        runner: Manner::Works,
        acts: &[Act::Race {
            after: 0,
            first: Input::Command(Command::Destroy { force: false }),
            second: Input::Command(Command::Stop { force: false }),
        }],
        ends: DESTROYED,
    },
    Story {
        name: "a stop that finds the sandbox made ephemeral",
        begins: started,
        runner: Manner::Works,
        acts: &[Act::Race {
            after: 0,
            first: Input::Command(Command::AutoDelete { interval: AutoDelete::AtOnce }),
            second: Input::Command(Command::Stop { force: false }),
        }],
        ends: DESTROYED,
    },
    Story {
        name: "a timer that loses against use",
        begins: started,
        runner: Manner::Works,
        acts: &[Act::Race { after: 16, first: Input::Command(Command::Touch), second: Input::Timer(Timer::AutoStop) }],
        ends: STARTED,
    },
];
