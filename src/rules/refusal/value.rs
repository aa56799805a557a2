//! A refusal: what was requested of which sandbox, why it is rejected, and what the caller can do.

use crate::{
    lifecycle::{Lifecycle, Status, fact_set::Facts},
    policy::ApiProfile,
    rules::{
        input::{
            report::ReportKind,
            timer::Timer,
            verb::{Verb, VerbAndFlag},
        },
        reason::{Reason, Retry},
        table::{form::Check, rows::accepted_with},
    },
    vocabulary::{DesiredState, SandboxState},
};
use core::fmt;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Why an input was refused. It is `Copy`; the message is written only when it is asked for.
///
/// ```
/// use sandbox_lifecycle::{Columns, Command, Context, DesiredState, Lifecycle, Policy, SandboxState};
/// let row = Lifecycle::from(Columns {
///     state: SandboxState::Archived,
///     desired_state: DesiredState::Archived,
///     ..Columns::default()
/// });
/// let refusal = row
///     .decide(Command::Stop { force: false }, &Policy::default(), Context::of(&row), chrono::DateTime::UNIX_EPOCH)
///     .unwrap_err();
/// assert_eq!((refusal.code(), refusal.http_status()), ("bad_state", 400));
/// assert_eq!(
///     refusal.to_string(),
///     "cannot stop while the state is archived: only a started or paused sandbox can be stopped; \
///      possible now: start, destroy (deletes its data)"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) refused: Refused,
    pub(crate) status: Status,
    /// The facts that hold, of the row and of its surroundings.
    pub(crate) facts: Facts,
}

/// What was refused, and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A command under an API profile.
    Command { of: VerbAndFlag, profile: ApiProfile },
    /// A report, with the reason.
    Report(ReportKind, ReportReason),
    /// Any input, with a context that was gathered for another revision of the row.
    OtherRevision(Asked),
}

/// Why a report is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportReason {
    /// The sandbox is in a state in which it is not reported, or cannot be in the reported state.
    BadState,
    /// A change is pending, which the report does not know.
    Conflict,
}

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Asked {
    /// A command.
    Command(Verb),
    /// A report.
    Report(ReportKind),
    /// A timer.
    Timer(Timer),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(verb) => verb.fmt(f),
            Self::Report(report) => write!(f, "report {report}"),
            Self::Timer(timer) => write!(f, "timer {timer}"),
        }
    }
}

impl Refusal {
    pub(crate) const fn of_command(row: &Lifecycle, refused: Refused, facts: Facts) -> Self {
        Self { refused, status: row.status, facts }
    }

    pub(crate) const fn of_report(row: &Lifecycle, report: ReportKind, reason: ReportReason) -> Self {
        Self::of_command(row, Refused::Report(report, reason), row.facts)
    }

    /// Returns what was refused.
    pub const fn asked(&self) -> Asked {
        match self.refused {
            Refused::Command { of, .. } => Asked::Command(of.verb),
            Refused::Report(report, _) => Asked::Report(report),
            Refused::OtherRevision(asked) => asked,
        }
    }

    /// Returns the state of the sandbox, as stored.
    pub const fn state(&self) -> SandboxState {
        self.status.state()
    }

    /// Returns the state that the API shows of the sandbox.
    pub const fn reported_state(&self) -> SandboxState {
        self.status.reported()
    }

    /// Returns the desired state of the sandbox.
    pub const fn desired_state(&self) -> DesiredState {
        self.status.desired()
    }

    /// Returns the reason: the first check that fails, in the order of the recorded server.
    pub fn reason(&self) -> Reason {
        match self.refused {
            // A refused command has a check that fails.
            Refused::Command { .. } => self.failing_checks().next().map_or(Reason::InProgress, Check::reason),
            Refused::Report(_, ReportReason::BadState) => Reason::BadState,
            Refused::Report(_, ReportReason::Conflict) | Refused::OtherRevision(_) => Reason::Conflict,
        }
    }

    /// Returns the code of the reason, as the recorded tables spell it.
    pub fn code(&self) -> &'static str {
        self.reason().code()
    }

    /// Returns the HTTP status to answer.
    pub fn http_status(&self) -> u16 {
        self.reason().http_status(match self.refused {
            Refused::Command { of, .. } => Some(of.verb),
            Refused::Report(..) | Refused::OtherRevision(_) => None,
        })
    }

    /// Returns what the caller can do.
    ///
    /// [`Retry::Never`] where the class, a GPU or being ephemeral forbids the command whatever the state, even if another
    /// check is the reason. [`Retry::WhenSettled`] where the state forbids it and a change is under way.
    pub fn retry(&self) -> Retry {
        let moving = matches!(self.refused, Refused::Command { .. }) && self.reported_state().is_transient();
        let retry = self.decisive_check().map_or_else(|| self.reason(), Check::reason).retry();
        if retry == Retry::NotFromHere && moving { Retry::WhenSettled } else { retry }
    }

    /// Returns every check that fails; the first is the reason. A refused report and a refused context have one reason
    /// and no checks.
    pub fn failing_checks(&self) -> impl Iterator<Item = &'static Check> + use<> {
        let facts = self.facts;
        let (checks, given): (&'static [Check], bool) = match self.refused {
            Refused::Command { of, .. } => (of.verb.checks(), of.flag),
            Refused::Report(..) | Refused::OtherRevision(_) => (&[], false),
        };
        checks.iter().filter(move |check| check.applies(given) && !facts.contain(check.guard))
    }

    /// The failing check that a caller should hear of first: one that no change of state can mend, else the reason.
    pub(super) fn decisive_check(&self) -> Option<&'static Check> {
        let permanent = |check: &&Check| check.reason().retry() == Retry::Never;
        // What is not in error needs no recovery, whether or not it could be recovered.
        let needless = |check: &&Check| check.reason() == Reason::NotError;
        let failing = || self.failing_checks();
        failing().find(permanent).or_else(|| failing().find(needless)).or_else(|| failing().next())
    }

    /// Returns the commands that the sandbox accepts instead, given the right arguments, and that the API profile offers.
    ///
    /// There are none for a refused report, since a runner sends no commands.
    pub fn accepted_commands(&self) -> impl Iterator<Item = Verb> + use<> {
        let profile = match self.refused {
            Refused::Command { profile, .. } => Some(profile),
            Refused::Report(..) | Refused::OtherRevision(_) => None,
        };
        accepted_with(self.facts).filter(move |verb| profile.is_some_and(|profile| verb.is_offered_by(profile)))
    }
}

impl core::error::Error for Refusal {}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("asked", &self.asked())
            .field("state", &self.state())
            .field("desired_state", &self.desired_state())
            .field("reason", &self.reason())
            .field("failing", &alloc::vec::Vec::from_iter(self.failing_checks().map(Check::name)))
            .finish()
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut form = serializer.serialize_struct("Refusal", 4)?;
        form.serialize_field("code", self.code())?;
        form.serialize_field("http", &self.http_status())?;
        form.serialize_field("message", &alloc::string::ToString::to_string(self))?;
        form.serialize_field("retry", &self.retry())?;
        form.end()
    }
}
