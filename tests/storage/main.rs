//! The stored forms: golden files pin them; an old form is read, and a broken one is an error.

mod golden;
mod inputs;
mod objects;
mod rows;
#[path = "../support/time.rs"]
mod time;
