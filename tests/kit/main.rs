//! The kit for platforms: right systems pass it, and it shows the smallest case on which a wrong one fails.

mod broken;
mod coverage;
mod sequences;
mod single;
mod systems;
