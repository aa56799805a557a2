//! The context of a decision: what it needs to know and the row does not hold.

use crate::vocabulary::object_form;
use crate::{
    lifecycle::{Lifecycle, fact_set::Facts},
    rules::guards,
    vocabulary::brief,
};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize};

/// Declares the fields of a context, each with its type, its setter, and what the setter takes.
macro_rules! context {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ty, $with:ident($($argument:tt)+);)+) => {
        /// What a decision needs to know and the row does not hold.
        ///
        /// It is gathered for one revision of one row, and [`decide`](crate::Lifecycle::decide) refuses it for another
        /// one as `conflict`: what was counted before a write may be wrong after it. [`Context::of`] is an ordinary
        /// sandbox: no forks, no link, an organization that is not suspended, a runner in service.
        ///
        /// ```
        /// use sandbox_lifecycle::{Columns, Command, Context, Lifecycle, Policy, Reason};
        /// let row = Lifecycle::from(Columns::default());
        /// let forked = Context::of(&row).with_live_fork_children(2);
        /// let now = chrono::DateTime::UNIX_EPOCH;
        /// let refusal = row.decide(Command::Destroy { force: true }, &Policy::default(), forked, now).unwrap_err();
        /// assert_eq!(refusal.reason(), Reason::ForkChildren);
        /// ```
        // The facts are found when a field is set, so that a decision joins one word.
        #[derive(Clone, Copy, PartialEq, Eq, Serialize)]
        #[serde(into = "Fields")]
        pub struct Context {
            facts: Facts,
            fields: Fields,
        }

        object_form! {
            /// A context without its facts, as it is stored.
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
            form: #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
            struct Fields {
                $($field: $type,)+
            }
        }

        impl Context {
            $(
                $(#[doc = $doc])+
                pub const fn $field(&self) -> $type {
                    self.fields.$field
                }

                #[doc = concat!("Returns the context with [`", stringify!($field), "`](Self::", stringify!($field), ") set.")]
                ///
                $(#[doc = $doc])+
                #[must_use]
                pub fn $with(self, $field: $($argument)+) -> Self {
                    Self::from(Fields { $field: $field.into(), ..self.fields })
                }
            )+
        }
    };
}
context! {
    /// The revision of the row for which it was gathered.
    revision: u32, with_revision(u32);
    /// How many forks of it are alive: not destroyed, and not with desired state destroyed.
    live_fork_children: u32, with_live_fork_children(u32);
    /// Whether its organization is suspended. A suspended organization cannot create, start, fork, snapshot, recover or
    /// resize.
    organization_suspended: bool, with_organization_suspended(bool);
    /// How many removals and releases of its copies are still to be acknowledged by runners. The record is not removed
    /// before they are.
    owed_departures: u32, with_owed_departures(u32);
    /// Whether its runner does not answer. The automatic timers that need the runner then wait.
    runner_unready: bool, with_runner_unready(bool);
    /// Whether its runner is being emptied.
    runner_draining: bool, with_runner_draining(bool);
    /// Whether it is linked to an owner, and so always ephemeral.
    linked: bool, with_linked(bool);
    /// Whether it waits unclaimed in a warm pool, where the automatic timers do not act.
    warm_pool: bool, with_warm_pool(bool);
}

impl Context {
    /// Returns the context of an ordinary sandbox, for this revision of its row.
    pub fn of(row: &Lifecycle) -> Self {
        Fields { revision: row.revision(), ..Fields::default() }.into()
    }

    /// The guards that it makes hold.
    #[inline(always)]
    pub(crate) const fn facts(&self) -> Facts {
        self.facts
    }
}

/// Every way to make a context ends here, so that its facts are those of its fields.
impl From<Fields> for Context {
    fn from(fields: Fields) -> Self {
        let childless = guards::childless.and(guards::no_fork_loses_disk).when(fields.live_fork_children == 0);
        let unsuspended = guards::unsuspended.when(!fields.organization_suspended);
        let unlinked = guards::unlinked.when(!fields.linked);
        Self { facts: childless.and(unsuspended).and(unlinked), fields }
    }
}

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(Self::from).map_err(brief)
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
