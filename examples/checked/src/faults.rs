//! The faults that can be planted into the service. Each one is a mistake that a platform has made or could make.

use std::fmt;

/// A fault of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub enum Fault {
    EphemeralStopRests,
    LateStopOverwritesANewerStart,
    DestroyWithLiveForks,
    ArchiveBeatsDelete,
    StopInResizing,
    FailedPauseLost,
    ForcedDestroyLeavesTheCopy,
    TimerAtItsBoundary,
    WrongCode,
    RestoreWithoutBackup,
    RacingCommandsBothWin,
    AnUnknownStateBreaksAList,
    QueueTimeoutNeverActs,
    RecoversEndIgnored,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::EphemeralStopRests => "an ephemeral sandbox that is stopped rests",
            Self::LateStopOverwritesANewerStart => "the late end of a stop overwrites a newer start",
            Self::DestroyWithLiveForks => "a sandbox with live forks is destroyed",
            Self::ArchiveBeatsDelete => "auto-archive acts before auto-delete",
            Self::StopInResizing => "a sandbox that is being resized can be stopped",
            Self::FailedPauseLost => "the failure of a pause is lost",
            Self::ForcedDestroyLeavesTheCopy => "a forced destroy leaves the copy on its runner",
            Self::TimerAtItsBoundary => "auto-stop acts exactly at its deadline",
            Self::WrongCode => "a stop during a change is refused with the wrong code",
            Self::RestoreWithoutBackup => "a sandbox without a backup is restored",
            Self::RacingCommandsBothWin => "of two racing commands both win",
            Self::AnUnknownStateBreaksAList => "an unknown state breaks a list",
            Self::QueueTimeoutNeverActs => "the queue timeout never acts",
            Self::RecoversEndIgnored => "the end of a recovery is ignored",
        })
    }
}
