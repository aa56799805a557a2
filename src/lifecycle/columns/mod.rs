//! Every column of a lifecycle, declared once.

mod column;
mod list;
mod partial;

pub use column::{Column, ColumnKind, ColumnValue};
pub use list::{Changes, Columns, RowError};
pub(crate) use partial::Missing;
pub use partial::PartialLifecycle;
