//! A second, simple implementation of the rules, which the tests compare with the first.
//!
//! It shares the vocabulary and the public columns with the rest of the crate, but no rule: no facts, no masks, no table,
//! no deltas. It follows `docs/LIFECYCLE.md` sentence by sentence and writes columns in place.

mod answers;
mod clock;
mod commands;
mod decide;
mod reports;
mod row;
mod write;

pub use decide::Model;
pub use write::Taken;
