//! The dashboard over a platform in memory: the events that a page gets, what it is offered, and the diagram.

mod diagram;
mod draw;
mod events;
mod offers;
mod platform;
mod positions;
