//! The kinds of faults that the rules distinguish, and how an error reason is recognized as one.

use super::word::word_list;

word_list! {
    /// The kind of fault behind an error. The caller keeps the text of the error reason; rules read only the kind.
    #[strum(serialize_all = "kebab-case")]
    #[repr(u8)]
    #[non_exhaustive]
    pub enum Fault is "fault" {
        /// The recorded server's time limit passed: the API-level timeout. With a usable backup the sandbox can be restored.
        Timeout,
        /// A time limit of this crate passed. The runner is asked for its copy; the disk may be whole (difference D24).
        TimeLimit,
        /// The runner was declared gone.
        RunnerGone,
        /// The runner reported a failure of its own.
        Runner,
        /// The runner refused the call.
        Refused,
        /// The runner no longer has the sandbox, or the row has no runner.
        Lost,
        /// Any other fault, also a text that is not recognized.
        Other,
    }
}

/// The texts of API-level timeouts; one of them anywhere in an error reason is enough. The recorded invariants list
/// them.
const TIMEOUT_TEXTS: [&str; 4] =
    ["timeout while creating", "timeout while starting", "timeout while pulling", "job timed out"];

impl Fault {
    /// Returns the kind of fault that a stored or reported error reason describes. Case does not matter.
    ///
    /// API-level timeouts and the texts of our own limit and of a runner that is gone are recognized, because only they
    /// change a rule.
    ///
    /// ```
    /// use sandbox_lifecycle::vocabulary::Fault;
    /// assert_eq!(Fault::recognize("Timeout while starting sandbox"), Fault::Timeout);
    /// assert_eq!(Fault::recognize("no space left on device"), Fault::Other);
    /// ```
    pub fn recognize(reason: &str) -> Self {
        let own = [Self::TimeLimit, Self::RunnerGone].into_iter().find(|fault| reason == fault.text());
        let is_timeout = TIMEOUT_TEXTS.iter().any(|text| contains_ignoring_case(reason, text));
        own.unwrap_or(if is_timeout { Self::Timeout } else { Self::Other })
    }

    /// Returns the error reason that this crate writes for a fault. [`Fault::recognize`] reads it back where it changes
    /// a rule.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Timeout => "job timed out: the change did not end within its time limit",
            Self::TimeLimit => "the change did not end within its time limit",
            Self::RunnerGone => "the runner is gone",
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
