//! What a client saw of a sandbox, in a record or a lifecycle.

use crate::lifecycle::Lifecycle;
use crate::record::{LifecycleView, Maybe, Number, SandboxDto, SandboxListItem, Timestamp};
use crate::vocabulary::{DesiredState, Open, SandboxState, object_form};
use chrono::{DateTime, Utc};
use serde::Serialize;

object_form! {
    /// What a client saw of a sandbox. Words that this crate does not know are `None`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
    form: #[serde(default, rename_all = "camelCase")]
    pub struct Observation {
        /// The reported state.
        pub state: Option<SandboxState>,
        /// The desired state. If it is `None`, the reported state alone decides;
        /// [`Goal::Settled`](crate::Goal::Settled) is never reached without it.
        pub desired: Option<DesiredState>,
        /// Whether a stop deletes the sandbox.
        pub ephemeral: bool,
        /// When the state began, as far as the record shows. Without it no wait is stuck.
        pub since: Option<DateTime<Utc>>,
    }
}

impl Observation {
    /// Builds an observation from two open words.
    pub fn new(state: Option<&Open<SandboxState>>, desired: Option<&Open<DesiredState>>) -> Self {
        Self { state: state.and_then(Open::known), desired: desired.and_then(Open::known), ..Self::default() }
    }
}

impl From<&Lifecycle> for Observation {
    /// The reported state may be a change that a command requested and that has not begun. Then `since` is `None`,
    /// because the row does not say when the command came. A new row is `unknown`; it was requested when it began.
    fn from(row: &Lifecycle) -> Self {
        let reported = row.reported_state();
        let began = reported == row.state() || row.state() == SandboxState::Unknown;
        Self {
            state: Some(reported),
            desired: Some(row.desired_state()),
            ephemeral: row.is_ephemeral(),
            since: began.then(|| row.state_since()),
        }
    }
}

/// Implements the conversion of records. It accepts records that are not valid, because a wait needs only five fields.
macro_rules! observed {
    ($($record:ident)+) => {$(
        impl<X> From<&$record<X>> for Observation {
            fn from(record: &$record<X>) -> Self {
                let time = |field: &Maybe<Timestamp>| field.value().and_then(Timestamp::time);
                Self {
                    ephemeral: record.auto_delete_interval == Maybe::Value(Number::Whole(0)),
                    // A command changes the reported state and `updatedAt` at once, but it is no activity.
                    since: time(&record.last_activity_at).max(time(&record.updated_at)),
                    ..Self::new(record.state.value(), record.desired_state.value())
                }
            }
        }
    )+};
}
observed! { SandboxDto SandboxListItem LifecycleView }
