//! Sets of states, and how a reader sees them.

use crate::vocabulary::SandboxState;
use core::fmt;

/// A set of states, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StateSet(u32);

impl StateSet {
    /// No state.
    pub(crate) const NONE: Self = Self(0);
    /// Every state.
    pub(crate) const ALL: Self = Self::of(SandboxState::ALL);

    /// The set of these states.
    #[expect(clippy::as_conversions, reason = "a discriminant becomes a bit; `as` is what const allows")]
    pub(crate) const fn of(states: &[SandboxState]) -> Self {
        let (mut set, mut rest) = (0, states);
        while let [state, more @ ..] = rest {
            set |= 1 << *state as u32;
            rest = more;
        }
        Self(set)
    }

    /// The states of this set or the other.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Every state that is not in this set.
    pub(crate) const fn not(self) -> Self {
        Self(Self::ALL.0 & !self.0)
    }

    /// Whether a state is in this set.
    #[inline]
    #[expect(clippy::as_conversions, reason = "a discriminant becomes a bit; `as` is what const allows")]
    pub(crate) const fn contains(self, state: SandboxState) -> bool {
        self.0 >> state as u32 & 1 != 0
    }

    /// The number of states.
    pub(crate) const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The states, in the order of their declaration.
    pub(crate) fn iter(self) -> impl Iterator<Item = SandboxState> {
        SandboxState::ALL.iter().copied().filter(move |state| self.contains(*state))
    }
}

/// The set of the states with these names, as a constant.
macro_rules! states {
    ($($state:ident)+) => {
        const { $crate::lifecycle::state_set::StateSet::of(&[$($crate::vocabulary::SandboxState::$state),+]) }
    };
}
pub(crate) use states;

/// `started or stopped`; where most states are in the set, those that are not: `not error, build_failed`.
impl fmt::Display for StateSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.not();
        let (shown, last_joint) = match (missing.len(), self.len() > missing.len()) {
            (0, _) => return f.write_str("any state"),
            (_, true) => (missing, ", "),
            (_, false) => (*self, " or "),
        };
        if shown == missing {
            f.write_str("not ")?;
        }
        for (index, state) in (1..).zip(shown.iter()) {
            let joint = if index == 1 {
                ""
            } else if index == shown.len() {
                last_joint
            } else {
                ", "
            };
            write!(f, "{joint}{state}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{SandboxState, StateSet};
    use alloc::string::ToString;

    #[test]
    fn a_set_reads_as_a_phrase() {
        let said = |states: &[SandboxState]| StateSet::of(states).to_string();
        assert_eq!(said(&[SandboxState::Started, SandboxState::Stopped]), "started or stopped");
        assert_eq!(
            said(&[SandboxState::Started, SandboxState::Stopped, SandboxState::Paused]),
            "started, stopped or paused"
        );
        let errored = StateSet::of(&[SandboxState::Error, SandboxState::BuildFailed]);
        assert_eq!(errored.not().to_string(), "not error, build_failed");
        assert_eq!(StateSet::ALL.to_string(), "any state");
    }
}
