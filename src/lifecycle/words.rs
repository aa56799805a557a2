//! A set of facts as a person reads it.

use super::facts::{self, Mask};
use crate::vocabulary::{DesiredState, SandboxState};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// A mask in words: `started or stopped`, `not error, build_failed`, `nothing pending or pending_build`.
///
/// Named facts come first, then states, then desired states; what is said by the few that are missing comes last, so
/// that its commas can be told from those of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Mask);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = facts::NAMED.iter().filter(|(fact, _)| self.0 & fact != 0).map(|(_, words)| String::from(*words));
        let mut phrases = Vec::from_iter(named);
        let mut last = None;
        let states = SandboxState::ALL.iter().map(|state| (facts::state(*state), state.as_str()));
        group(self.0, facts::STATES, "", states, &mut phrases, &mut last);
        let wishes = DesiredState::ALL.iter().map(|wish| (facts::wants(*wish), wish.as_str()));
        group(self.0, facts::WISHES, "meant to be ", wishes, &mut phrases, &mut last);
        phrases.extend(last);
        let count = phrases.len();
        for (index, phrase) in phrases.iter().enumerate() {
            let next = index.saturating_add(1);
            let joint = if index == 0 {
                ""
            } else if next == count {
                " or "
            } else {
                ", "
            };
            write!(f, "{joint}{phrase}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The words of one group of facts of which exactly one holds: those that are in the mask, or, where most are, those
/// that are not.
fn group(
    mask: Mask,
    whole: Mask,
    prefix: &str,
    words: impl Iterator<Item = (Mask, &'static str)>,
    phrases: &mut Vec<String>,
    last: &mut Option<String>,
) {
    if mask & whole == whole {
        phrases.push(String::from(if prefix.is_empty() { "any state" } else { "any desired state" }));
        return;
    }
    let negated = (mask & whole).count_ones() > (whole & !mask).count_ones();
    let told = if negated { whole & !mask } else { mask & whole };
    let told = words.filter(|(fact, _)| told & fact != 0).map(|(_, word)| word);
    if negated {
        let list = told.collect::<Vec<_>>().join(", ");
        *last = Some(alloc::format!("not {prefix}{list}"));
    } else {
        phrases.extend(told.enumerate().map(|(index, word)| {
            let prefix = if index == 0 { prefix } else { "" };
            alloc::format!("{prefix}{word}")
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::Words;
    use crate::lifecycle::facts::*;
    use alloc::string::ToString;

    #[test]
    fn a_check_reads_as_a_sentence() {
        let said = |mask| Words(mask).to_string();
        assert_eq!(said(Started | Stopped), "started or stopped");
        assert_eq!(said(not(Error | BuildFailed)), "not error, build_failed");
        assert_eq!(said(Idle | PendingBuild), "nothing pending or pending_build");
        assert_eq!(said(Vm | not(Paused)), "a VM class or not paused");
        assert_eq!(said(wishes_beside(Resizing)), "meant to be started, stopped or resized");
        assert_eq!(said(not(WantsDestroyed)), "not meant to be destroyed");
        assert_eq!(said(STATES), "any state");
    }
}
