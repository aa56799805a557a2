//! What each guard asks about: it changes with each source that it names, and with no other.

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use sandbox_lifecycle::{
    Columns, Command, Context, Lifecycle, Policy, Verb,
    decide::Holds,
    rules::{Guard, Source},
    testing,
};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a decision reads.
#[derive(Debug, Clone)]
struct World {
    row: Lifecycle,
    context: Context,
    policy: Policy,
    now: chrono::DateTime<chrono::Utc>,
    commands: Vec<Command>,
}

fn world() -> impl Strategy<Value = World> {
    let row = prop_oneof![testing::lifecycle(), testing::storable_lifecycle()];
    let commands = prop::collection::vec(testing::command(), 24);
    let policy = prop_oneof![Just(Policy::recorded()), Just(Policy::default())];
    (row, testing::context(), policy, testing::instant(), commands)
        .prop_map(|(row, context, policy, now, commands)| World { row, context, policy, now, commands })
}

impl World {
    /// Returns this world, with one source from another.
    fn with(&self, source: Source, other: &Self) -> Self {
        let mut world = self.clone();
        match source {
            Source::Record => world.row = mixed(&self.row, &other.row, true),
            Source::Server => world.row = mixed(&self.row, &other.row, false),
            Source::Context => world.context = other.context,
            Source::Policy => (world.policy, world.now) = (other.policy.clone(), other.now),
            Source::Arguments => world.commands = other.commands.clone(),
        }
        world
    }

    /// Returns whether each guard of a command holds.
    fn guards(&self, command: Command) -> BTreeMap<&'static str, (Guard, Holds)> {
        let context = self.context.with_revision(self.row.revision());
        let checks = self.row.explain(command, &self.policy, context, self.now).checks();
        checks.filter_map(|(check, holds)| Some((check.name(), (check.guard()?, holds)))).collect()
    }
}

/// Returns the row `a`, with the columns of `b` that the API shows, or with those that it does not show.
fn mixed(a: &Lifecycle, b: &Lifecycle, shown: bool) -> Lifecycle {
    let (a, b) = (a.columns(), b.columns());
    let values = a
        .iter()
        .zip(b.iter())
        .map(|((column, own), (_, other))| (column.name, if column.shown == shown { other } else { own }));
    Lifecycle::from(Columns::from_values(values).expect("the columns of a row"))
}

#[test]
fn each_guard_depends_on_exactly_the_sources_that_it_names() {
    let mut runner =
        TestRunner::new_with_rng(ProptestConfig::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut next = || world().new_tree(&mut runner).expect("a world").current();
    let mut depends: BTreeSet<(&str, Source)> = BTreeSet::new();
    for _ in 0..6_000 {
        let (one, two) = (next(), next());
        for source in [Source::Record, Source::Server, Source::Context, Source::Policy, Source::Arguments] {
            let other = one.with(source, &two);
            for command in &one.commands {
                let same_verb = other.commands.iter().find(|other| other.verb() == command.verb());
                let changed = if source == Source::Arguments { same_verb.copied() } else { Some(*command) };
                let Some(changed) = changed else { continue };
                let after = other.guards(changed);
                for (name, (guard, holds)) in one.guards(*command) {
                    if after.get(name).is_some_and(|(_, after)| *after != holds) {
                        assert!(guard.sources().contains(&source), "{name} depends on {source}: {command:?}");
                        depends.insert((name, source));
                    }
                }
            }
        }
    }
    let guards = Verb::ALL.iter().flat_map(|verb| verb.checks()).filter_map(|check| check.guard());
    let named = guards.flat_map(|guard| guard.sources().iter().map(move |source| (guard.name(), *source)));
    let idle: BTreeSet<_> = named.filter(|pair| !depends.contains(pair)).collect();
    assert!(idle.is_empty(), "never changed with a source that it names: {idle:?}");
}
