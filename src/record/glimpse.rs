//! What a client waits with: a record as a [`Observation`], whatever words it holds.

use super::{LifecycleView, Maybe, Number, SandboxDto, SandboxListItem, Timestamp};
use crate::{Observation, vocabulary::Micros};

/// A wait needs four fields, and goes on past a record that could not be decided on.
macro_rules! glimpsed {
    ($($record:ident),+) => {$(
        impl<X> From<&$record<X>> for Observation {
            fn from(record: &$record<X>) -> Self {
                Self {
                    ephemeral: record.auto_delete_interval == Maybe::Value(Number::Whole(0)),
                    // A command that has just been taken is reported as the change it asks for, and is no activity.
                    since: instant(&record.last_activity_at).max(instant(&record.updated_at)),
                    ..Self::of(record.state.value(), record.desired_state.value())
                }
            }
        }
    )+};
}
glimpsed!(SandboxDto, SandboxListItem, LifecycleView);

fn instant(timestamp: &Maybe<Timestamp>) -> Option<Micros> {
    timestamp.value().and_then(Timestamp::instant)
}
