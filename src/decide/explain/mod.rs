//! What decides on a command without carrying it out: whether it is accepted, and every check that counts.

mod explanation;
mod full;
mod partial;

pub use explanation::{Acceptance, Explanation, Holds};
