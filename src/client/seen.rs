//! A word of a record as a client sees it: not shown, not known here, or known.

use crate::record::Maybe;
use crate::vocabulary::{Open, Word};
use serde::{Deserialize, Serialize};

/// A word of a record as a client sees it. The three cases are different: a word that is not shown contradicts nothing, and
/// a word that this crate does not know may mean anything.
///
/// ```
/// use sandbox_lifecycle::{DesiredState, client::Seen, record::SandboxDto};
/// let text = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
///     "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"desiredState":"frozen"}"#;
/// let record: SandboxDto = serde_json::from_str(text)?;
/// assert_eq!(Seen::from(&record.desired_state), Seen::<DesiredState>::Unknown);
/// assert_eq!(Seen::from(&record.state), Seen::NotShown);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Seen<T> {
    /// The record does not show it.
    #[default]
    NotShown,
    /// The record shows a word that this crate does not know.
    Unknown,
    /// The record shows this word.
    Known(T),
}

impl<T: Copy> Seen<T> {
    /// Returns the word, if the record shows one that this crate knows.
    pub const fn known(self) -> Option<T> {
        match self {
            Self::Known(word) => Some(word),
            Self::NotShown | Self::Unknown => None,
        }
    }
}

impl<T: Word> From<&Open<T>> for Seen<T> {
    fn from(word: &Open<T>) -> Self {
        word.known().map_or(Self::Unknown, Self::Known)
    }
}

impl<T: Word> From<&Maybe<Open<T>>> for Seen<T> {
    fn from(word: &Maybe<Open<T>>) -> Self {
        word.value().map_or(Self::NotShown, Self::from)
    }
}
