//! The parts that records, requests and webhooks are made of: the `object!` macro and the types of single fields.

mod allow_list;
mod extras;
mod field;
mod maybe;
mod number;
mod object;
mod one_or_many;
mod text_map;
mod timestamp;
mod wire;

pub use allow_list::{DomainAllowList, NetworkAllowList};
pub use extras::{Dropped, Extras, Kept};
pub(super) use field::{ReadAs, WriteFrom, parse, reads};
pub use maybe::Maybe;
pub use number::Number;
pub(super) use object::{Found, NameSeed, constructors, defaults, object};
pub use one_or_many::OneOrMany;
pub use text_map::TextMap;
pub use timestamp::Timestamp;
pub use wire::Wire;
pub(super) use wire::{Sealed, at_path, read_into};
