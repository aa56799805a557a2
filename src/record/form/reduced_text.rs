//! Texts that rules do not read whole.

use super::{field::reads, wire::leaf};
use crate::vocabulary::{Fault, read_text};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Declares what is kept of a text that rules do not read whole, and the text that is written instead.
macro_rules! reduced_texts {
    ($($(#[$doc:meta])* $kept:ident($vis:vis $value:ty) reads $read:expr, writes $written:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $kept($vis $value);

        impl<'de> Deserialize<'de> for $kept {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_text(deserializer, |f| f.write_str("a string"), |text| Ok(Self($read(text))))
            }
        }
        impl Serialize for $kept {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($written(self.0))
            }
        }
        leaf! { $kept = Self($read("")); }
        reads! { $kept as $value: |kept, _| Ok(kept.0); }
    )+};
}
reduced_texts! {
    /// The fault that an error reason describes. The text is not kept; the crate's own text is written instead.
    RecognizedFault(pub Fault) reads Fault::recognize, writes Fault::text;
    /// Whether a runner is assigned. Its identifier is not kept; an empty text is written instead.
    AssignedRunner(bool) reads |_: &str| true, writes |_| "";
}
