//! The child of a fork, as the row it begins with.

use super::{Lifecycle, NEVER, Status};
use crate::vocabulary::{BackupState, DesiredState, Instant, SandboxState};
use chrono::{DateTime, Utc};

impl Lifecycle {
    /// The row of the child that a fork makes of this sandbox: in creating, wanted started, on the same runner, with
    /// the source's size, class and intervals (section 6). Store it where a step's effects say so.
    ///
    /// Ask the source as the fork's step leaves it: the child has its epoch, which is that of the call that makes it,
    /// so that the end of the fork, told to both, is taken by both.
    ///
    /// Its time to live is as long as the source's was when it was set, counted from now. (Assumed: the published
    /// description says that settings are the source's, and a limit is a length.)
    #[must_use]
    pub fn child(&self, now: DateTime<Utc>) -> Self {
        let now = Instant::from(now);
        let destroy_at = if self.destroy_at == NEVER {
            NEVER
        } else {
            now.saturating_add_micros(self.destroy_at.as_micros().saturating_sub(self.created.as_micros()))
        };
        Self {
            packed: Status {
                state: SandboxState::Creating,
                desired: DesiredState::Started,
                backup: BackupState::None,
                fault: None,
                pending: true,
                has_runner: true,
                has_backup_ref: false,
                recoverable: false,
                force_stop: false,
            }
            .packed(),
            created: now,
            last_activity: now,
            since: now,
            backup_since: NEVER,
            destroy_at,
            ..*self
        }
        .sealed()
    }
}
