//! A refusal that explains itself: what was asked of what, why not, and what would be accepted.

use super::{Check, Reason, Retry, Verb, report::ReportKind};
use crate::{
    lifecycle::{Lifecycle, facts::Mask},
    vocabulary::{DesiredState, SandboxState},
};
use core::fmt;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Why an input was refused. `Copy`, and written out only when asked to be.
///
/// ```
/// use sandbox_lifecycle::{Columns, Command, Context, DesiredState, Lifecycle, Policy, SandboxState};
/// let row = Lifecycle::from(Columns {
///     state: SandboxState::Archived,
///     desired_state: DesiredState::Archived,
///     ..Columns::default()
/// });
/// let refusal = row
///     .decide(Command::Stop { force: false }, &Policy::default(), Context::default(), chrono::DateTime::UNIX_EPOCH)
///     .unwrap_err();
/// assert_eq!((refusal.code(), refusal.http_status()), ("bad_state", 400));
/// assert_eq!(
///     refusal.to_string(),
///     "stop is refused while the sandbox is archived: nothing else holds compute or memory to free; \
///      it would accept start, destroy, destroy with force"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Message(self))]
pub struct Refusal {
    pub(crate) asked: Asked,
    pub(crate) state: SandboxState,
    pub(crate) desired: DesiredState,
    pub(crate) reason: Reason,
    pub(crate) failing: u16,
    pub(crate) facts: Mask,
}

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Asked {
    /// A command.
    Command(Verb),
    /// A report.
    Report(ReportKind),
}

impl Refusal {
    pub(crate) const fn of_report(row: &Lifecycle, report: ReportKind, reason: Reason) -> Self {
        Self {
            asked: Asked::Report(report),
            state: row.status.state,
            desired: row.status.desired,
            reason,
            failing: 0,
            facts: row.facts,
        }
    }

    /// What was refused.
    #[must_use]
    pub const fn asked(&self) -> Asked {
        self.asked
    }

    /// The state of the sandbox.
    #[must_use]
    pub const fn state(&self) -> SandboxState {
        self.state
    }

    /// The desired state of the sandbox.
    #[must_use]
    pub const fn desired_state(&self) -> DesiredState {
        self.desired
    }

    /// The first thing that fails, which is what the server answers.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The code of the reason, as the recorded tables spell it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }

    /// The HTTP status to answer.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        self.reason.http_status(match self.asked {
            Asked::Command(verb) => Some(verb),
            Asked::Report(_) => None,
        })
    }

    /// What the caller can do.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        self.reason.retry()
    }

    /// All the checks that fail, the first being the reason. A report's refusal has one reason and no checks.
    pub fn failing_checks(&self) -> impl Iterator<Item = &'static Check> + use<> {
        let (failing, checks): (u16, &'static [Check]) = match self.asked {
            Asked::Command(verb) => (self.failing, verb.checks()),
            Asked::Report(_) => (0, &[]),
        };
        checks.iter().enumerate().filter(move |(index, _)| failing >> index & 1 == 1).map(|(_, check)| check)
    }

    /// The commands that the sandbox would accept instead, given the right arguments.
    pub fn accepted(&self) -> impl Iterator<Item = Verb> + use<> {
        super::accepted(self.facts)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("asked", &self.asked)
            .field("state", &self.state)
            .field("desired_state", &self.desired)
            .field("reason", &self.reason)
            .field("failing", &alloc::vec::Vec::from_iter(self.failing_checks().map(Check::name)))
            .finish()
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut form = serializer.serialize_struct("Refusal", 3)?;
        form.serialize_field("code", self.code())?;
        form.serialize_field("http", &self.http_status())?;
        form.serialize_field("message", &alloc::string::ToString::to_string(self))?;
        form.end()
    }
}

struct Message<'a>(&'a Refusal);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal { asked, state, desired, reason, .. } = *self.0;
        match asked {
            Asked::Command(verb) => write!(f, "{verb} is refused while the sandbox is {state}")?,
            Asked::Report(report) => write!(f, "the report {report} is refused while the sandbox is {state}")?,
        }
        if desired.fulfilled_by() != Some(state) {
            write!(f, " and meant to be {desired}")?;
        }
        match self.0.failing_checks().next() {
            Some(check) => write!(f, ": {}", check.why())?,
            None => write!(f, ": {}", reason.text())?,
        }
        if matches!(asked, Asked::Report(_)) {
            return Ok(()); // A runner cannot ask for something else instead.
        }
        // Settings are taken nearly everywhere; what helps is the way out.
        let moves = self.0.accepted().filter(|verb| verb.moves() && !verb.row().is_already(self.0.facts));
        let mut separator = "; it would accept ";
        for verb in moves {
            write!(f, "{separator}{verb}")?;
            separator = ", ";
        }
        Ok(())
    }
}
