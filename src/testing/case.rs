//! A case: the arguments of one decision.

use crate::{
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Context, Input, Refusal, Step},
};
use chrono::{DateTime, Utc};

/// The arguments of one call of [`Lifecycle::decide`], without the policy, which the platform chooses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// The row.
    pub row: Lifecycle,
    /// The input.
    pub input: Input,
    /// The facts that the row does not hold.
    pub context: Context,
    /// The time of the decision.
    pub now: DateTime<Utc>,
}

impl Case {
    /// Returns what this crate decides.
    ///
    /// # Errors
    /// [`Refusal`], as for [`Lifecycle::decide`].
    pub fn decide(&self, policy: &Policy) -> Result<Step, Refusal> {
        self.row.decide(self.input, policy, self.context, self.now)
    }

    /// Whether the context was gathered for another revision of the row, so that the input is refused as `conflict`.
    pub fn is_of_other_revision(&self) -> bool {
        self.context.revision() != self.row.revision()
    }
}
