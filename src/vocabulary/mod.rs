//! The words of the domain, each spelled for the wire once.
//!
//! Every closed word list is an enum whose spelling stands in its own file and nowhere else in `src/`. Serde,
//! `Display`, `FromStr` and the lists of allowed words in messages are derived from that one spelling.

mod backup;
mod class;
mod desired;
mod fault;
mod field_error;
mod gpu;
mod instant;
mod interval;
pub(crate) mod names;
mod open;
mod size;
mod state;
pub(crate) mod told;
mod word;

pub use backup::BackupState;
pub use class::SandboxClass;
pub use desired::DesiredState;
pub use fault::Fault;
pub(crate) use field_error::Quoted;
pub use field_error::{FieldError, FieldErrors};
pub use gpu::GpuType;
pub(crate) use instant::MICROS_PER_MINUTE;
pub use instant::Micros;
pub use interval::{AutoArchive, AutoDelete, AutoPause, AutoStop, IntervalError, Minutes, Negative, QueueTimeout, Ttl};
pub use open::Open;
pub use size::{Size, SizeChange};
pub use state::SandboxState;
pub use word::{UnknownWord, Word};
pub(crate) use word::{WordVisitor, word};
