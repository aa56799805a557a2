//! The names of sandboxes, runners and host processes in a simulation: a letter and a number.

use alloc::string::String;
use core::{fmt, str::FromStr};

/// A text is not a name of this kind in a simulation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a name of {kind}: expected `{letter}` and a number")]
pub struct NameError {
    text: String,
    kind: &'static str,
    letter: char,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $letter:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $letter, self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let number = text.strip_prefix($letter).and_then(|number| number.parse().ok());
                number.map(Self).ok_or_else(|| NameError { text: text.into(), kind: $kind, letter: $letter })
            }
        }
    };
}

name! {
    /// A sandbox. Its text, such as `s7`, is the id of its record.
    SandboxId, 's', "a sandbox"
}
name! {
    /// A runner. Its text, such as `r2`, is the id that records and outbox entries use.
    RunnerId, 'r', "a runner"
}
name! {
    /// A process of the host. All processes share the host's store.
    ProcessId, 'p', "a process"
}
