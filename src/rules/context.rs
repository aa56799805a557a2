//! What a decision needs to know and the row does not hold.

use crate::lifecycle::{facts, guards::Guards};
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
    /// The guards that the surroundings fulfil.
    #[inline(always)]
    pub(crate) fn held(&self) -> Guards {
        let missing = CHILDLESS.when(self.live_fork_children > 0);
        let missing = missing.and(UNSUSPENDED.when(self.organization_suspended)).and(UNLINKED.when(self.linked));
        CHILDLESS.and(UNSUSPENDED).and(UNLINKED).without(missing)
    }
}

const CHILDLESS: Guards = Guards::held_by(facts::Childless);
const UNSUSPENDED: Guards = Guards::held_by(facts::Unsuspended);
const UNLINKED: Guards = Guards::held_by(facts::Unlinked);
