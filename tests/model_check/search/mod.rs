//! The search: every state that the system can reach, and where its runs end.

mod components;
pub mod explore;
mod parts;
