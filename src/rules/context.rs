//! What a decision needs to know and the row does not hold.

use crate::lifecycle::{facts, guards::Guards};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The surroundings of a sandbox at the moment of a decision. The default is an ordinary sandbox: no forks, no
/// links, an organization in good standing, a runner in service.
///
/// ```
/// use sandbox_lifecycle::{Columns, Command, Context, Lifecycle, Policy, Reason};
/// let row = Lifecycle::from(Columns::default());
/// let beside = Context::default().with_live_fork_children(2);
/// let now = chrono::DateTime::UNIX_EPOCH;
/// let refusal = row.decide(Command::Destroy { force: true }, &Policy::default(), beside, now).unwrap_err();
/// assert_eq!(refusal.reason(), Reason::ForkChildren);
/// ```
///
/// It may be kept: what is the same for a whole organization is said once, and the rest added for each sandbox.
// Which guards the surroundings fulfil is found out when they are told, for a decision then joins one word of theirs.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Surroundings", into = "Surroundings")]
pub struct Context {
    held: Guards,
    told: Surroundings,
}

/// The surroundings as they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Surroundings {
    live_fork_children: u32,
    organization_suspended: bool,
    last_recovery: Option<DateTime<Utc>>,
    runner_unready: bool,
    runner_draining: bool,
    linked: bool,
    warm_pool: bool,
}

const CHILDLESS: Guards = Guards::held_by(facts::Childless);
const UNSUSPENDED: Guards = Guards::held_by(facts::Unsuspended);
const UNLINKED: Guards = Guards::held_by(facts::Unlinked);

impl Context {
    /// What was told, with its guards; every way to change it ends here.
    const fn of(told: Surroundings) -> Self {
        let childless = CHILDLESS.when(told.live_fork_children == 0);
        let unsuspended = UNSUSPENDED.when(!told.organization_suspended);
        let unlinked = UNLINKED.when(!told.linked);
        Self { held: childless.and(unsuspended).and(unlinked), told }
    }

    /// So many forks of it are alive: not destroyed, nor meant to be.
    #[must_use]
    pub const fn with_live_fork_children(self, live_fork_children: u32) -> Self {
        Self::of(Surroundings { live_fork_children, ..self.told })
    }

    /// Whether its organization is suspended: it may not create, start, fork, snapshot, recover or resize.
    #[must_use]
    pub const fn with_organization_suspended(self, organization_suspended: bool) -> Self {
        Self::of(Surroundings { organization_suspended, ..self.told })
    }

    /// When it was last recovered from its backup, if it ever was.
    #[must_use]
    pub fn with_last_recovery(self, last_recovery: impl Into<Option<DateTime<Utc>>>) -> Self {
        Self::of(Surroundings { last_recovery: last_recovery.into(), ..self.told })
    }

    /// Whether it is linked to an owner, and so always ephemeral.
    #[must_use]
    pub const fn with_linked(self, linked: bool) -> Self {
        Self::of(Surroundings { linked, ..self.told })
    }

    /// Whether its runner does not answer: the automatic timers that need it wait.
    #[must_use]
    pub const fn with_runner_unready(self, runner_unready: bool) -> Self {
        Self::of(Surroundings { runner_unready, ..self.told })
    }

    /// Whether its runner is being emptied.
    #[must_use]
    pub const fn with_runner_draining(self, runner_draining: bool) -> Self {
        Self::of(Surroundings { runner_draining, ..self.told })
    }

    /// Whether it waits unclaimed in a warm pool, where the automatic timers do not act.
    #[must_use]
    pub const fn with_warm_pool(self, warm_pool: bool) -> Self {
        Self::of(Surroundings { warm_pool, ..self.told })
    }

    /// How many forks of it are alive.
    #[must_use]
    pub const fn live_fork_children(&self) -> u32 {
        self.told.live_fork_children
    }

    /// Its organization is suspended.
    #[must_use]
    pub const fn organization_suspended(&self) -> bool {
        self.told.organization_suspended
    }

    /// When it was last recovered from its backup.
    #[must_use]
    pub const fn last_recovery(&self) -> Option<DateTime<Utc>> {
        self.told.last_recovery
    }

    /// It is linked to an owner.
    #[must_use]
    pub const fn linked(&self) -> bool {
        self.told.linked
    }

    /// Its runner does not answer.
    #[must_use]
    pub const fn runner_unready(&self) -> bool {
        self.told.runner_unready
    }

    /// Its runner is being emptied.
    #[must_use]
    pub const fn runner_draining(&self) -> bool {
        self.told.runner_draining
    }

    /// It waits unclaimed in a warm pool.
    #[must_use]
    pub const fn warm_pool(&self) -> bool {
        self.told.warm_pool
    }

    /// The guards that the surroundings fulfil.
    #[inline(always)]
    pub(crate) const fn held(&self) -> Guards {
        self.held
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::of(Surroundings::default())
    }
}

impl From<Surroundings> for Context {
    fn from(told: Surroundings) -> Self {
        Self::of(told)
    }
}

impl From<Context> for Surroundings {
    fn from(context: Context) -> Self {
        context.told
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECOVERED: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn all_told() -> Context {
        Context::default()
            .with_live_fork_children(2)
            .with_organization_suspended(true)
            .with_last_recovery(RECOVERED)
            .with_linked(true)
            .with_runner_unready(true)
            .with_runner_draining(true)
            .with_warm_pool(true)
    }

    #[test]
    fn what_is_told_is_read_back() {
        let context = all_told();
        assert_eq!((context.live_fork_children(), context.last_recovery()), (2, Some(RECOVERED)));
        assert!(context.organization_suspended() && context.linked() && context.warm_pool());
        assert!(context.runner_unready() && context.runner_draining());
    }

    #[test]
    fn each_is_told_beside_the_others_and_taken_back() {
        let told_back = all_told()
            .with_warm_pool(false)
            .with_live_fork_children(0)
            .with_runner_draining(false)
            .with_organization_suspended(false)
            .with_runner_unready(false)
            .with_linked(false)
            .with_last_recovery(None);
        assert_eq!(told_back, Context::default());
        assert_eq!(all_told().with_linked(false).held(), UNLINKED);
        assert_eq!(all_told().with_live_fork_children(0).held(), CHILDLESS);
        assert_eq!(all_told().with_organization_suspended(false).held(), UNSUSPENDED);
    }

    #[test]
    fn a_context_that_was_written_fulfils_the_same_when_read() {
        for context in [Context::default(), all_told()] {
            let json = serde_json::to_string(&context).unwrap_or_default();
            assert_eq!(serde_json::from_str(&json).ok(), Some(context), "{json}");
        }
        assert_eq!(serde_json::from_str("{}").ok(), Some(Context::default()));
    }
}
