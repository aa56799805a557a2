//! Sets of facts and sets of states, which rules combine.

pub(crate) mod fact_set;
pub(crate) mod state_set;
