//! The row that a fork's child begins with.

use super::{
    instants::{LAST, NEVER},
    status::Status,
    value::Lifecycle,
};
use crate::vocabulary::{DesiredState, Micros, SandboxState};
use chrono::{DateTime, Utc};

impl Lifecycle {
    /// Returns the row of the child that a fork of this sandbox makes: creating, desired started, on the same runner, with
    /// the parent's size, class and intervals. Store it where the step has [`Effect::StoreChild`](crate::Effect::StoreChild).
    ///
    /// Call it on the parent as the fork's step leaves it. The child gets the parent's epoch, which is that of the call that
    /// makes it, so that both rows accept the end of the fork.
    ///
    /// The child's time to live is as long as the parent's whole life, from creation to end, counted from now. If the
    /// parent's limit was set again later, that is longer than the limit that was set. (Assumed: the published API says that
    /// the child gets the parent's settings and that the setting is a duration, but a row stores only the end. The remaining
    /// time of the parent would end the child earlier than anyone asked for.)
    #[must_use]
    pub fn fork_child(&self, now: DateTime<Utc>) -> Self {
        let now = Micros::from(now);
        let destroy_at = if self.destroy_at == NEVER || self.created == NEVER {
            // No limit, or nothing shows how long the life of the parent is.
            self.destroy_at
        } else {
            let life = self.destroy_at.as_micros().saturating_sub(self.created.as_micros());
            now.saturating_add_micros(life).min(LAST)
        };
        Self {
            status: Status::BLANK
                .with_state(SandboxState::Creating)
                .with_desired(DesiredState::Started)
                .with_pending(true)
                .with_runner(true)
                .with_fork_child(true),
            created: now,
            last_activity: now,
            since: now,
            backup_since: NEVER,
            last_recovery: NEVER,
            backup_attempt: 0,
            revision: 0,
            destroy_at,
            ..*self
        }
        .with_facts()
    }
}
