//! The size of a sandbox, and the change of it that a resize requests.

use super::field_reader;
use super::object_form::object_form;
use core::num::NonZeroU32;
use serde::Serialize;

object_form! {
    /// The compute and disk of a running sandbox: cpu in cores, memory and disk in GB.
    ///
    /// A stored row may hold zero; a request names at least 1 ([`SizeChange`]). serde demands all three fields, so that
    /// a report which omits one is an error and does not write a default.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct Size {
        /// CPU cores.
        #[serde(deserialize_with = "field_reader::cpu")]
        pub cpu: u32,
        /// Memory in GB.
        #[serde(deserialize_with = "field_reader::memory")]
        pub memory: u32,
        /// Disk in GB.
        #[serde(deserialize_with = "field_reader::disk")]
        pub disk: u32,
    }
}

/// The defaults of the recorded server: 2 cores, 4 GB of memory, 10 GB of disk.
impl Default for Size {
    fn default() -> Self {
        Self { cpu: 2, memory: 4, disk: 10 }
    }
}

object_form! {
    /// The quantities that a resize changes, each at least 1. `None` leaves a quantity unchanged.
    ///
    /// ```
    /// use sandbox_lifecycle::{ApiProfile, Command, vocabulary::SizeChange};
    /// use std::num::NonZero;
    /// let grow = SizeChange { cpu: NonZero::new(4), ..SizeChange::default() };
    /// let request = Command::Resize(grow).request("s1").http(ApiProfile::V0_226)?;
    /// assert_eq!(serde_json::to_string(&request.body)?, r#"{"cpu":4}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
    form: #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
    pub struct SizeChange {
        /// CPU cores.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field_reader::cpu")]
        pub cpu: Option<NonZeroU32>,
        /// Memory in GB.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field_reader::memory")]
        pub memory: Option<NonZeroU32>,
        /// Disk in GB.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field_reader::disk")]
        pub disk: Option<NonZeroU32>,
    }
}

impl SizeChange {
    /// Returns `size` after this change.
    #[must_use]
    pub fn applied_to(self, size: Size) -> Size {
        Size {
            cpu: self.cpu.map_or(size.cpu, NonZeroU32::get),
            memory: self.memory.map_or(size.memory, NonZeroU32::get),
            disk: self.disk.map_or(size.disk, NonZeroU32::get),
        }
    }
}
