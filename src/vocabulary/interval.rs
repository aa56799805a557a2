//! The intervals of a sandbox as types: never, at once, or after so many minutes, each with its own rule for 0.

use core::num::NonZeroU32;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of minutes, from 1 to [`Minutes::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minutes(NonZeroU32);

impl Minutes {
    /// The largest interval on the wire: `i32::MAX` minutes, some 4,083 years.
    pub const MAX: Self = Self(match NonZeroU32::new(i32::MAX.unsigned_abs()) {
        Some(minutes) => minutes,
        None => NonZeroU32::MIN,
    });

    /// So many minutes, or nothing when 0 or more than [`Minutes::MAX`].
    #[must_use]
    pub const fn new(minutes: u32) -> Option<Self> {
        match NonZeroU32::new(minutes) {
            Some(some) if minutes <= Self::MAX.get() => Some(Self(some)),
            Some(_) | None => None,
        }
    }

    /// The number of minutes.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The number as the wire carries it. The range of the type makes it fit.
    const fn as_minutes(self) -> i32 {
        0i32.saturating_add_unsigned(self.get())
    }

    const fn of_positive(minutes: i32) -> Option<Self> {
        Self::new(minutes.unsigned_abs())
    }
}

impl Serialize for Minutes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.get())
    }
}
impl<'de> Deserialize<'de> for Minutes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let minutes = i64::deserialize(deserializer)?;
        let refused = IntervalError { field: "minutes", value: minutes, allowed: AT_LEAST_ONE };
        u32::try_from(minutes).ok().and_then(Self::new).ok_or(refused).map_err(serde::de::Error::custom)
    }
}

/// An interval that its timer cannot take. The server answers `negative_interval` (400) to a negative one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value} minutes, expected {allowed}")]
pub struct IntervalError {
    /// The wire name of the interval.
    pub field: &'static str,
    /// The value that was given.
    pub value: i64,
    /// What would have been accepted.
    pub allowed: &'static str,
}

impl IntervalError {
    /// The code that the recorded server gives to a refused interval.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        if self.value < 0 { "negative_interval" } else { "interval_out_of_range" }
    }

    /// The HTTP status that goes with the code.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        400
    }
}

const NOT_NEGATIVE: &str = "0 (never) or up to 2147483647";
const NOT_NEGATIVE_TTL: &str = "0 (none) or up to 2147483647";
const NOT_NEGATIVE_ARCHIVE: &str = "0 (the maximum) or up to 2147483647";
const ANY_I32: &str = "negative (never), 0 (at once) or up to 2147483647";
const AT_LEAST_ONE: &str = "1 to 2147483647";

/// Which minutes an interval type makes of a wire number, and the way back.
macro_rules! interval {
    ($name:ident, $field:literal, $allowed:ident, zero: $zero:ident) => {
        impl $name {
            /// The wire name of this interval.
            pub const FIELD: &'static str = $field;

            /// Never negative: the wire number of this interval, in minutes.
            #[must_use]
            pub const fn as_minutes(self) -> i32 {
                match self {
                    Self::$zero => 0,
                    Self::After(minutes) => minutes.as_minutes(),
                }
            }

            /// What the wire number means; nothing when it is negative.
            pub(crate) const fn of_wire(minutes: i32) -> Option<Self> {
                match Minutes::of_positive(minutes) {
                    None => Some(Self::$zero),
                    Some(_) if minutes < 0 => None,
                    Some(minutes) => Some(Self::After(minutes)),
                }
            }
        }
        wire_number!($name, $allowed);
    };
}

/// Reading and writing an interval as a number, with an error that names field and value.
macro_rules! wire_number {
    ($name:ident, $allowed:ident) => {
        impl TryFrom<i64> for $name {
            type Error = IntervalError;
            fn try_from(minutes: i64) -> Result<Self, IntervalError> {
                let refused = IntervalError { field: Self::FIELD, value: minutes, allowed: $allowed };
                i32::try_from(minutes).ok().and_then(Self::of_wire).ok_or(refused)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i32(self.as_minutes())
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let minutes = i64::deserialize(deserializer)?;
                Self::try_from(minutes).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// When a running sandbox that nobody uses is stopped. 0 on the wire is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AutoStop {
    /// It runs until told otherwise.
    Never,
    /// Stopped when idle for longer than this.
    After(Minutes),
}
interval!(AutoStop, "autoStopInterval", NOT_NEGATIVE, zero: Never);

/// 15 minutes (recorded: section 14).
impl Default for AutoStop {
    fn default() -> Self {
        Minutes::new(15).map_or(Self::Never, Self::After)
    }
}

/// When a running VM that nobody uses is paused. 0 on the wire is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AutoPause {
    /// It is not paused by itself.
    #[default]
    Never,
    /// Paused when idle for longer than this.
    After(Minutes),
}
interval!(AutoPause, "autoPauseInterval", NOT_NEGATIVE, zero: Never);

/// When a stopped sandbox is archived. On a stored row 0 acts at once; in a request it means the maximum, which
/// is why a request is read with [`AutoArchive::requested`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AutoArchive {
    /// At the next look at a stopped sandbox.
    AtOnce,
    /// Archived when stopped and idle for longer than this.
    After(Minutes),
}
interval!(AutoArchive, "autoArchiveInterval", NOT_NEGATIVE_ARCHIVE, zero: AtOnce);

impl AutoArchive {
    /// What a request for so many minutes asks for: 0 is `maximum`, and more than `maximum` is cut to it.
    ///
    /// # Errors
    /// [`IntervalError`] when negative, or beyond the wire's range.
    pub fn requested(minutes: i64, maximum: Minutes) -> Result<Self, IntervalError> {
        Self::try_from(minutes).map(|asked| asked.capped(maximum))
    }

    /// This interval as a command takes it: 0 is `maximum`, and more than `maximum` is cut to it.
    #[must_use]
    pub const fn capped(self, maximum: Minutes) -> Self {
        match self {
            Self::After(minutes) if minutes.get() <= maximum.get() => self,
            Self::AtOnce | Self::After(_) => Self::After(maximum),
        }
    }
}

/// 10,080 minutes, which is 7 days (recorded: section 14).
impl Default for AutoArchive {
    fn default() -> Self {
        Minutes::new(10_080).map_or(Self::AtOnce, Self::After)
    }
}

/// When a stopped sandbox is deleted. At once makes it ephemeral: it is deleted instead of resting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AutoDelete {
    /// Instead of resting in stopped: the sandbox is ephemeral.
    AtOnce,
    /// Never. The wire's negative number is kept as it was given, as the server does; its size says nothing.
    Never(Negative),
    /// Deleted when stopped and idle for longer than this.
    After(Minutes),
}

impl AutoDelete {
    /// The wire name of this interval.
    pub const FIELD: &'static str = "autoDeleteInterval";
    /// Never, as the server writes it.
    pub const NEVER: Self = Self::Never(Negative::ONE);

    /// The wire number of this interval, in minutes; negative when never.
    #[must_use]
    pub const fn as_minutes(self) -> i32 {
        match self {
            Self::Never(negative) => negative.get(),
            Self::AtOnce => 0,
            Self::After(minutes) => minutes.as_minutes(),
        }
    }

    /// What the wire number means; every number means something.
    pub(crate) const fn of_any(minutes: i32) -> Self {
        match (Negative::new(minutes), Minutes::of_positive(minutes)) {
            (Some(negative), _) => Self::Never(negative),
            (None, Some(minutes)) => Self::After(minutes),
            (None, None) => Self::AtOnce,
        }
    }

    const fn of_wire(minutes: i32) -> Option<Self> {
        Some(Self::of_any(minutes))
    }
}
wire_number!(AutoDelete, ANY_I32);

/// Never (recorded: section 14).
impl Default for AutoDelete {
    fn default() -> Self {
        Self::NEVER
    }
}

/// A negative number, kept as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Negative(i32);

impl Negative {
    /// -1, the usual way to say never.
    pub const ONE: Self = Self(-1);

    /// This number, if it is negative.
    #[must_use]
    pub const fn new(number: i32) -> Option<Self> {
        if number < 0 { Some(Self(number)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// How long a sandbox may live, whatever it does. 0 on the wire is no limit. (spec, 0.205)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ttl {
    /// No limit.
    #[default]
    None,
    /// Destroyed this long after it was made, or after the limit was set again.
    After(Minutes),
}
interval!(Ttl, "ttl", NOT_NEGATIVE_TTL, zero: None);

/// How long a sandbox may wait for a runner before it is cancelled. At least 1 minute. (spec, 0.226)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QueueTimeout(pub Minutes);

impl QueueTimeout {
    /// The wire name of this interval.
    pub const FIELD: &'static str = "queueTimeout";

    /// The wire number of this interval, in minutes.
    #[must_use]
    pub const fn as_minutes(self) -> i32 {
        self.0.as_minutes()
    }

    pub(crate) const fn of_wire(minutes: i32) -> Option<Self> {
        match Minutes::of_positive(minutes) {
            Some(some) if minutes > 0 => Some(Self(some)),
            Some(_) | None => None,
        }
    }
}
wire_number!(QueueTimeout, AT_LEAST_ONE);
