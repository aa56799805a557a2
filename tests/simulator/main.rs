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
use std::{collections::BTreeMap, ops::Range, thread};
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

/// What broke: the seed and its verdict.
type Broken = Vec<(u64, Verdict)>;

/// Runs these seeds, half of them on each of two threads.
fn run(seeds: Range<u64>, mistake: Option<Mistake>) -> (Tally, Broken) {
    let half = |first: u64| {
        let (mut tally, mut broken) = (Tally::default(), Broken::new());
        for seed in seeds.clone().filter(|seed| seed % 2 == first) {
            let world = World::new(plan(seed, mistake)).run();
            tally += world.tally;
            if !world.verdict.is_clean() {
                broken.push((seed, world.verdict));
            }
        }
        (tally, broken)
    };
    let [even, odd] = thread::scope(|scope| {
        let threads = [0, 1].map(|first| scope.spawn(move || half(first)));
        threads.map(|thread| thread.join().expect("a run does not panic"))
    });
    let mut tally = even.0;
    tally += odd.0;
    (tally, [even.1, odd.1].concat())
}

/// Returns how many seeds break each law.
fn counted(broken: &Broken) -> BTreeMap<Law, u64> {
    let mut laws = BTreeMap::new();
    for law in broken.iter().flat_map(|(_, verdict)| verdict.laws()) {
        *laws.entry(law).or_default() += 1;
    }
    laws
}

#[test]
fn a_sound_fleet_keeps_every_law() {
    let seeds = match setting("SIMULATOR_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("SIMULATOR_SEEDS").unwrap_or(1_000),
    };
    let (tally, broken) = run(seeds, None);
    println!("{tally}");
    for (_, verdict) in broken.iter().take(12) {
        println!("{verdict}");
    }
    assert!(broken.is_empty(), "{} seeds break laws: {:?}", broken.len(), counted(&broken));
}

#[test]
#[ignore = "explore"]
fn explore() {
    for mistake in [
        Mistake::OutboxForgetsCalls,
        Mistake::NoDepartures,
        Mistake::NoTombstone,
        Mistake::NoInventory,
        Mistake::AnswersUnderNewestEpoch,
        Mistake::AnswerAtAnotherRevision,
        Mistake::CallsBeforeWriting,
        Mistake::NoCompareAndSwap,
        Mistake::DeadlineOfOldRow,
        Mistake::TakesLateUploads,
        Mistake::TakesReportsOfOthers,
        Mistake::NoFencing,
    ] {
        let (_, broken) = run(0..300, Some(mistake));
        println!("{mistake:?}: {:?}", counted(&broken));
        let mut told = std::collections::BTreeSet::new();
        for (seed, verdict) in &broken {
            for law in verdict.laws() {
                if told.insert(law) {
                    println!("   first seed {seed}: {law:?}");
                }
            }
        }
    }
}
