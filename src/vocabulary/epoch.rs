//! The order of epochs.

/// Half of all epochs: at this distance neither of two epochs is older.
const HALF: u32 = 1 << 31;

/// Returns whether `epoch` is older than `than`.
///
/// An epoch names one call to a runner, and each call raises it. Epochs wrap: 0 follows [`u32::MAX`]. So the order is
/// that of serial numbers (RFC 1982): an epoch is older if fewer than 2³¹ steps lead from it to the other one. At a
/// distance of exactly 2³¹ neither is older.
///
/// ```
/// use sandbox_lifecycle::vocabulary::is_older;
/// assert!(is_older(6, 7) && !is_older(7, 7) && !is_older(8, 7));
/// assert!(is_older(u32::MAX, 0) && !is_older(0, u32::MAX));
/// ```
#[must_use]
pub const fn is_older(epoch: u32, than: u32) -> bool {
    let steps = than.wrapping_sub(epoch);
    0 < steps && steps < HALF
}
