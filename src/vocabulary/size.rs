//! How large a sandbox is, and by how much it is asked to change.

use super::told;
use core::num::NonZeroU32;
use serde::{Deserialize, Serialize};

/// What a sandbox holds when it runs. cpu in cores, memory and disk in GB.
///
/// Zero is possible for a stored row; a request names at least 1 of each ([`SizeChange`]). It is read whole or not at
/// all: what a report does not name is not known, and is not written as the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    /// CPU cores.
    #[serde(deserialize_with = "told::cpu")]
    pub cpu: u32,
    /// Memory in GB.
    #[serde(deserialize_with = "told::memory")]
    pub memory: u32,
    /// Disk in GB.
    #[serde(deserialize_with = "told::disk")]
    pub disk: u32,
}

/// The server's own row: 2 cores, 4 GB of memory, 10 GB of disk (section 14 of the domain's facts).
impl Default for Size {
    fn default() -> Self {
        Self { cpu: 2, memory: 4, disk: 10 }
    }
}

/// What a resize names. `None` leaves a quantity as it is; what is named is at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SizeChange {
    /// CPU cores.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "told::cpu")]
    pub cpu: Option<NonZeroU32>,
    /// Memory in GB.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "told::memory")]
    pub memory: Option<NonZeroU32>,
    /// Disk in GB.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "told::disk")]
    pub disk: Option<NonZeroU32>,
}

impl SizeChange {
    /// The size after this change to `size`.
    #[must_use]
    pub fn applied_to(self, size: Size) -> Size {
        Size {
            cpu: self.cpu.map_or(size.cpu, NonZeroU32::get),
            memory: self.memory.map_or(size.memory, NonZeroU32::get),
            disk: self.disk.map_or(size.disk, NonZeroU32::get),
        }
    }
}
