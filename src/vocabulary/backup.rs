//! How far the copy of a sandbox's disk is.

use super::word::word;

/// The state of a sandbox's backup, from which it can be archived and restored.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::EnumString,
    strum::EnumCount,
)]
#[strum(parse_err_ty = super::UnknownWord, parse_err_fn = super::UnknownWord::of::<BackupState>)]
#[repr(u8)]
#[non_exhaustive]
pub enum BackupState {
    /// There is none.
    #[default]
    None,
    /// One is asked for.
    Pending,
    /// Its runner is writing one.
    InProgress,
    /// One is written; usable if the record holds its reference too.
    Completed,
    /// The last one failed.
    Error,
}
word!(BackupState, "backup state");
