//! A fleet with faults everywhere, whose laws are checked at every event and at the end.
//!
//! A virtual clock jumps from event to event. Messages are lost, repeated, reordered and late; host processes crash between
//! any two actions; runners crash, are cut off, die and come back with their old copies. A seed determines a whole run.
//! `SIMULATOR_SEEDS`, `SIMULATOR_SANDBOXES` and `SIMULATOR_EVENTS` choose another size, `SIMULATOR_SEED` runs one seed, and
//! `SIMULATOR_TRACE` prints the story of one sandbox.

mod host;
mod laws;
mod machines;
mod mistakes;
mod network;
mod queue;
mod random;
mod world;

use laws::{Law, Verdict};
use mistakes::Mistake;
use std::collections::BTreeMap;
use world::{Plan, Tally, World};

/// Returns a number from the environment.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().expect("a number"))
}

/// Returns the plan of a seed. The number of sandboxes depends on it too.
fn plan(seed: u64, mistake: Option<Mistake>) -> Plan {
    let sandboxes = setting("SIMULATOR_SANDBOXES").unwrap_or(3 + seed % 6) as usize;
    let events = setting("SIMULATOR_EVENTS").unwrap_or(12_000);
    let traced = setting("SIMULATOR_TRACE").map(|id| id as usize);
    Plan { seed, sandboxes, events, mistake, traced }
}

/// Runs these seeds on every core.
fn run(seeds: impl Iterator<Item = u64>, mistake: Option<Mistake>) -> (Tally, Vec<(u64, Verdict)>) {
    let (mut tally, mut broken) = (Tally::default(), Vec::new());
    for seed in seeds {
        let world = World::new(plan(seed, mistake)).run();
        tally += world.tally;
        if !world.verdict.is_clean() {
            broken.push((seed, world.verdict));
        }
    }
    (tally, broken)
}

#[test]
fn a_sound_fleet_keeps_every_law() {
    let seeds = match setting("SIMULATOR_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("SIMULATOR_SEEDS").unwrap_or(40),
    };
    let (tally, broken) = run(seeds, None);
    println!("{tally}");
    for (_, verdict) in broken.iter().take(12) {
        println!("{verdict}");
    }
    let mut laws = BTreeMap::<Law, u64>::new();
    for law in broken.iter().flat_map(|(_, verdict)| verdict.laws()) {
        *laws.entry(law).or_default() += 1;
    }
    assert!(broken.is_empty(), "{} seeds break laws: {laws:?}", broken.len());
}
