//! What a client says of a command, from a record alone.

use super::{
    explanation::{Acceptance, Explanation},
    full::offered,
};
use crate::{
    decide::command,
    lifecycle::{Lifecycle, PartialLifecycle, fact_set::Facts, facts},
    policy::Policy,
    rules::{
        Command, KnownContext, Verb, guards,
        input::verb::VerbAndFlag,
        table::{profile::facts_of_class, rows::OF_NUMBERS},
    },
};

impl PartialLifecycle {
    /// Explains how the server would answer this command, as far as the record shows.
    ///
    /// Accepted, already so and refused are certain: every row that may stand behind the record gets this answer. Otherwise
    /// the server decides, and [`Explanation::unseen`] names the conditions that are not visible.
    ///
    /// ```
    /// use sandbox_lifecycle::{Acceptance, Command, PartialLifecycle, Policy, record::LifecycleView, rules::KnownContext};
    /// let text = r#"{"state":"started","desiredState":"started","sandboxClass":"linux-vm"}"#;
    /// let record: LifecycleView = serde_json::from_str(text)?;
    /// let seen = PartialLifecycle::try_from(&record)?;
    /// let explain = |command| seen.explain(command, &Policy::default(), KnownContext::default());
    /// assert_eq!(explain(Command::Stop { force: false }).acceptance(), Acceptance::Accepted);
    /// assert_eq!(explain(Command::Archive).acceptance(), Acceptance::Refused);
    /// assert_eq!(
    ///     explain(Command::Pause).to_string(),
    ///     "pause: the server decides, because this is not visible: on a runner"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self, command: Command, policy: &Policy, known: KnownContext) -> Explanation {
        let of = VerbAndFlag { verb: command.verb(), flag: command.flag() };
        let lacks_size = self.lacks_size();
        self.explain_with(of, policy, known, |row| {
            let open = if lacks_size { facts_of_old_size(&command, row) } else { Facts::NONE };
            (command::facts_of_numbers(&command, row), open)
        })
    }

    /// Returns each command that the policy's API profile offers, and whether the server accepts it with suitable
    /// arguments, as far as the record shows.
    pub fn acceptances<'a>(
        &'a self,
        policy: &'a Policy,
        known: KnownContext,
    ) -> impl Iterator<Item = (Verb, Acceptance)> + use<'a> {
        self.explanations(policy, known).map(|explained| (explained.verb(), explained.acceptance()))
    }

    /// Explains each command that the policy's API profile offers, with suitable arguments, as far as the record shows: what a
    /// button needs to be enabled, or to say why it is not.
    pub fn explanations<'a>(
        &'a self,
        policy: &'a Policy,
        known: KnownContext,
    ) -> impl Iterator<Item = Explanation> + use<'a> {
        offered(policy, move |of| self.explain_with(of, policy, known, |_| (OF_NUMBERS, Facts::NONE)))
    }

    fn explain_with(
        &self,
        of: VerbAndFlag,
        policy: &Policy,
        known: KnownContext,
        numbers: impl Fn(&Lifecycle) -> (Facts, Facts),
    ) -> Explanation {
        let left_out = self.unknown_facts();
        let explained = self.rows().map(|row| {
            let (given, of_old_size) = numbers(&row);
            let facts = row.facts.and(facts_of_class(policy, row.class)).and(known.facts()).and(given);
            // A client does not know when the sandbox was last recovered from its backup. What the row itself makes hold is
            // known without the context.
            let open = known.unknown_facts().and(guards::cooled_down).without(facts);
            Explanation::of(of, facts, left_out.and(open).and(of_old_size))
        });
        explained.reduce(Explanation::or).unwrap_or_else(|| Explanation::of(of, Facts::NONE, Facts::ALL))
    }
}

/// Returns the guards of a resize that only the old size answers.
fn facts_of_old_size(command: &Command, row: &Lifecycle) -> Facts {
    let Command::Resize(change) = command else { return Facts::NONE };
    let runs = !row.facts.contain(facts::stopped);
    let changes = change.cpu.is_some() || change.memory.is_some() || change.disk.is_some();
    Facts::NONE
        .and(guards::keeps_cpu.when(runs && change.cpu.is_some()))
        .and(guards::keeps_memory.when(runs && change.memory.is_some()))
        .and(guards::keeps_disk.when(change.disk.is_some()))
        .and(guards::changes_size.when(changes))
}
