//! What an input brings of its own beside the states: the column that it sets, and the call that it makes.

use super::{Command, effect::Task};
use crate::{
    lifecycle::{Lifecycle, ends_after},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Micros, Minutes, Size, Ttl},
};
use serde::{Deserialize, Serialize};

/// A column that a step sets beside the two states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    None,
    AutoStop(AutoStop),
    AutoPause(AutoPause),
    AutoArchive(AutoArchive),
    AutoDelete(AutoDelete),
    DestroyAt(Option<Micros>),
    Size(Size),
    Touch(Micros),
}

/// What an input brings of its own beside the states: which column it sets and what it asks of the runner is read off it
/// when it is wanted, and not when it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Own {
    Nothing,
    /// The command that was accepted, with its numbers, or the one that the clock gives in its place.
    Command(Command),
    /// The size that a resize ended with.
    Resized(Size),
}

/// The column that a command sets beside the states.
pub(crate) fn edit_of(command: Command, row: &Lifecycle, longest: Minutes, now: Micros) -> Edit {
    match command {
        Command::AutoStop { interval: minutes } => Edit::AutoStop(minutes),
        Command::AutoPause { interval: minutes } => Edit::AutoPause(minutes),
        Command::AutoArchive { interval: minutes } => Edit::AutoArchive(minutes.capped(longest)),
        Command::AutoDelete { interval: minutes } => Edit::AutoDelete(minutes),
        Command::Ttl { interval: Ttl::None } => Edit::DestroyAt(None),
        Command::Ttl { interval: Ttl::After(minutes) } => Edit::DestroyAt(ends_after(now, minutes)),
        // Never back: a touch that arrives late does not make a sandbox look idle.
        Command::Touch => Edit::Touch(now.max(row.last_activity)),
        Command::Start | Command::Stop { .. } | Command::Pause | Command::Archive | Command::Resize(_) => Edit::None,
        Command::Fork | Command::Destroy { .. } | Command::Snapshot { .. } | Command::Recover { .. } => Edit::None,
        Command::Backup => Edit::None,
    }
}

/// The runner call of a command that makes one at once; the others leave it to the controller.
pub(crate) fn task_of(command: Command, size: Size) -> Option<Task> {
    match command {
        Command::Pause => Some(Task::Pause),
        Command::Resize(change) => Some(Task::Resize { to: change.applied_to(size) }),
        Command::Fork => Some(Task::Fork),
        Command::Snapshot { include_memory } => Some(Task::Snapshot { include_memory }),
        Command::Recover { start } => Some(Task::Recover { start }),
        Command::Start | Command::Stop { .. } | Command::Destroy { .. } | Command::Archive | Command::Backup => None,
        Command::AutoStop { .. } | Command::AutoPause { .. } | Command::AutoArchive { .. } => None,
        Command::AutoDelete { .. } | Command::Ttl { .. } | Command::Touch => None,
    }
}
