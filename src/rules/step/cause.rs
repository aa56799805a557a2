//! The cause of a step: which rule made it, or why a report changes nothing.

use crate::rules::input::{report::ReportKind, timer::Timer, verb::Verb};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Which rule made a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Cause {
    /// A command, decided by its rule.
    Command(Verb),
    /// A command whose result is already reached: nothing is written.
    Already(Verb),
    /// A report of a runner.
    Report(ReportKind),
    /// A report that changes nothing.
    Ignored(Ignored),
    /// A timer.
    Timer(Timer),
    /// A pass of the controller.
    Controller,
}

/// Why a report changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Ignored {
    /// The report is stale: its epoch is not the row's.
    #[strum(to_string = "its epoch is not the row's")]
    OlderEpoch,
    /// It reports what the row already has.
    #[strum(to_string = "the row already has the reported state")]
    SameState,
    /// The desired state is destroyed, so no other report counts.
    #[strum(to_string = "the desired state is destroyed")]
    ToBeDestroyed,
    /// The sandbox has a different desired state than this job needs.
    #[strum(to_string = "the sandbox has a different desired state")]
    NotWanted,
    /// The row does not wait for this job: it is in another state or has already reached its desired state.
    #[strum(to_string = "the row does not wait for it")]
    NotAwaited,
    /// The write would leave incoherent states.
    #[strum(to_string = "the write would leave incoherent states")]
    Incoherent,
    /// The report is about another backup attempt.
    #[strum(to_string = "it is about another backup attempt")]
    OtherBackup,
    /// The runner is not the sandbox's own.
    #[strum(to_string = "it comes from another runner")]
    OtherRunner,
    /// The runner will be asked anyway.
    #[strum(to_string = "the runner will be asked anyway")]
    AskedAnyway,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(verb) => write!(f, "command {verb}"),
            Self::Already(verb) => write!(f, "command {verb}, already so"),
            Self::Report(report) => write!(f, "report {report}"),
            Self::Ignored(why) => write!(f, "report ignored: {why}"),
            Self::Timer(timer) => write!(f, "timer {timer}"),
            Self::Controller => f.pad("controller"),
        }
    }
}
