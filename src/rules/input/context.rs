//! What a decision needs to know and the row does not hold.

use crate::{lifecycle::fact_set::Facts, rules::guards};
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
#[serde(from = "Fields", into = "Fields")]
pub struct Context {
    facts: Facts,
    fields: Fields,
}

/// The surroundings as they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    live_fork_children: u32,
    organization_suspended: bool,
    last_recovery: Option<DateTime<Utc>>,
    runner_unready: bool,
    runner_draining: bool,
    linked: bool,
    warm_pool: bool,
}

impl Context {
    /// Every way to change a context ends here, so that its facts are always those of its fields.
    const fn from_fields(fields: Fields) -> Self {
        let childless = guards::childless.when(fields.live_fork_children == 0);
        let unsuspended = guards::unsuspended.when(!fields.organization_suspended);
        let unlinked = guards::unlinked.when(!fields.linked);
        Self { facts: childless.and(unsuspended).and(unlinked), fields }
    }

    /// So many forks of it are alive: not destroyed, nor meant to be.
    #[must_use]
    pub const fn with_live_fork_children(self, live_fork_children: u32) -> Self {
        Self::from_fields(Fields { live_fork_children, ..self.fields })
    }

    /// Whether its organization is suspended: it may not create, start, fork, snapshot, recover or resize.
    #[must_use]
    pub const fn with_organization_suspended(self, organization_suspended: bool) -> Self {
        Self::from_fields(Fields { organization_suspended, ..self.fields })
    }

    /// When it was last recovered from its backup, if it ever was.
    #[must_use]
    pub fn with_last_recovery(self, last_recovery: impl Into<Option<DateTime<Utc>>>) -> Self {
        Self::from_fields(Fields { last_recovery: last_recovery.into(), ..self.fields })
    }

    /// Whether it is linked to an owner, and so always ephemeral.
    #[must_use]
    pub const fn with_linked(self, linked: bool) -> Self {
        Self::from_fields(Fields { linked, ..self.fields })
    }

    /// Whether its runner does not answer: the automatic timers that need it wait.
    #[must_use]
    pub const fn with_runner_unready(self, runner_unready: bool) -> Self {
        Self::from_fields(Fields { runner_unready, ..self.fields })
    }

    /// Whether its runner is being emptied.
    #[must_use]
    pub const fn with_runner_draining(self, runner_draining: bool) -> Self {
        Self::from_fields(Fields { runner_draining, ..self.fields })
    }

    /// Whether it waits unclaimed in a warm pool, where the automatic timers do not act.
    #[must_use]
    pub const fn with_warm_pool(self, warm_pool: bool) -> Self {
        Self::from_fields(Fields { warm_pool, ..self.fields })
    }

    /// How many forks of it are alive.
    #[must_use]
    pub const fn live_fork_children(&self) -> u32 {
        self.fields.live_fork_children
    }

    /// Its organization is suspended.
    #[must_use]
    pub const fn organization_suspended(&self) -> bool {
        self.fields.organization_suspended
    }

    /// When it was last recovered from its backup.
    #[must_use]
    pub const fn last_recovery(&self) -> Option<DateTime<Utc>> {
        self.fields.last_recovery
    }

    /// It is linked to an owner.
    #[must_use]
    pub const fn linked(&self) -> bool {
        self.fields.linked
    }

    /// Its runner does not answer.
    #[must_use]
    pub const fn runner_unready(&self) -> bool {
        self.fields.runner_unready
    }

    /// Its runner is being emptied.
    #[must_use]
    pub const fn runner_draining(&self) -> bool {
        self.fields.runner_draining
    }

    /// It waits unclaimed in a warm pool.
    #[must_use]
    pub const fn warm_pool(&self) -> bool {
        self.fields.warm_pool
    }

    /// The guards that it makes hold.
    #[inline(always)]
    pub(crate) const fn facts(&self) -> Facts {
        self.facts
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::from_fields(Fields::default())
    }
}

impl From<Fields> for Context {
    fn from(fields: Fields) -> Self {
        Self::from_fields(fields)
    }
}

impl From<Context> for Fields {
    fn from(context: Context) -> Self {
        context.fields
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields.fmt(f)
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
        assert_eq!(all_told().with_linked(false).facts(), guards::unlinked);
        assert_eq!(all_told().with_live_fork_children(0).facts(), guards::childless);
        assert_eq!(all_told().with_organization_suspended(false).facts(), guards::unsuspended);
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
