//! The parts that records, requests and webhooks are made of: the `object!` macro and the types of single fields.

mod allow_list;
mod extras;
mod field;
mod maybe;
mod number;
mod object;
mod one_or_many;
mod reduced_text;
mod text_map;
mod timestamp;
mod wire;

pub use allow_list::{DomainAllowList, NetworkAllowList};
pub use extras::{Dropped, Extras, Kept};
pub(super) use field::{ReadAs, WriteFrom, interval_of, parse};
pub use maybe::Maybe;
pub use number::Number;
pub(super) use object::{NameSeed, constructors, defaults, object, read_field};
pub use one_or_many::OneOrMany;
pub use reduced_text::{AssignedRunner, RecognizedFault};
pub use text_map::TextMap;
pub use timestamp::Timestamp;
pub(super) use wire::Sealed;
pub use wire::Wire;
