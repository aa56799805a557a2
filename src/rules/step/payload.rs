//! What an input brings to its step: the columns that it sets itself, and the call that it makes.

use crate::{
    lifecycle::{Changes, Lifecycle, instants::ends_after},
    rules::{call::Task, input::command::Command},
    vocabulary::{Micros, Minutes, Size, Ttl},
};
use serde::{Deserialize, Serialize};

/// What an input brings. It is read when a store asks for it, not when the step is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Payload {
    Nothing,
    /// The accepted command with its arguments, or the one that a timer stands for.
    Command(Command),
    /// The size at the end of a resize.
    Resized(Size),
}

impl Payload {
    /// The columns that it sets itself.
    pub(crate) fn changes(self, row: &Lifecycle, longest: Minutes, now: Micros) -> Changes {
        let nothing = Changes::default();
        let command = match self {
            Self::Nothing => return nothing,
            Self::Resized(Size { cpu, memory, disk }) => {
                return Changes { cpu: Some(cpu), memory: Some(memory), disk: Some(disk), ..nothing };
            }
            Self::Command(command) => command,
        };
        match command {
            Command::AutoStop { interval } => Changes { auto_stop: Some(interval), ..nothing },
            Command::AutoPause { interval } => Changes { auto_pause: Some(interval), ..nothing },
            Command::AutoArchive { interval } => Changes { auto_archive: Some(interval.capped(longest)), ..nothing },
            Command::AutoDelete { interval } => Changes { auto_delete: Some(interval), ..nothing },
            Command::Ttl { interval } => {
                let end = match interval {
                    Ttl::None => None,
                    Ttl::After(minutes) => ends_after(now, minutes),
                };
                Changes { auto_destroy_at: Some(end.map(Into::into)), ..nothing }
            }
            // Never back in time: a late touch does not make a sandbox look idle.
            Command::Touch => Changes { last_activity_at: Some(now.max(row.last_activity).into()), ..nothing },
            Command::Start | Command::Stop { .. } | Command::Pause | Command::Archive | Command::Resize(_) => nothing,
            Command::Fork | Command::Destroy { .. } | Command::Snapshot { .. } | Command::Recover { .. } => nothing,
            Command::Backup => nothing,
        }
    }

    /// The task of a command that calls the runner at once. The others leave the call to the controller.
    pub(crate) fn task(self, size: Size) -> Option<Task> {
        let command = match self {
            Self::Command(command) => command,
            Self::Nothing | Self::Resized(_) => return None,
        };
        match command {
            Command::Pause => Some(Task::Pause),
            Command::Resize(change) => Some(Task::Resize { to: change.applied_to(size) }),
            Command::Fork => Some(Task::Fork),
            Command::Snapshot { include_memory } => Some(Task::Snapshot { include_memory }),
            Command::Recover { start } => Some(Task::Recover { start }),
            Command::Start | Command::Stop { .. } | Command::Destroy { .. } | Command::Archive | Command::Backup => {
                None
            }
            Command::AutoStop { .. } | Command::AutoPause { .. } | Command::AutoArchive { .. } => None,
            Command::AutoDelete { .. } | Command::Ttl { .. } | Command::Touch => None,
        }
    }
}
