//! The intervals of a sandbox as types, because each has its own rule for 0 and for negative numbers.

use super::names;
use core::num::NonZeroU32;
use serde::{Deserialize, Serialize};

/// A number of minutes, from 1 to [`Minutes::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Minutes(NonZeroU32);

impl Minutes {
    /// The largest interval on the wire: `i32::MAX` minutes, about 4,083 years.
    pub const MAX: Self = Self(match NonZeroU32::new(i32::MAX.unsigned_abs()) {
        Some(minutes) => minutes,
        None => NonZeroU32::MIN,
    });

    /// Returns an interval, or `None` if `minutes` is 0 or more than [`Minutes::MAX`].
    pub const fn new(minutes: u32) -> Option<Self> {
        match NonZeroU32::new(minutes) {
            Some(some) if minutes <= Self::MAX.get() => Some(Self(some)),
            Some(_) | None => None,
        }
    }

    /// Returns the number of minutes.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// Returns the wire number. It fits, because [`Minutes::MAX`] is `i32::MAX`.
    const fn as_minutes(self) -> i32 {
        0i32.saturating_add_unsigned(self.get())
    }
}

/// The error for an interval out of range. The recorded server answers 400 `negative_interval` to a negative one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value} minutes, expected {allowed}")]
#[non_exhaustive]
pub struct IntervalError {
    /// The wire name of the interval.
    pub field: &'static str,
    /// The given value, in minutes.
    pub value: i64,
    /// The allowed values.
    pub allowed: &'static str,
}

impl IntervalError {
    /// Returns the error code of the recorded server.
    pub const fn code(&self) -> &'static str {
        if self.value < 0 { "negative_interval" } else { "interval_out_of_range" }
    }

    /// Returns the HTTP status of the error code.
    pub const fn http_status(&self) -> u16 {
        400
    }
}

const AT_LEAST_ONE: &str = "1 to 2147483647";

/// Implements the conversions from and to a wire number, with an error that names field and value.
macro_rules! wire_number {
    ($($name:ident is $field:expr, $allowed:expr, $read:expr;)+) => {$(
        impl TryFrom<i64> for $name {
            type Error = IntervalError;
            fn try_from(minutes: i64) -> Result<Self, IntervalError> {
                let read: fn(i64) -> Option<Self> = $read;
                read(minutes).ok_or(IntervalError { field: $field, value: minutes, allowed: $allowed })
            }
        }
        impl From<$name> for i64 {
            fn from(interval: $name) -> Self {
                interval.as_minutes().into()
            }
        }
    )+};
}
wire_number! {
    Minutes is names::minutes, AT_LEAST_ONE, |minutes| Self::new(minutes.try_into().ok()?);
    QueueTimeout is Self::FIELD, AT_LEAST_ONE, |minutes| Minutes::try_from(minutes).map(Self).ok();
    AutoDelete is Self::FIELD, "negative (never), 0 (at once) or up to 2147483647",
        |minutes| i32::try_from(minutes).map(Self::from_any).ok();
}

/// Declares intervals: the wire name, the default in minutes, what 0 means in messages, and the variants.
macro_rules! intervals {
    ($(
        $(#[$meta:meta])*
        $name:ident is $field:ident, default $default:literal, 0 is $meaning:literal {
            $(#[$zero_meta:meta])+ $zero:ident, $(#[$after_meta:meta])+ After
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub enum $name {
            $(#[$zero_meta])+
            $zero,
            $(#[$after_meta])+
            After(Minutes),
        }

        impl $name {
            /// The wire name of this interval.
            pub const FIELD: &'static str = names::$field;

            /// Returns the minutes, if it has some.
            pub const fn minutes(self) -> Option<Minutes> {
                match self {
                    Self::$zero => None,
                    Self::After(minutes) => Some(minutes),
                }
            }

            /// Returns the wire number, in minutes. It is never negative.
            pub const fn as_minutes(self) -> i32 {
                match self {
                    Self::$zero => 0,
                    Self::After(minutes) => minutes.as_minutes(),
                }
            }
        }

        /// The default of the recorded server.
        impl Default for $name {
            fn default() -> Self {
                Minutes::new($default).map_or(Self::$zero, Self::After)
            }
        }
        wire_number! {
            $name is Self::FIELD, concat!("0 (", $meaning, ") or up to 2147483647"), |minutes| match minutes {
                0 => Some(Self::$zero),
                _ => Minutes::try_from(minutes).map(Self::After).ok(),
            };
        }
    )+};
}
intervals! {
    /// How long a started sandbox may be idle before it is stopped. 0 on the wire means never.
    AutoStop is auto_stop_interval, default 15, 0 is "never" {
        /// It is never stopped for being idle.
        Never,
        /// It is stopped after a longer idle time.
        After
    }
    /// How long a started VM may be idle before it is paused. 0 on the wire means never.
    AutoPause is auto_pause_interval, default 0, 0 is "never" {
        /// It is never paused for being idle.
        Never,
        /// It is paused after a longer idle time.
        After
    }
    /// How long a sandbox may be stopped and idle before it is archived.
    ///
    /// On a stored row 0 means at once. In a request 0 means the maximum: read requests with [`AutoArchive::requested`].
    AutoArchive is auto_archive_interval, default 10_080, 0 is "the maximum" {
        /// It is archived as soon as it is stopped.
        AtOnce,
        /// It is archived after a longer idle time.
        After
    }
    /// How long a sandbox may live, whatever it does. 0 on the wire means no limit. (Published API, 0.205.)
    Ttl is ttl, default 0, 0 is "none" {
        /// It has no limit.
        Never,
        /// It is destroyed this long after it was created, or after the limit was set again.
        After
    }
}

impl AutoArchive {
    /// Returns the interval that a request sets: 0 and numbers above `maximum` mean `maximum`.
    ///
    /// # Errors
    /// [`IntervalError`] if `minutes` is negative or out of the wire's range.
    pub fn requested(minutes: i64, maximum: Minutes) -> Result<Self, IntervalError> {
        Self::try_from(minutes).map(|interval| interval.capped(maximum))
    }

    /// Returns the interval that a command sets: `AtOnce` and intervals above `maximum` mean `maximum`.
    #[must_use]
    pub const fn capped(self, maximum: Minutes) -> Self {
        match self {
            Self::After(minutes) if minutes.get() <= maximum.get() => self,
            Self::AtOnce | Self::After(_) => Self::After(maximum),
        }
    }
}

/// How long a sandbox may be stopped and idle before it is deleted. At once makes it ephemeral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum AutoDelete {
    /// A stop deletes the sandbox: it is ephemeral.
    AtOnce,
    /// It is never deleted. The server keeps the negative number of the request, and so does this variant.
    Never(Negative),
    /// It is deleted after a longer idle time.
    After(Minutes),
}

impl AutoDelete {
    /// The wire name of this interval.
    pub const FIELD: &'static str = names::auto_delete_interval;
    /// Never, as the server writes it: -1.
    pub const NEVER: Self = Self::Never(Negative::ONE);

    /// Returns the wire number, in minutes. A negative number means never.
    pub const fn as_minutes(self) -> i32 {
        match self {
            Self::Never(negative) => negative.get(),
            Self::AtOnce => 0,
            Self::After(minutes) => minutes.as_minutes(),
        }
    }

    /// Returns the interval of a wire number. Every number is valid.
    pub(crate) const fn from_any(minutes: i32) -> Self {
        match (Negative::new(minutes), Minutes::new(minutes.unsigned_abs())) {
            (Some(negative), _) => Self::Never(negative),
            (None, Some(minutes)) => Self::After(minutes),
            (None, None) => Self::AtOnce,
        }
    }
}

/// Never, as the recorded server.
impl Default for AutoDelete {
    fn default() -> Self {
        Self::NEVER
    }
}

/// A negative number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Negative(i32);

impl Negative {
    /// -1, the usual number for never.
    pub const ONE: Self = Self(-1);

    /// Returns the number if it is negative.
    pub const fn new(number: i32) -> Option<Self> {
        if number < 0 { Some(Self(number)) } else { None }
    }

    /// Returns the number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// How long a sandbox may wait for a runner before it is cancelled, at least 1 minute. From API version 0.226.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct QueueTimeout(pub Minutes);

impl QueueTimeout {
    /// The wire name of this interval.
    pub const FIELD: &'static str = names::queue_timeout;

    /// Returns the wire number, in minutes.
    pub const fn as_minutes(self) -> i32 {
        self.0.as_minutes()
    }
}
