//! What happened to a sandbox, one line for each event of its story.

use crate::{
    rules::{Call, Cause, Command, Report},
    runner::{AskVerdict, CallVerdict, End, FinishVerdict, LeaveVerdict},
    testing::simulation::{
        names::{ProcessId, RunnerId},
        row::Row,
    },
};
use core::fmt;

/// Something that happened to a sandbox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fact {
    Requested(&'static str),
    Commanded(Command),
    Written { cause: Option<Cause>, row: Row },
    RecordRemoved,
    Called { runner: RunnerId, call: Call, verdict: CallVerdict },
    Asked { runner: RunnerId, epoch: u32, verdict: AskVerdict },
    Left { runner: RunnerId, removes: bool, epoch: u32, verdict: LeaveVerdict },
    Ended { runner: RunnerId, epoch: u32, end: End, verdict: FinishVerdict },
    Reported { runner: RunnerId, report: Report },
    CopyDeleted { runner: RunnerId, why: &'static str },
    ProcessEnded { runner: RunnerId },
    RunnerIsOff { runner: RunnerId },
    RunnerIsUp { runner: RunnerId },
    RunnerIsGone { runner: RunnerId },
    UploadBegins { attempt: u32, version: u64 },
    Uploaded { attempt: u32, version: u64 },
    HostCrashed { process: ProcessId },
    FaultsStop,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested(what) => write!(f, "the caller wants: {what}"),
            Self::Commanded(command) => write!(f, "the caller wants: {command}"),
            Self::Written { cause: Some(cause), row } => write!(f, "the host writes ({cause}): {row}"),
            Self::Written { cause: None, row } => write!(f, "the host writes: {row}"),
            Self::RecordRemoved => f.write_str("the host removes the record"),
            Self::Called { runner, call, verdict } => write!(f, "{runner} is called, {call}: {verdict}"),
            Self::Asked { runner, epoch, verdict } => write!(f, "{runner} is asked, epoch {epoch}: {verdict}"),
            Self::Left { runner, removes: true, epoch, verdict } => {
                write!(f, "{runner} is told to remove, epoch {epoch}: {verdict}")
            }
            Self::Left { runner, removes: false, epoch, verdict } => {
                write!(f, "{runner} is told to release, epoch {epoch}: {verdict}")
            }
            Self::Ended { runner, epoch, end, verdict } => {
                write!(f, "{runner} ends the call of epoch {epoch}, {end}: {verdict}")
            }
            Self::Reported { runner, report } => write!(f, "the host hears of {runner}: {}", report.kind()),
            Self::CopyDeleted { runner, why } => write!(f, "{runner} deletes its copy ({why})"),
            Self::ProcessEnded { runner } => write!(f, "its process on {runner} ends by itself"),
            Self::RunnerIsOff { runner } => write!(f, "{runner} loses power"),
            Self::RunnerIsUp { runner } => write!(f, "{runner} is up again"),
            Self::RunnerIsGone { runner } => write!(f, "the operator declares {runner} gone"),
            Self::UploadBegins { attempt, version } => {
                write!(f, "the upload of backup {attempt} begins, version {version} of the disk")
            }
            Self::Uploaded { attempt, version } => {
                write!(f, "the store has backup {attempt}, version {version} of the disk")
            }
            Self::HostCrashed { process } => write!(f, "process {process} of the host crashes"),
            Self::FaultsStop => f.write_str("faults stop"),
        }
    }
}
