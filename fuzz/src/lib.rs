//! What the fuzz targets and the program `decisions` share: values that are made of bytes, and walks over rows.

pub mod bytes;
#[path = "../../tests/support/enforced.rs"]
mod enforced;
pub mod values;
pub mod walk;
