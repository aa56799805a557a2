//! Every cell of the rules: a decision that they tell apart from all others, with a case that reaches it.

mod candidates;
mod decided;
mod list;
mod name;
mod passed;
mod reached;
mod timed;
mod views;

pub use decided::cell_of;
pub use list::{Cell, cells};
pub use name::CellName;
pub use passed::{PassCell, pass_cell_of, pass_cells};
