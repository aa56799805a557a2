//! The host: processes that serve callers and control sandboxes, and the store that they share.

mod callers;
mod inventory;
mod outbox;
mod pass;
mod platform;
mod process;
mod store;
mod write;

use crate::network::{Id, RunnerId};
pub use process::{Host, Reply, Task};
use sandbox_lifecycle::{Command, Report, Sandbox, Step};
use std::rc::Rc;
pub use store::{Row, Store, number_of};

/// A step on its way to the store.
#[derive(Clone)]
pub struct Attempt {
    pub id: Id,
    /// The record on which it was decided.
    pub read: Rc<Sandbox>,
    pub step: Step,
    /// The runner that the step assigns, if it does.
    pub runner: Option<RunnerId>,
    /// The backup attempt that the step completes, if it does.
    pub backup: Option<u32>,
    pub by: By,
    pub tries: u8,
}

/// Who decides again if another write was first.
#[derive(Clone)]
pub enum By {
    Caller(Command),
    Report(RunnerId, Report),
    Pass,
    /// An inventory, which comes again.
    Inventory,
    /// The platform, which needs the GPU.
    Eviction,
}
