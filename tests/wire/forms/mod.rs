//! The types of single fields, and the messages about them.

mod long_values;
mod text_maps;
mod timestamps;
