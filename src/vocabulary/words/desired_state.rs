//! The six desired states of a sandbox.

use super::{state::SandboxState, word::word_list};

word_list! {
    /// The state where a sandbox should go. It is a type of its own because most states cannot be desired.
    #[derive(PartialOrd, Ord)]
    #[strum(serialize_all = "snake_case")]
    #[repr(u8)]
    #[non_exhaustive]
    pub enum DesiredState is "desired state" {
        /// Removed for good.
        Destroyed,
        /// Running.
        Started,
        /// Stopped, with its disk on the runner.
        Stopped,
        /// A legacy word. No command sets it, but a stored row may hold it.
        Resized,
        /// Archived: only the backup exists.
        Archived,
        /// Paused, with its memory kept.
        Paused,
    }
}

impl DesiredState {
    /// Returns the state that fulfils this desired state. The legacy `resized` has none.
    pub const fn fulfilled_by(self) -> Option<SandboxState> {
        match self {
            Self::Destroyed => Some(SandboxState::Destroyed),
            Self::Started => Some(SandboxState::Started),
            Self::Stopped => Some(SandboxState::Stopped),
            Self::Archived => Some(SandboxState::Archived),
            Self::Paused => Some(SandboxState::Paused),
            Self::Resized => None,
        }
    }
}
