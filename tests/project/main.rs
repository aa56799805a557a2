//! The project itself: rules for source files, rendered copies in README and docs, and the example programs.

mod examples;
mod object_forms;
#[path = "../support/rendered.rs"]
mod rendered;
mod rendered_docs;
mod rooms;
mod source;
mod source_rules;
