//! What a decision needs to know and the row does not hold.

use crate::{
    lifecycle::{
        Lifecycle,
        facts::{self, Mask},
    },
    policy::Policy,
    vocabulary::{Instant, MICROS_PER_MINUTE},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The surroundings of a sandbox at the moment of a decision. The default is an ordinary sandbox: no forks, no
/// links, an organization in good standing, a runner in service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Context {
    /// How many forks of it are alive: not destroyed, nor meant to be.
    pub live_fork_children: u32,
    /// Its organization may not create, start, fork, snapshot, recover or resize.
    pub organization_suspended: bool,
    /// When it was last recovered from its backup.
    pub last_recovery: Option<DateTime<Utc>>,
    /// Its runner does not answer: the automatic timers that need it wait.
    pub runner_unready: bool,
    /// Its runner is being emptied.
    pub runner_draining: bool,
    /// It is linked to an owner, and so always ephemeral.
    pub linked: bool,
    /// It waits unclaimed in a warm pool, where the automatic timers do not act.
    pub warm_pool: bool,
}

impl Context {
    /// The facts that the surroundings add about this row.
    #[inline]
    pub(crate) fn facts(&self, row: &Lifecycle, policy: &Policy, now: Instant) -> Mask {
        let mut found = facts::when(self.live_fork_children == 0, facts::Childless)
            | facts::when(!self.organization_suspended, facts::Unsuspended)
            | facts::when(!self.linked, facts::Unlinked)
            | facts::CooledDown;
        // The cooldown is asked of a recovery from the backup alone. Reading a date costs more than all the checks of
        // a command together, so it is read for the rows that have something to recover from.
        if row.facts & facts::FromBackup != 0 && !self.cooled_down(policy, now) {
            found &= !facts::CooledDown;
        }
        found
    }

    #[cold]
    fn cooled_down(&self, policy: &Policy, now: Instant) -> bool {
        let Some(last) = self.last_recovery else { return true };
        let cooldown = i64::from(policy.recovery_cooldown.get()).saturating_mul(MICROS_PER_MINUTE);
        now.as_micros().saturating_sub(Instant::from(last).as_micros()) >= cooldown
    }
}
