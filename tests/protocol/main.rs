//! The protocol of `docs/PROTOCOL.md` between a stored record, its controller, its runners and its backup store.

mod traces;
mod world;
