//! Why a runner refuses a call or an ask.

use crate::rules::Call;
use crate::vocabulary::{field_reader as read, object_form};
use serde::Serialize;

object_form! {
    /// Why a runner refuses a call or an ask. It is for the caller's log.
    ///
    /// Do not report it as the end of the call, and least of all with the newest epoch: the row would take it for the
    /// end of its newest call.
    #[derive(Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[derive(Debug, thiserror::Error)]
    #[serde(tag = "refusal", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
    pub enum EpochRefusal {
        /// The runner has seen a newer epoch: the message is late.
        #[error("epoch {epoch} is older than {newest}, the newest epoch of this sandbox: read the row again")]
        OlderEpoch {
            /// The epoch of the call or ask.
            #[serde(deserialize_with = "read::epoch")]
            epoch: u32,
            /// The newest epoch that the runner has seen.
            #[serde(deserialize_with = "read::newest")]
            newest: u32,
        },
        /// The copy was released at this epoch, which is the epoch of the call.
        #[error("the copy was released at epoch {newest}: assign the sandbox to this runner again, with a newer epoch")]
        Released {
            /// The newest epoch that the runner has seen.
            #[serde(deserialize_with = "read::newest")]
            newest: u32,
        },
        /// The copy was removed at this epoch, which is the epoch of the call.
        #[error("the copy was removed at epoch {newest}: assign the sandbox to this runner again, with a newer epoch")]
        Removed {
            /// The newest epoch that the runner has seen.
            #[serde(deserialize_with = "read::newest")]
            newest: u32,
        },
        /// The epoch names another call, which is under way or finished. An epoch names one call, so the caller has a
        /// fault.
        #[error("the epoch already names the call {call}: raise the epoch for another call")]
        OtherCall {
            /// The call of this epoch. Its epoch is the newest that the runner has seen.
            #[serde(deserialize_with = "read::call")]
            call: Call,
        },
    }
}

impl EpochRefusal {
    /// Returns the newest epoch that the runner has seen.
    pub const fn newest_epoch(self) -> u32 {
        match self {
            Self::OlderEpoch { newest, .. } | Self::Released { newest } | Self::Removed { newest } => newest,
            Self::OtherCall { call } => call.epoch,
        }
    }
}
