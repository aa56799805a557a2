//! A word that may be newer than this crate: the text is kept, and rules see only known words.

use super::word::{UnknownWord, Word};
use crate::vocabulary::text_reader::read_text;
use alloc::boxed::Box;
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize};

/// A wire word: a word of the closed list `T`, or another word, which is kept unchanged.
///
/// ```
/// use sandbox_lifecycle::{SandboxState, vocabulary::Open};
/// let word: Open<SandboxState> = serde_json::from_str("\"hibernated\"")?;
/// assert_eq!(word.known(), None);
/// assert_eq!(serde_json::to_string(&word)?, "\"hibernated\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Open<T> {
    /// A word that this crate knows.
    Known(T),
    /// A word that this crate does not know, kept so that it can be written back.
    Other(Box<str>),
}

impl<T: Word> Open<T> {
    /// Returns the word as the wire spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(word) => word.as_str(),
            Self::Other(word) => word,
        }
    }

    /// Returns the known word, or `None`.
    pub const fn known(&self) -> Option<T> {
        match self {
            Self::Known(word) => Some(*word),
            Self::Other(_) => None,
        }
    }

    /// Returns the known word.
    ///
    /// # Errors
    /// [`UnknownWord`], which holds the word, if this crate does not know it.
    pub fn closed(&self) -> Result<T, UnknownWord> {
        match self {
            Self::Known(word) => Ok(*word),
            Self::Other(word) => Err(UnknownWord::new::<T>(word)),
        }
    }
}

impl<T> From<T> for Open<T> {
    fn from(word: T) -> Self {
        Self::Known(word)
    }
}
impl<T: Word> PartialEq<T> for Open<T> {
    fn eq(&self, other: &T) -> bool {
        self.known().as_ref() == Some(other)
    }
}
impl<T: Word> fmt::Display for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl<'de, T: Word> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let open = |word: &str| T::from_word(word).map_or_else(|| Self::Other(word.into()), Self::Known);
        read_text(deserializer, |f| f.write_str(T::KIND), |word| Ok(open(word)))
    }
}
