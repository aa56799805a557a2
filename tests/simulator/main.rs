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

/// How many seeds a mistake has to break its law.
const MISTAKEN: u64 = 2_000;

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
        None => 0..setting("SIMULATOR_SEEDS").unwrap_or(500),
    };
    let (tally, broken) = run(seeds, None);
    println!("{tally}");
    for (_, verdict) in broken.iter().take(12) {
        println!("{verdict}");
    }
    assert!(broken.is_empty(), "{} seeds break laws: {:?}", broken.len(), counted(&broken));
}

/// Asserts that a fleet with this mistake breaks the law that the skipped duty is about.
fn breaks(mistake: Mistake, law: Law) {
    let found = (0..MISTAKEN).find(|seed| World::new(plan(*seed, Some(mistake))).run().verdict.breaks(law));
    let seed = found.unwrap_or_else(|| panic!("{mistake:?} does not break {law:?}"));
    println!("{mistake:?} breaks {law:?} with seed {seed}");
}

/// A call that is sent only once ends at its time limit if it is lost. Nothing is lost by it but time.
#[test]
fn many_more_time_limits_are_over_if_the_outbox_forgets_its_calls() {
    let (sound, _) = run(0..60, None);
    let (forgetful, broken) = run(0..60, Some(Mistake::OutboxForgetsCalls));
    println!("{} time limits over, {} if the outbox forgets", sound.limits, forgetful.limits);
    assert!(forgetful.limits > 2 * sound.limits && broken.is_empty(), "{:?}", counted(&broken));
}

#[test]
fn copies_stay_for_ever_if_nobody_tells_the_runner_that_was_left() {
    breaks(Mistake::NoDepartures, Law::NothingIsLeft);
}

#[test]
fn a_late_restore_replaces_the_newest_copy_of_a_runner_without_tombstones() {
    breaks(Mistake::NoTombstone, Law::NewestDiskIsKept);
}

#[test]
fn copies_stay_for_ever_without_inventories() {
    breaks(Mistake::NoInventory, Law::NothingIsLeft);
}

#[test]
fn nobody_takes_back_what_a_gone_runner_had_without_inventories() {
    breaks(Mistake::NoInventory, Law::NothingIsStranded);
}

#[test]
fn a_runner_that_keeps_answers_under_the_newest_epoch_undoes_commands() {
    breaks(Mistake::AnswersUnderNewestEpoch, Law::GrantsAreKept);
}

#[test]
fn an_answer_that_is_written_at_another_revision_is_not_true() {
    breaks(Mistake::AnswerAtAnotherRevision, Law::RowsTellTheTruth);
}

#[test]
fn two_runners_run_a_sandbox_if_hosts_call_before_they_write() {
    breaks(Mistake::CallsBeforeWriting, Law::OneRuns);
}

#[test]
fn revisions_fall_in_a_store_without_compare_and_swap() {
    breaks(Mistake::NoCompareAndSwap, Law::RowsAreSound);
}

#[test]
fn events_are_committed_twice_in_a_store_without_compare_and_swap() {
    breaks(Mistake::NoCompareAndSwap, Law::EventsAreSeen);
}

#[test]
fn timers_are_missed_if_the_deadline_is_that_of_the_row_before() {
    breaks(Mistake::DeadlineOfOldRow, Law::RestIsReached);
}

#[test]
fn backups_stay_for_ever_in_a_store_that_takes_late_uploads() {
    breaks(Mistake::TakesLateUploads, Law::NothingIsLeft);
}

#[test]
fn idle_timers_act_on_a_warm_pool_that_the_context_does_not_name() {
    breaks(Mistake::ForgetsThePool, Law::PoolIsLeftAlone);
}

#[test]
fn linked_sandboxes_outlive_their_owner_if_nobody_destroys_them() {
    breaks(Mistake::ForgetsLinked, Law::LinkedFollow);
}

#[test]
fn two_runners_run_a_sandbox_if_a_gone_runner_is_not_fenced() {
    breaks(Mistake::NoFencing, Law::OneRuns);
}

/// Each assignment raises the epoch, so a late end of another runner is stale by its epoch alone, and an unasked state with an
/// epoch only causes an ask. Looking at the sender as well protects hosts whose reports have no epoch.
#[test]
fn reports_of_other_runners_are_stale_by_their_epochs_alone() {
    let (_, broken) = run(0..150, Some(Mistake::TakesReportsOfOthers));
    assert!(broken.is_empty(), "{:?}", counted(&broken));
}
