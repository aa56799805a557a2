//! Stories of one sandbox: commands, a clock, a controller, and a runner whose reports are lost, repeated, late or failures.
//! The system carries its row from step to step.

mod moves;
mod play;
mod tale;
mod world;

pub(crate) use play::check;
