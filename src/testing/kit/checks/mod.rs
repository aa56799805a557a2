//! The checks: single inputs, passes of a controller, lists, two writers, and stories.

pub(super) mod lists;
pub(super) mod passes;
pub(super) mod single;
pub(super) mod stories;
pub(super) mod writers;
