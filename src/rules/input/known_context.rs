//! What a client knows of the context of a decision.

use crate::{lifecycle::fact_set::Facts, rules::guards, vocabulary::object_form};
use serde::Serialize;

object_form! {
/// What a client knows of the [`Context`](crate::Context) in which the server decides. `None` is not known.
///
/// A record shows nothing of it, except that `linkedSandboxId` shows a link: `KnownContext::from(&record)` takes it. What the
/// client knows from elsewhere makes its answers more exact. With the default, "the server decides" about every start, fork and
/// destroy, because the organization may be suspended and forks may be alive:
///
/// ```
/// use sandbox_lifecycle::{Acceptance, Command, PartialLifecycle, Policy, record::LifecycleView, rules::KnownContext};
/// let record: LifecycleView = serde_json::from_str(r#"{"state":"stopped","desiredState":"stopped"}"#)?;
/// let (seen, policy) = (PartialLifecycle::try_from(&record)?, Policy::default());
/// let start = |known| seen.explain(Command::Start, &policy, known).acceptance();
/// assert_eq!(start(KnownContext::default()), Acceptance::ServerDecides);
/// let active = KnownContext { organization_suspended: Some(false), ..KnownContext::default() };
/// assert_eq!(start(active), Acceptance::Accepted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
form: #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownContext {
    /// Whether forks of the sandbox are alive.
    pub has_live_fork_children: Option<bool>,
    /// Whether its organization is suspended.
    pub organization_suspended: Option<bool>,
    /// Whether it is linked to an owner.
    pub linked: Option<bool>,
}
}

impl KnownContext {
    /// Returns each guard that a context answers, with whether it holds.
    const fn answers(&self) -> [(Facts, Option<bool>); 3] {
        [
            (guards::childless.and(guards::no_fork_loses_disk), self.has_live_fork_children),
            (guards::unsuspended, self.organization_suspended),
            (guards::unlinked, self.linked),
        ]
    }

    /// The guards that it makes hold.
    pub(crate) fn facts(&self) -> Facts {
        self.answers()
            .into_iter()
            .fold(Facts::NONE, |facts, (guard, known)| facts.and(guard.when(known == Some(false))))
    }

    /// The guards of which it does not say whether they hold.
    pub(crate) fn unknown_facts(&self) -> Facts {
        self.answers().into_iter().fold(Facts::NONE, |facts, (guard, known)| facts.and(guard.when(known.is_none())))
    }
}
