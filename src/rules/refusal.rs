//! A refusal that explains itself: what was asked of what, why not, and what would be accepted.

use super::{Check, Reason, Retry, Verb, report::ReportKind};
use crate::{
    lifecycle::{Lifecycle, guards::Guards, packed::Packed},
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
    pub(crate) why: Why,
    pub(crate) packed: Packed,
    /// The guards that hold. What fails is what a command demands beyond them, and is not kept a second time.
    pub(crate) held: Guards,
}

/// What was refused, and what is known beside the guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Command(Verb),
    Report(ReportKind, Reason),
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
        let why = Why::Report(report, reason);
        Self { why, packed: row.packed, held: row.held }
    }

    /// What was refused.
    #[must_use]
    pub const fn asked(&self) -> Asked {
        match self.why {
            Why::Command(verb) => Asked::Command(verb),
            Why::Report(report, _) => Asked::Report(report),
        }
    }

    /// The state of the sandbox.
    #[must_use]
    pub const fn state(&self) -> SandboxState {
        self.packed.open().state
    }

    /// The desired state of the sandbox.
    #[must_use]
    pub const fn desired_state(&self) -> DesiredState {
        self.packed.open().desired
    }

    /// The first thing that fails, which is what the server answers.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self.why {
            // A command is refused for a check that fails, so there is one.
            Why::Command(_) => self.failing_checks().next().map_or(Reason::InProgress, Check::reason),
            Why::Report(_, reason) => reason,
        }
    }

    /// The code of the reason, as the recorded tables spell it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.reason().code()
    }

    /// The HTTP status to answer.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.reason().http_status(match self.why {
            Why::Command(verb) => Some(verb),
            Why::Report(..) => None,
        })
    }

    /// What the caller can do.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.reason().retry()
    }

    /// All the checks that fail, the first being the reason. A report's refusal has one reason and no checks.
    pub fn failing_checks(&self) -> impl Iterator<Item = &'static Check> + use<> {
        let held = self.held;
        let checks: &'static [Check] = match self.why {
            Why::Command(verb) => verb.checks(),
            Why::Report(..) => &[],
        };
        checks.iter().filter(move |check| !held.meet(check.guard))
    }

    /// The commands that the sandbox would accept instead, given the right arguments. None for a refused report: a
    /// runner has no commands to give, and its refusal knows nothing of the surroundings.
    pub fn accepted_commands(&self) -> impl Iterator<Item = Verb> + use<> {
        let asked_by_caller = matches!(self.why, Why::Command(_));
        super::table::accepted_by(self.held).filter(move |_| asked_by_caller)
    }
}

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
        let (state, desired) = (self.0.state(), self.0.desired_state());
        let asked = self.0.asked();
        match asked {
            Asked::Command(verb) => write!(f, "{verb} is refused while the sandbox is {state}")?,
            Asked::Report(report) => write!(f, "the report {report} is refused while the sandbox is {state}")?,
        }
        if desired.fulfilled_by() != Some(state) {
            write!(f, " and meant to be {desired}")?;
        }
        match self.0.failing_checks().next() {
            Some(check) => write!(f, ": {}", check.why())?,
            None => write!(f, ": {}", self.0.reason().text())?,
        }
        // Settings are taken nearly everywhere; what helps is the way out.
        let moves = self.0.accepted_commands().filter(|verb| verb.moves() && !self.0.held.meet(verb.row().already));
        let mut separator = "; it would accept ";
        for verb in moves {
            write!(f, "{separator}{verb}")?;
            separator = ", ";
        }
        Ok(())
    }
}
