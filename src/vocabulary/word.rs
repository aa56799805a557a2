//! What every closed word list can do: be listed, be spelled, be read, and say what it would have accepted.

use alloc::boxed::Box;
use core::fmt;

/// A closed list of wire words.
///
/// Implemented by every enum of the vocabulary; [`Open`](crate::Open) builds on it to keep words that a newer
/// server sends.
pub trait Word: Copy + Eq + fmt::Debug + Sized + 'static {
    /// What a value of this list is called in a message, for example `state`.
    const KIND: &'static str;
    /// Every word of the list, in the order of its declaration.
    const ALL: &'static [Self];
    /// The word as it stands on the wire.
    fn as_str(self) -> &'static str;
    /// The value that this word spells, if the list has it.
    fn from_word(word: &str) -> Option<Self>;
}

/// A word that is not in the list: which word, and in which list it was looked for.
///
/// ```
/// use sandbox_lifecycle::SandboxState;
/// let error = "hibernated".parse::<SandboxState>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown state `hibernated`, expected one of creating, restoring, "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} `{word}`, expected one of {expected}")]
pub struct UnknownWord {
    /// What was being read, for example `state`.
    pub kind: &'static str,
    /// The word that was found.
    pub word: Box<str>,
    /// The words that would have been accepted.
    pub expected: Expected,
}

impl UnknownWord {
    /// The error for `word`, looked for in the list `W`.
    #[must_use]
    pub fn of<W: Word>(word: &str) -> Self {
        Self { kind: W::KIND, word: word.into(), expected: Expected(write_all::<W>) }
    }
}

/// The words of a list, printed when asked for and not before.
#[derive(Clone, Copy)]
pub struct Expected(fn(&mut fmt::Formatter<'_>) -> fmt::Result);

impl PartialEq for Expected {
    fn eq(&self, _: &Self) -> bool {
        true // The list follows from `UnknownWord::kind`, which is compared.
    }
}
impl Eq for Expected {}
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

fn write_all<W: Word>(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, word) in W::ALL.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        f.write_str(word.as_str())?;
    }
    Ok(())
}

/// Gives an enum that derives strum's `IntoStaticStr`, `VariantArray` and `EnumString` the rest of a [`Word`].
macro_rules! word {
    ($name:ident, $kind:literal) => {
        impl $crate::vocabulary::Word for $name {
            const KIND: &'static str = $kind;
            const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;
            fn as_str(self) -> &'static str {
                self.into()
            }
            fn from_word(word: &str) -> Option<Self> {
                Self::try_from(word).ok()
            }
        }
        impl $name {
            /// Every word of the list, in the order of its declaration.
            pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

            /// The word as it stands on the wire.
            #[must_use]
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
                deserializer.deserialize_str($crate::vocabulary::WordVisitor(core::marker::PhantomData))
            }
        }
    };
}
pub(crate) use word;

/// Reads a word without allocating for it.
pub(crate) struct WordVisitor<W>(pub(crate) core::marker::PhantomData<W>);

impl<W: Word> serde::de::Visitor<'_> for WordVisitor<W> {
    type Value = W;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {} (one of ", W::KIND)?;
        write_all::<W>(f)?;
        f.write_str(")")
    }
    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<W, E> {
        W::from_word(word).ok_or_else(|| E::custom(UnknownWord::of::<W>(word)))
    }
}
