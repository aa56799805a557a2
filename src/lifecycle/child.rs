//! The child of a fork, as the row it begins with.

use super::{JUST_BEFORE_NEVER, Lifecycle, NEVER, Status};
use crate::vocabulary::{BackupState, DesiredState, Micros, SandboxState};
use chrono::{DateTime, Utc};

impl Lifecycle {
    /// The row of the child that a fork makes of this sandbox: in creating, wanted started, on the same runner, with
    /// the source's size, class and intervals (section 6). Store it where a step's effects say so.
    ///
    /// Ask the source as the fork's step leaves it: the child has its epoch, which is that of the call that makes it,
    /// so that the end of the fork, told to both, is taken by both.
    ///
    /// Its time to live is as long as the source's whole life, from its creation to its end, counted from now: where the
    /// limit was set anew later, that is longer than what was set. (Assumed: the published description says that
    /// settings are the source's, a limit is a length, and a row keeps only the end. What is left of the source's would
    /// end a child sooner than anybody asked for.)
    #[must_use]
    pub fn fork_child(&self, now: DateTime<Utc>) -> Self {
        let now = Micros::from(now);
        let destroy_at = if self.destroy_at == NEVER {
            NEVER
        } else {
            let life = self.destroy_at.as_micros().saturating_sub(self.created.as_micros());
            now.saturating_add_micros(life).min(JUST_BEFORE_NEVER)
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
