//! The checks: single inputs, passes of a controller, lists, two writers, and stories.

pub(super) mod single;
