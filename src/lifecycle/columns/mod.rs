//! Every column of a lifecycle, declared once.

mod column;
mod list;

pub use column::{Column, ColumnKind, ColumnValue};
pub use list::{Changes, Columns, RowError};
