//! Steps on records: the door of the stored record, what a step writes, and what the record shows then.

mod columns;
mod door;
mod reported_state;
mod rows;
mod steps;
