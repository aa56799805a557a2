//! The stored forms: golden files keep them, and old or broken ones are read or refused.

mod golden;
mod inputs;
mod rows;
#[path = "../support/time.rs"]
mod time;
