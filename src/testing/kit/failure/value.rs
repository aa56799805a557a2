//! Why a check fails: what was asked, and what is wrong with the answer, in at most fifteen lines.

use super::story::Story;
use crate::{
    lifecycle::Columns,
    testing::kit::{
        report::Part,
        system::{Answer, Declined, Panic, Passed, Prepared},
    },
    vocabulary::Micros,
};
use alloc::{boxed::Box, collections::BTreeMap, format, string::String, vec::Vec};
use chrono::{DateTime, Utc};
use core::fmt;

/// The reason why a check fails.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The system answers wrongly. This is the smallest case found.
    Wrong(Box<Counterexample>),
    /// The check is about a part that the system does not offer.
    NotOffered(Part),
    /// Nothing was compared: no input is chosen, or the system declined every row and input, for these reasons.
    NothingCompared(BTreeMap<Declined, u64>),
}

/// The smallest case found on which a system is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterexample {
    /// How many cases were tried, this one included.
    pub cases: u64,
    /// The seed of the check.
    pub seed: u64,
    /// What was asked.
    pub story: Story,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What is wrong with a system.
#[derive(Debug, Clone, PartialEq)]
pub enum Wrong {
    /// The system and the crate disagree on the last act.
    Disagreement {
        /// What the crate answers, with the system's codes.
        expected: Reply,
        /// What the system answered.
        found: Reply,
        /// What differs: one line for each column, code or effect.
        differences: Vec<String>,
    },
    /// The system panicked at the last act.
    Panicked(Panic),
    /// The system answers the same question in two ways.
    Flaky {
        /// What the crate answers.
        expected: Reply,
        /// What the system answered first.
        first: Reply,
        /// What the system answered when the same was asked again from the beginning.
        second: Reply,
    },
    /// The system breaks a law, whatever it answered.
    BrokenLaw {
        /// The law.
        law: Law,
        /// How it is broken.
        how: String,
    },
}

/// A law that every platform keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
pub enum Law {
    /// The next look at a row is not later than the next timer that could act.
    #[strum(to_string = "the next look is not later than the next timer")]
    LooksInTime,
    /// Of two writers that read the same row and both write, one wins, and the row is what it wrote.
    #[strum(to_string = "of two writers one wins, and the row is what it wrote")]
    OneWriterWins,
    /// A record with a word that the system does not know costs no other record of a list.
    #[strum(to_string = "an unknown word costs no other record of a list")]
    ListsAreRead,
}

/// What a system replies to an act of a story.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The answer to an input.
    Answer(Answer),
    /// What a pass did.
    Passed(Passed),
    /// What a writer has decided.
    Prepared(Prepared),
    /// When the system looks at the timers again.
    NextLook(Option<DateTime<Utc>>),
    /// Whether a writer wrote, and the row that is stored.
    Committed(bool, Box<Columns>),
    /// The identifiers of the records that were read.
    Read(Vec<String>),
}

/// The largest number of lines of a failure.
pub(crate) const MOST_LINES: usize = 15;
/// How many acts and differences are shown at most.
const MOST_SHOWN: usize = 6;

impl Counterexample {
    fn lines(&self) -> Vec<String> {
        let Self { cases, seed, story, wrong } = self;
        let mut lines = Vec::from([format!("{} (case {cases}, seed {seed})", wrong.headline())]);
        lines.extend(story.lines(MOST_SHOWN));
        match wrong {
            Wrong::Disagreement { differences, .. } => {
                lines.extend(differences.iter().take(MOST_SHOWN).map(|line| format!("  {line}")));
                let more = differences.len().saturating_sub(MOST_SHOWN);
                if more > 0 {
                    lines.push(format!("  … and {more} more"));
                }
            }
            Wrong::Panicked(panic) => lines.push(format!("  it panicked: {panic}")),
            Wrong::Flaky { expected, first, second } => {
                lines.push(format!("  expected {expected}"));
                lines.push(format!("  found first {first}"));
                lines.push(format!("  found then {second}"));
            }
            Wrong::BrokenLaw { how, .. } => lines.push(format!("  {how}")),
        }
        lines.truncate(MOST_LINES);
        lines
    }
}

impl Wrong {
    fn headline(&self) -> String {
        match self {
            Self::Disagreement { .. } => String::from("the system is wrong"),
            Self::Panicked(_) => String::from("the system panics"),
            Self::Flaky { .. } => String::from("the system is flaky: the same question has two answers"),
            Self::BrokenLaw { law, .. } => format!("the system breaks the law: {law}"),
        }
    }
}

/// What was asked and what is wrong, in at most fifteen lines.
impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(counterexample) => counterexample.fmt(f),
            Self::NotOffered(part) => write!(f, "the system does not offer {part} to the check"),
            Self::NothingCompared(declined) if declined.is_empty() => {
                f.write_str("nothing was compared: the check has no input that could be tried")
            }
            Self::NothingCompared(declined) => {
                f.write_str("nothing was compared: the system declined everything")?;
                declined.iter().try_for_each(|(declined, count)| write!(f, "\ndeclined {count}: {declined}"))
            }
        }
    }
}

impl core::error::Error for Failure {}

impl Failure {
    /// Returns the case on which the system is wrong, if the check could be made.
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Self::Wrong(counterexample) => Some(counterexample),
            Self::NotOffered(_) | Self::NothingCompared(_) => None,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => answer.fmt(f),
            Self::Passed(passed) => passed.fmt(f),
            Self::Prepared(prepared) => prepared.fmt(f),
            Self::NextLook(Some(at)) => write!(f, "a look at {}", Micros::from(*at)),
            Self::NextLook(None) => f.write_str("no look"),
            Self::Committed(wrote, row) => {
                let (state, desired) = (row.state, row.desired_state);
                write!(f, "{}; the row has state {state}, desired state {desired}", written(*wrote))
            }
            Self::Read(identifiers) => write!(f, "read {}", identifiers.join(", ")),
        }
    }
}

const fn written(wrote: bool) -> &'static str {
    if wrote { "written" } else { "not written" }
}
