//! What an input adds to its step: the columns that it sets itself, and the call that it makes.

use crate::lifecycle::{Changes, Lifecycle, instants::ends_after};
use crate::rules::{call::Task, input::command::Command as C};
use crate::vocabulary::{Micros, Minutes, Size, object_form};
use serde::{Deserialize, Serialize};

/// What an input adds to its step. `decide` only stores it; `changes` and `effects` read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Payload {
    Nothing,
    /// The accepted command with its arguments, or the command that a timer replaces.
    Command(C),
    /// The size at the end of a resize, or that the runner shows.
    Resized(Size),
    /// The task of a call that the controller or a timer makes.
    Task(OwnTask),
}

object_form! {
    /// A task that the platform calls for by itself. A command brings the arguments of every other task.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    pub(crate) enum OwnTask {
        Create,
        Restore,
        Start,
        Resume,
        Stop { force: bool },
        Destroy,
        Build,
        Pull,
    }
}

impl OwnTask {
    const fn task(self) -> Task {
        match self {
            Self::Create => Task::Create,
            Self::Restore => Task::Restore,
            Self::Start => Task::Start,
            Self::Resume => Task::Resume,
            Self::Stop { force } => Task::Stop { force },
            Self::Destroy => Task::Destroy,
            Self::Build => Task::Build,
            Self::Pull => Task::Pull,
        }
    }
}

/// Returns a new value if it differs from the old one.
pub(super) fn changed<T: PartialEq>(old: T, new: T) -> Option<T> {
    (old != new).then_some(new)
}

impl Payload {
    /// Returns the columns that the input sets itself.
    pub(crate) fn changes(self, row: &Lifecycle, longest: Minutes, now: Micros) -> Changes {
        let nothing = Changes::default();
        let command = match self {
            Self::Nothing | Self::Task(_) => return nothing,
            Self::Resized(Size { cpu, memory, disk }) => {
                // Only what differs: an answer that says nothing new writes nothing.
                return Changes {
                    cpu: changed(row.size.cpu, cpu),
                    memory: changed(row.size.memory, memory),
                    disk: changed(row.size.disk, disk),
                    ..nothing
                };
            }
            Self::Command(command) => command,
        };
        match command {
            C::AutoStop { interval } => Changes { auto_stop: Some(interval), ..nothing },
            C::AutoPause { interval } => Changes { auto_pause: Some(interval), ..nothing },
            C::AutoArchive { interval } => Changes { auto_archive: Some(interval.capped(longest)), ..nothing },
            C::AutoDelete { interval } => Changes { auto_delete: Some(interval), ..nothing },
            C::Ttl { interval } => {
                let end = interval.minutes().and_then(|minutes| ends_after(now, minutes));
                Changes { auto_destroy_at: Some(end.map(Into::into)), ..nothing }
            }
            // The time never goes back: a late touch does not make a sandbox look idle.
            C::Touch => Changes { last_activity_at: Some(now.max(row.last_activity).into()), ..nothing },
            C::Start | C::Stop { .. } | C::Destroy { .. } | C::Pause | C::Archive | C::Backup => nothing,
            C::Resize(_) | C::Fork | C::Snapshot { .. } | C::Recover { .. } => nothing,
        }
    }

    /// Returns the task of a command that calls the runner at once. For other commands, the controller calls.
    pub(crate) fn task(self, size: Size) -> Option<Task> {
        let command = match self {
            Self::Command(command) => command,
            Self::Task(task) => return Some(task.task()),
            Self::Nothing | Self::Resized(_) => return None,
        };
        match command {
            C::Pause => Some(Task::Pause),
            C::Resize(change) => Some(Task::Resize { to: change.applied_to(size) }),
            C::Fork => Some(Task::Fork),
            C::Snapshot { include_memory } => Some(Task::Snapshot { include_memory }),
            C::Recover { start } => Some(Task::Recover { start }),
            C::Destroy { .. } => Some(Task::Destroy),
            C::Start | C::Stop { .. } | C::Archive | C::Backup | C::Touch => None,
            C::AutoStop { .. } | C::AutoPause { .. } | C::AutoArchive { .. } | C::AutoDelete { .. } => None,
            C::Ttl { .. } => None,
        }
    }
}
