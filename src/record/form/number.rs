//! A JSON number, kept unchanged until the record is validated.

use super::wire::leaf;
use crate::vocabulary::brief;
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, de};

/// A JSON number. API version 0.205 says `number` where 0.226 says `integer`, so `4.0` is read as 4.
///
/// Reading accepts every number. The limits of a field are checked when a record becomes a
/// [`Sandbox`](crate::Sandbox).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Number {
    /// A whole number. `4.0` is also whole, and is written as `4`.
    Whole(i64),
    /// A whole number beyond `i64::MAX`.
    Huge(u64),
    /// A number with a fraction, or one that is too large for an integer.
    Fraction(f64),
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => fmt::Display::fmt(number, f),
            Self::Huge(number) => fmt::Display::fmt(number, f),
            Self::Fraction(number) => fmt::Display::fmt(number, f),
        }
    }
}

leaf! { Number = Self::Whole(0); }

/// The largest magnitude up to which `f64` represents every integer exactly: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Number {
    /// Returns the number if it is whole and fits.
    pub const fn whole(self) -> Option<i64> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Huge(_) | Self::Fraction(_) => None,
        }
    }

    #[expect(clippy::as_conversions, reason = "there is no other conversion from a float; the bound makes it exact")]
    fn from_float(number: f64) -> Self {
        let whole = number as i64;
        if number.abs() <= EXACT && whole as f64 == number { Self::Whole(whole) } else { Self::Fraction(number) }
    }
}

impl<N: Into<i64>> From<N> for Number {
    fn from(number: N) -> Self {
        Self::Whole(number.into())
    }
}
impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor).map_err(brief)
    }
}

struct NumberVisitor;

impl de::Visitor<'_> for NumberVisitor {
    type Value = Number;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number::Whole(number))
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
        Ok(i64::try_from(number).map_or(Number::Huge(number), Number::Whole))
    }
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Number, E> {
        Ok(Number::from_float(number))
    }
}
