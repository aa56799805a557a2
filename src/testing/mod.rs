//! Tools to test a sandbox platform: a check of an embedder's own system, a simulated fleet around it, strategies for every
//! value, and a second implementation of the rules. They need the feature `proptest` and link std.
//!
//! Begin with [`kit`] for rules of your own, and with [`simulation`] for a store and a controller around this crate's rules.
//!
//! - The strategies for rows come in three kinds. [`lifecycle`] is any row, sound or broken, with extremes that no database
//!   takes. [`storable_lifecycle`] is a row that a platform stores. [`reachable_lifecycle`] is the end of a random walk from a
//!   new sandbox.
//! - [`cells`] and [`pass_cells`] list every decision that the rules tell apart, each with a case that reaches it. [`cell_of`]
//!   names the one that a case falls into.
//! - [`case`] and [`Inputs`] generate whole cases, most of them around a cell, so that every rule is reached. [`Inputs`] chooses
//!   the inputs that a platform supports.
//! - [`Model`] implements the rules a second time, as simply as possible: it writes columns one after the other, and shares
//!   no rule with the rest of the crate.
//! - [`kit`] checks an embedder's own implementation ([`kit::System`]) and shows the smallest case on which it is wrong.
//! - [`simulation`] drives an embedder's own store and controller through a fleet with faults, and judges it by laws.

mod case;
mod cells;
pub mod kit;
mod model;
pub mod simulation;
mod strategies;

pub use case::Case;
pub use cells::{Cell, CellName, PassCell, cell_of, cells, pass_cell_of, pass_cells};
pub use model::{Compared, Decided, Model, Taken};
pub use strategies::{
    Inputs, answer, any_case, any_columns, auto_archive, auto_delete, auto_pause, auto_stop, backup_state, case, class,
    columns_at, command, context, desired_state, fault, gpu_type, input, instant, job, lifecycle, listed, listed_by,
    made_storable, minutes, outcome, queue_timeout, reachable_lifecycle, repair, report, runner_view, size,
    size_change, state, storable_instant, storable_lifecycle, storable_size, task, timer, ttl,
};
