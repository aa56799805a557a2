//! The six states a sandbox can be wanted in.

use super::{SandboxState, word::word};

/// Where a sandbox is meant to go. Another type than [`SandboxState`], for most states cannot be wished for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::EnumString,
    strum::EnumCount,
)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = super::UnknownWord, parse_err_fn = super::UnknownWord::of::<DesiredState>)]
#[repr(u8)]
#[non_exhaustive]
pub enum DesiredState {
    /// Removed for good.
    Destroyed,
    /// Running.
    Started,
    /// At rest on its disk.
    Stopped,
    /// A legacy word that nothing sets; a stored row may hold it.
    Resized,
    /// At rest in its backup.
    Archived,
    /// At rest with its memory kept.
    Paused,
}
word!(DesiredState, "desired state");

impl DesiredState {
    /// The state that fulfils this wish, if there is one: nothing fulfils the legacy `resized`.
    #[must_use]
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
