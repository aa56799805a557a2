//! A second, simple implementation of the rules, which the tests compare with the first.
//!
//! It shares the vocabulary and the public columns with the rest of the crate, but no rule: no facts, no masks, no table,
//! no deltas. It follows `docs/LIFECYCLE.md`,
//! `docs/PROTOCOL.md` and `docs/DIFFERENCES.md` sentence by sentence and writes columns in place.

mod answers;
mod backups;
mod changes;
mod clock;
mod commands;
mod controller;
mod decide;
mod effects;
mod reports;
mod row;
mod write;

pub use controller::{Compared, Decided};
pub use decide::Model;
pub use effects::Taken;
