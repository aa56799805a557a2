//! What the published API versions send: their models, records and lists.

mod lists;
mod models;
mod records;
