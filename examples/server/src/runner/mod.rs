//! The runner: a process that runs sandboxes on its machine, told by the server and remembered in its ledger.

pub mod wire;
