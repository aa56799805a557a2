//! What the fuzz targets and the program `decisions` share: values that are made of bytes, and walks over rows.

pub mod bytes;
pub mod values;
pub mod walk;
