//! Every column of a lifecycle, declared once.

mod column;
mod forms;
mod list;
mod partial;

pub use column::{Column, ColumnKind, ColumnValue, RowError};
pub use list::{Changes, Columns};
pub(crate) use partial::Missing;
pub use partial::PartialLifecycle;
