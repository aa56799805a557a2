//! What every closed word list offers: all its words, their spelling, parsing, and an error that lists them.

use crate::vocabulary::{quoted::Cut, text_reader::read_text};
use alloc::{boxed::Box, string::ToString};
use core::fmt;
use serde::Deserializer;

/// A closed list of wire words.
///
/// Every enum of the vocabulary implements it. [`Open`](crate::vocabulary::Open) adds the words that a newer server sends.
pub trait Word: Copy + Eq + fmt::Debug + Sized + 'static {
    /// The name of this list in messages, for example `state`.
    const KIND: &'static str;
    /// Every value of the list, in the order of declaration.
    const ALL: &'static [Self];
    /// Every word of the list, in the same order.
    const WORDS: &'static [&'static str];
    /// Returns the word as the wire spells it.
    fn as_str(self) -> &'static str;
    /// Returns the value of this word, or `None` if the list does not have it.
    fn from_word(word: &str) -> Option<Self>;
}

/// The error for a word that its list does not have. Its message repeats about 100 characters of the word.
///
/// ```
/// use sandbox_lifecycle::SandboxState;
/// let error = "hibernated".parse::<SandboxState>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown state `hibernated`, expected one of creating, restoring, "));
/// assert_eq!(error.expected.len(), SandboxState::ALL.len());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} `{}`, expected one of {}", Cut(.word), .expected.join(", "))]
#[non_exhaustive]
pub struct UnknownWord {
    /// The list, for example `state`.
    pub kind: &'static str,
    /// The unknown word.
    pub word: Box<str>,
    /// The words of the list.
    pub expected: &'static [&'static str],
}

impl UnknownWord {
    /// Returns the error for `word`, which the list `W` does not have.
    pub fn new<W: Word>(word: &str) -> Self {
        Self { kind: W::KIND, word: word.into(), expected: W::WORDS }
    }
}

/// Implements [`Word`], `Display` and serde for an enum that derives strum's `IntoStaticStr`, `VariantArray`,
/// `VariantNames` and `EnumString`.
macro_rules! word {
    ($name:ident, $kind:literal) => {
        impl $crate::vocabulary::Word for $name {
            const KIND: &'static str = $kind;
            const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;
            const WORDS: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;
            fn as_str(self) -> &'static str {
                self.into()
            }
            fn from_word(word: &str) -> Option<Self> {
                Self::try_from(word).ok()
            }
        }
        impl $name {
            /// Every value of the list, in the order of declaration.
            pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

            /// Returns the word as the wire spells it.
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        }
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::vocabulary::words::word::read_word(deserializer)
            }
        }
    };
}
pub(crate) use word;

/// Declares an enum with everything that a word list needs; the literal after `is` is its name in messages.
macro_rules! word_list {
    ($(#[$meta:meta])* pub enum $name:ident is $kind:literal { $($variants:tt)+ }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[derive(strum::IntoStaticStr, strum::VariantArray, strum::VariantNames, strum::EnumString, strum::EnumCount)]
        #[strum(parse_err_ty = $crate::vocabulary::UnknownWord)]
        #[strum(parse_err_fn = $crate::vocabulary::UnknownWord::new::<$name>)]
        $(#[$meta])*
        pub enum $name {
            $($variants)+
        }
        $crate::vocabulary::word!($name, $kind);
    };
}
pub(crate) use word_list;

/// Reads a word of a closed list.
pub(crate) fn read_word<'de, W: Word, D: Deserializer<'de>>(deserializer: D) -> Result<W, D::Error> {
    read_text(
        deserializer,
        |f| write!(f, "a {} (one of {})", W::KIND, W::WORDS.join(", ")),
        |word| W::from_word(word).ok_or_else(|| UnknownWord::new::<W>(word).to_string()),
    )
}
