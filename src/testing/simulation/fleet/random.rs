//! Random numbers from a seed, and the units of time that are drawn from.

/// Random numbers from a seed: the same seed gives the same numbers on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Creates the source of this seed.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Splitmix64.
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below this one, or 0 if there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        let scaled = u128::from(self.draw()).wrapping_mul(u128::from(bound));
        u64::try_from(scaled >> 64).unwrap_or_default()
    }

    /// Returns true this many times in a thousand.
    pub fn happens(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// Returns one of these values, or `None` if there is none.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        let count = u64::try_from(choices.len()).unwrap_or_default();
        let at = usize::try_from(self.below(count)).unwrap_or_default();
        choices.get(at).copied()
    }

    /// Returns a duration of at least `low` and less than `high` microseconds.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).unsigned_abs();
        low.saturating_add_unsigned(self.below(width))
    }
}

/// Microseconds, the unit of the simulated clock.
pub const MILLISECOND: i64 = 1_000;
pub const SECOND: i64 = 1_000 * MILLISECOND;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
