//! The parts that records, requests and webhooks are made of: the `object!` macro and the types of single fields.

pub(super) mod allow_list;
pub(super) mod extras;
pub(super) mod field;
pub(super) mod maybe;
pub(super) mod number;
pub(super) mod object;
pub(super) mod one_or_many;
pub(super) mod text_map;
pub(super) mod timestamp;
pub(super) mod wire;
