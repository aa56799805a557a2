//! What a server says of a command before it decides: every condition is known.

use super::explanation::{Acceptance, Explanation};
use crate::{
    decide::command,
    lifecycle::{Lifecycle, fact_set::Facts},
    policy::Policy,
    rules::{
        Command, Context, Verb,
        input::verb::VerbAndFlag,
        table::rows::{OF_NUMBERS, accepted_with, row},
    },
};
use chrono::{DateTime, Utc};

impl Lifecycle {
    /// Returns the commands that this sandbox accepts now with suitable arguments, and that the policy's API profile
    /// offers.
    ///
    /// A command whose result is already so is not among them: a start of a started sandbox writes nothing. A context of
    /// another revision accepts nothing, because [`decide`](Self::decide) refuses it. No API offers a destroy with force;
    /// operators ask [`explain`](Self::explain).
    pub fn accepted_commands(
        &self,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = Verb> + use<> {
        let profile = policy.profile;
        let facts = (context.revision() == self.revision).then(|| command::facts(self, policy, &context, now.into()));
        facts.into_iter().flat_map(accepted_with).filter(move |verb| verb.is_offered_by(profile))
    }

    /// Returns each command that the policy's API profile offers, and whether this sandbox accepts it now with suitable
    /// arguments.
    pub fn acceptances(
        &self,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (Verb, Acceptance)> + use<> {
        self.explanations(policy, context, now).map(|explained| (explained.verb(), explained.acceptance()))
    }

    /// Explains each command that the policy's API profile offers, with suitable arguments: what a button needs to be enabled, or
    /// to say why it is not.
    ///
    /// ```
    /// use sandbox_lifecycle::{Columns, Context, Lifecycle, Policy, Verb};
    /// let (row, policy) = (Lifecycle::from(Columns::default()), Policy::default());
    /// let mut explained = row.explanations(&policy, Context::of(&row), chrono::DateTime::UNIX_EPOCH);
    /// let archive = explained.find(|explanation| explanation.verb() == Verb::Archive).unwrap();
    /// assert_eq!(archive.to_string(), "archive: refused: only a stopped sandbox can be archived");
    /// ```
    pub fn explanations(
        &self,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = Explanation> + use<> {
        let facts = command::facts(self, policy, &context, now.into()).and(OF_NUMBERS);
        let is_current = context.revision() == self.revision;
        offered(policy, move |of| match is_current {
            true => Explanation::of(of, facts, Facts::NONE),
            false => Explanation::of_other_revision(of),
        })
    }

    /// Explains how this command would be answered, without deciding it: the same answer and the same reason as
    /// [`decide`](Self::decide), and every check.
    ///
    /// ```
    /// use sandbox_lifecycle::{Acceptance, Columns, Command, Context, Lifecycle, Policy};
    /// let row = Lifecycle::from(Columns::default());
    /// let explain = |command| row.explain(command, &Policy::default(), Context::of(&row), chrono::DateTime::UNIX_EPOCH);
    /// assert_eq!(explain(Command::Start).acceptance(), Acceptance::AlreadySo);
    /// assert_eq!(explain(Command::Stop { force: false }).acceptance(), Acceptance::Accepted);
    /// assert_eq!(explain(Command::Archive).to_string(), "archive: refused: only a stopped sandbox can be archived");
    /// ```
    pub fn explain(&self, command: Command, policy: &Policy, context: Context, now: DateTime<Utc>) -> Explanation {
        let of = VerbAndFlag { verb: command.verb(), flag: command.flag() };
        if context.revision() != self.revision {
            return Explanation::of_other_revision(of);
        }
        let facts = command::facts(self, policy, &context, now.into());
        let facts = facts.and(command::facts_of_numbers(&command, self));
        Explanation::of(of, facts, Facts::NONE)
    }
}

/// Explains each verb that the profile offers. Where the caller may choose between two arguments, the better answer counts.
pub(super) fn offered<E: Fn(VerbAndFlag) -> Explanation>(
    policy: &Policy,
    explain: E,
) -> impl Iterator<Item = Explanation> + use<E> {
    let profile = policy.profile;
    let offered = Verb::ALL.iter().copied().filter(move |verb| verb.is_offered_by(profile));
    offered.map(move |verb| {
        let with = |flag| explain(VerbAndFlag { verb, flag });
        if row(verb).flag.is_some() { with(false).or_better(with(true)) } else { with(false) }
    })
}

impl Explanation {
    /// Returns the explanation with the better answer; of equals the first.
    const fn or_better(self, other: Self) -> Self {
        if other.acceptance().rank() < self.acceptance().rank() { other } else { self }
    }
}

impl Acceptance {
    /// Returns the place in the order of a caller's choice: the best first.
    const fn rank(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::AlreadySo => 1,
            Self::ServerDecides => 2,
            Self::Refused => 3,
        }
    }
}
