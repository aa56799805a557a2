//! What a runner says about its copy of a sandbox: the answer to an ask, and the entry of an inventory.

use crate::vocabulary::{CopyState, Size, field_reader as read, object_form};
use core::fmt;
use serde::Serialize;

object_form! {
    /// The answer to an ask, and what a runner sees of its copy. The default is no copy.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct CopyAnswer {
        /// The state of the copy.
        #[serde(deserialize_with = "read::state")]
        pub state: CopyState,
        /// The size of the copy: CPU in cores, memory and disk in GB. `None` if there is no copy, or if the runner does
        /// not know its size yet.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::size")]
        pub size: Option<Size>,
    }
}

impl CopyAnswer {
    /// There is no copy.
    pub const NONE: Self = Self { state: CopyState::None, size: None };

    /// Creates the answer for a copy in this state and of this size.
    pub const fn new(state: CopyState, size: Size) -> Self {
        Self { state, size: Some(size) }
    }
}

/// `running, cpu 2, memory 4, disk 10`.
impl fmt::Display for CopyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_copy(f, self.state, self.size)
    }
}

object_form! {
    /// One copy in the inventory that a runner sends when it connects and from time to time.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct Listed {
        /// The newest epoch that the runner has seen. `None` if it has seen none, for example for a fork child before
        /// its first call.
        #[serde(default, deserialize_with = "read::epoch")]
        pub epoch: Option<u32>,
        /// The state of the copy, also if it is released. It is never [`CopyState::None`].
        #[serde(deserialize_with = "read::state")]
        pub state: CopyState,
        /// The size of the copy: CPU in cores, memory and disk in GB. `None` if the runner does not know it yet.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::size")]
        pub size: Option<Size>,
        /// Whether the copy was released, or is what an unfinished removal left. Such a copy counts as none in asks.
        #[serde(deserialize_with = "read::released")]
        pub released: bool,
    }
}

/// `at-rest, cpu 2, memory 4, disk 10, epoch 7, released`.
impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_copy(f, self.state, self.size)?;
        match self.epoch {
            Some(epoch) => write!(f, ", epoch {epoch}")?,
            None => f.write_str(", no epoch seen")?,
        }
        if self.released { f.write_str(", released") } else { Ok(()) }
    }
}

fn write_copy(f: &mut fmt::Formatter<'_>, state: CopyState, size: Option<Size>) -> fmt::Result {
    write!(f, "{state}")?;
    match size {
        Some(Size { cpu, memory, disk }) => write!(f, ", cpu {cpu}, memory {memory}, disk {disk}"),
        None => Ok(()),
    }
}
