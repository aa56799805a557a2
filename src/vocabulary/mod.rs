//! The words of the domain. Each one is spelled for the wire once.
//!
//! Every closed word list is an enum in its own file under `words/`; serde, `Display`, `FromStr` and the word lists in
//! messages derive from its one spelling. `names` is the list of all field names.

mod epoch;
mod field_error;
pub(crate) mod field_reader;
mod instant;
mod interval;
pub(crate) mod names;
mod object_form;
mod quoted;
mod size;
mod text_reader;
pub(crate) mod words;

pub use epoch::is_older;
pub(crate) use field_error::joined;
pub use field_error::{FieldError, FieldErrors};
pub(crate) use instant::{MICROS_PER_MINUTE, Micros, parse_usual};
pub use interval::{AutoArchive, AutoDelete, AutoPause, AutoStop, IntervalError, Minutes, Negative, QueueTimeout, Ttl};
pub(crate) use object_form::{ObjectsOnly, object_form};
pub(crate) use quoted::{Cut, brief};
pub use size::{Size, SizeChange};
pub(crate) use text_reader::read_text;
pub use words::{
    BackupState, CopyState, DesiredState, Fault, GpuType, Open, Repair, SandboxClass, SandboxState, UnknownWord, Word,
};
pub(crate) use words::{word, word_list};
