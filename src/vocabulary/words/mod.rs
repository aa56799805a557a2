//! The word lists of the wire: states, classes and the other closed lists, and the open word around each.

mod backup_state;
mod class;
mod copy_state;
mod desired_state;
mod fault;
mod gpu;
mod open;
mod repair;
mod state;
pub(crate) mod word;

pub use backup_state::BackupState;
pub use class::SandboxClass;
pub use copy_state::CopyState;
pub use desired_state::DesiredState;
pub use fault::Fault;
pub use gpu::GpuType;
pub use open::Open;
pub use repair::Repair;
pub use state::SandboxState;
pub use word::{UnknownWord, Word};
pub(crate) use word::{word, word_list};
