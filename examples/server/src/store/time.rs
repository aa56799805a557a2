//! The platform's clock: the database's, or one that runs faster in a demonstration.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How the platform's time follows the real time. It is stored, so that all processes agree and a restart does not jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeScale {
    real: DateTime<Utc>,
    platform: DateTime<Utc>,
    /// How many seconds pass on the platform in one second.
    pub scale: u32,
}

impl TimeScale {
    /// Returns a clock that shows this real time now.
    pub const fn beginning(real: DateTime<Utc>, scale: u32) -> Self {
        Self { real, platform: real, scale }
    }

    /// Returns the platform's time at this real time.
    pub fn at(&self, real: DateTime<Utc>) -> DateTime<Utc> {
        let passed = real.signed_duration_since(self.real).checked_mul(i32::try_from(self.scale).unwrap_or(i32::MAX));
        let time = passed.and_then(|passed| self.platform.checked_add_signed(passed));
        time.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Returns a clock that goes on from the same time at another pace.
    pub fn rescaled(&self, real: DateTime<Utc>, scale: u32) -> Self {
        Self { real, platform: self.at(real), scale }
    }

    /// Returns how long to wait really until this time of the platform.
    pub fn real_delay(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> TimeDelta {
        let delay = until.signed_duration_since(from);
        delay.checked_div(i32::try_from(self.scale).unwrap_or(i32::MAX)).unwrap_or(delay)
    }
}
