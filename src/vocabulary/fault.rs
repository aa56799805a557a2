//! What went wrong with a sandbox, as far as a rule cares.

use super::word::word;

/// Why a sandbox is in error. The text stays with the caller; rules read only this.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::EnumString,
    strum::EnumCount,
)]
#[strum(serialize_all = "kebab-case")]
#[strum(parse_err_ty = super::UnknownWord, parse_err_fn = super::UnknownWord::of::<Fault>)]
#[repr(u8)]
#[non_exhaustive]
pub enum Fault {
    /// The platform gave up waiting (an API-level timeout): with a usable backup the sandbox can be restored.
    Timeout,
    /// Its runner reported a failure of its own.
    Runner,
    /// Its runner refused the call.
    Refused,
    /// Its runner no longer has it, or there is no runner to ask.
    Lost,
    /// Anything else, also a text that is not recognised.
    Other,
}
word!(Fault, "fault");

/// What an API-level timeout is recognised by, wherever in the text it stands (`invariants` records them).
const TIMEOUT_TEXTS: [&str; 4] =
    ["timeout while creating", "timeout while starting", "timeout while pulling", "job timed out"];

impl Fault {
    /// The fault that a stored or reported reason tells of.
    ///
    /// This is the one place where a text is looked into. Only API-level timeouts are told apart, for only they
    /// change what a rule says; case does not matter.
    ///
    /// ```
    /// use sandbox_lifecycle::Fault;
    /// assert_eq!(Fault::recognize("Timeout while starting sandbox"), Fault::Timeout);
    /// assert_eq!(Fault::recognize("no space left on device"), Fault::Other);
    /// ```
    #[must_use]
    pub fn recognize(reason: &str) -> Self {
        let found = TIMEOUT_TEXTS.iter().any(|text| contains_ignoring_case(reason, text));
        if found { Self::Timeout } else { Self::Other }
    }

    /// The text this crate writes when the fault is its own finding; [`Fault::recognize`] reads it back.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Timeout => "job timed out: the change did not end within its time limit",
            Self::Runner => "the runner reported a failure",
            Self::Refused => "the runner refused the call",
            Self::Lost => "the sandbox was not found on a runner",
            Self::Other => "the sandbox failed",
        }
    }
}

fn contains_ignoring_case(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}
