//! A fleet with faults everywhere around the crate's own host, whose laws are checked at every event and at the end.
//!
//! The fleet and its laws are those of `sandbox_lifecycle::testing::simulation`. A seed determines a whole run.
//! `SIMULATOR_SEEDS`, `SIMULATOR_SANDBOXES` and `SIMULATOR_EVENTS` choose another size, `SIMULATOR_SEED` runs one seed, and
//! `SIMULATOR_TRACE` prints the story of one sandbox.

mod host;
mod mistakes;
mod simple;

use host::{Counts, Platform};
use mistakes::Mistake;
use sandbox_lifecycle::testing::simulation::{Broken, Flaw, Law, Outcome, SandboxId, Simulation, Tally};
use simple::Simple;
use std::{collections::BTreeMap, ops::Range, thread};

/// How many seeds a mistake has to break its law.
const MISTAKEN: u64 = 2_000;

/// What one system of the fleet does wrong.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    Host(Mistake),
    Fleet(Flaw),
}

/// Returns a number from the environment.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().expect("a number"))
}

/// Runs a seed. The number of sandboxes depends on it too.
fn simulated(seed: u64, wrong: Option<Wrong>) -> (Outcome, Counts) {
    let sandboxes = setting("SIMULATOR_SANDBOXES").unwrap_or(3 + seed % 6);
    let events = setting("SIMULATOR_EVENTS").unwrap_or(12_000);
    let mut simulation = Simulation::seeded(seed).sandboxes(usize::try_from(sandboxes).expect("a few")).events(events);
    if let Some(id) = setting("SIMULATOR_TRACE") {
        simulation = simulation.trace(SandboxId(u32::try_from(id).expect("the number of a sandbox")));
    }
    let mut host = Platform::new(None);
    match wrong {
        Some(Wrong::Host(mistake)) => host = Platform::new(Some(mistake)),
        Some(Wrong::Fleet(flaw)) => simulation = simulation.flaw(flaw),
        None => {}
    }
    let outcome = simulation.run(&mut host);
    outcome.trace.iter().for_each(|line| println!("{line}"));
    (outcome, host.counts)
}

/// What happened in several runs, and the laws that they broke.
#[derive(Default)]
struct Runs {
    tally: Tally,
    counts: Counts,
    broken: Vec<Broken>,
}

impl Runs {
    fn add(&mut self, tally: Tally, counts: Counts, broken: impl IntoIterator<Item = Broken>) {
        self.tally += tally;
        self.counts.refused += counts.refused;
        self.counts.conflicts += counts.conflicts;
        self.counts.resends += counts.resends;
        self.counts.takebacks += counts.takebacks;
        self.broken.extend(broken);
    }

    /// Returns how many seeds break each law.
    fn counted(&self) -> BTreeMap<Law, u64> {
        let mut laws = BTreeMap::new();
        for broken in &self.broken {
            *laws.entry(broken.law).or_default() += 1;
        }
        laws
    }
}

/// Runs these seeds, half of them on each of two threads.
fn run(seeds: Range<u64>, wrong: Option<Wrong>) -> Runs {
    let half = |first: u64| {
        let mut runs = Runs::default();
        for seed in seeds.clone().filter(|seed| seed % 2 == first) {
            let (outcome, counts) = simulated(seed, wrong);
            runs.add(outcome.tally, counts, outcome.broken.into_values());
        }
        runs
    };
    let [mut even, odd] = thread::scope(|scope| {
        let threads = [0, 1].map(|first| scope.spawn(move || half(first)));
        threads.map(|thread| thread.join().expect("a run does not panic"))
    });
    even.add(odd.tally, odd.counts, odd.broken);
    even
}

#[test]
fn a_sound_fleet_keeps_every_law() {
    let seeds = match setting("SIMULATOR_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("SIMULATOR_SEEDS").unwrap_or(500),
    };
    let runs = run(seeds, None);
    println!("{}; {:?}", runs.tally, runs.counts);
    for broken in runs.broken.iter().take(12) {
        println!("{broken}");
    }
    assert!(runs.broken.is_empty(), "{} laws are broken: {:?}", runs.broken.len(), runs.counted());
}

/// Asserts that a fleet with this mistake breaks the law that the skipped duty is about, and that the story of it is short.
fn breaks(wrong: Wrong, law: Law) {
    let found = (0..MISTAKEN).find_map(|seed| simulated(seed, Some(wrong)).0.broken.remove(&law));
    let broken = found.unwrap_or_else(|| panic!("{wrong:?} does not break {law:?}"));
    println!("{wrong:?}: {broken}");
    assert!(broken.to_string().lines().count() <= 15, "the story is long");
}

fn host_breaks(mistake: Mistake, law: Law) {
    breaks(Wrong::Host(mistake), law);
}

fn fleet_breaks(flaw: Flaw, law: Law) {
    breaks(Wrong::Fleet(flaw), law);
}

/// A call that is sent only once ends at its time limit if it is lost. Nothing is lost by it but time.
#[test]
fn many_more_time_limits_are_over_if_the_outbox_forgets_its_calls() {
    let sound = run(0..60, None).tally.limits;
    let forgetful = run(0..60, Some(Wrong::Host(Mistake::OutboxForgetsCalls)));
    println!("{sound} time limits over, {} if the outbox forgets", forgetful.tally.limits);
    assert!(forgetful.tally.limits > 2 * sound && forgetful.broken.is_empty(), "{:?}", forgetful.counted());
}

#[test]
fn copies_stay_for_ever_if_nobody_tells_the_runner_that_was_left() {
    host_breaks(Mistake::NoDepartures, Law::NothingIsLeft);
}

#[test]
fn a_late_restore_replaces_the_newest_copy_of_a_runner_without_tombstones() {
    fleet_breaks(Flaw::NoTombstone, Law::NewestDiskIsKept);
}

#[test]
fn copies_stay_for_ever_without_inventories() {
    host_breaks(Mistake::NoInventory, Law::NothingIsLeft);
}

#[test]
fn nobody_takes_back_what_a_gone_runner_had_without_inventories() {
    host_breaks(Mistake::NoInventory, Law::NothingIsStranded);
}

#[test]
fn a_runner_that_keeps_answers_under_the_newest_epoch_undoes_commands() {
    fleet_breaks(Flaw::AnswersUnderNewestEpoch, Law::GrantsAreKept);
}

#[test]
fn an_answer_that_is_written_at_another_revision_is_not_true() {
    host_breaks(Mistake::AnswerAtAnotherRevision, Law::RowsTellTheTruth);
}

#[test]
fn two_runners_run_a_sandbox_if_hosts_call_before_they_write() {
    host_breaks(Mistake::CallsBeforeWriting, Law::OneRuns);
}

#[test]
fn revisions_fall_in_a_store_without_compare_and_swap() {
    host_breaks(Mistake::NoCompareAndSwap, Law::RowsAreSound);
}

#[test]
fn events_are_committed_twice_in_a_store_without_compare_and_swap() {
    host_breaks(Mistake::NoCompareAndSwap, Law::EventsAreSeen);
}

#[test]
fn subscribers_miss_events_that_the_outbox_forgets() {
    host_breaks(Mistake::ForgetsEvents, Law::EventsAreSeen);
}

#[test]
fn timers_are_missed_if_the_deadline_is_that_of_the_row_before() {
    host_breaks(Mistake::DeadlineOfOldRow, Law::RestIsReached);
}

#[test]
fn backups_stay_for_ever_in_a_store_that_takes_late_uploads() {
    fleet_breaks(Flaw::TakesLateUploads, Law::NothingIsLeft);
}

#[test]
fn idle_timers_act_on_a_warm_pool_that_the_context_does_not_name() {
    host_breaks(Mistake::ForgetsThePool, Law::PoolIsLeftAlone);
}

#[test]
fn linked_sandboxes_outlive_their_owner_if_nobody_destroys_them() {
    host_breaks(Mistake::ForgetsLinked, Law::LinkedFollow);
}

#[test]
fn two_runners_run_a_sandbox_if_a_gone_runner_is_not_fenced() {
    fleet_breaks(Flaw::NoFencing, Law::OneRuns);
}

#[test]
fn a_disk_that_forks_read_is_removed_if_nobody_counts_the_forks() {
    host_breaks(Mistake::ForgetsForks, Law::ForksKeepTheirParent);
}

#[test]
fn a_record_goes_before_its_copies_if_nobody_counts_what_runners_owe() {
    host_breaks(Mistake::ForgetsOwed, Law::PurgesWait);
}

#[test]
fn nobody_knows_which_runner_was_left_if_the_record_does_not_name_it() {
    host_breaks(Mistake::ForgetsPrevious, Law::PreviousIsKnown);
}

/// Each assignment raises the epoch, so a late end of another runner is stale by its epoch alone, and an unasked state with an
/// epoch only causes an ask. Looking at the sender as well protects hosts whose reports have no epoch.
#[test]
fn reports_of_other_runners_are_stale_by_their_epochs_alone() {
    let runs = run(0..150, Some(Wrong::Host(Mistake::TakesReportsOfOthers)));
    assert!(runs.broken.is_empty(), "{:?}", runs.counted());
}

#[test]
fn a_seed_determines_the_whole_run() {
    let run = || Simulation::seeded(3).trace(SandboxId(0)).run(&mut Platform::new(None));
    let (first, second) = (run(), run());
    assert_eq!((first.tally, &first.trace), (second.tally, &second.trace));
    assert!(first.trace.len() > 20, "{:?}", first.trace);
}

/// The laws are about what a host does and not about how it is built.
#[test]
fn a_host_of_another_design_keeps_every_law() {
    let mut tally = Tally::default();
    for seed in 0..60 {
        let outcome = Simulation::seeded(seed).run(&mut Simple::default());
        tally += outcome.tally;
        assert!(outcome.is_clean(), "{outcome}");
    }
    println!("{tally}");
}

#[test]
fn a_host_of_another_design_that_sends_each_message_once_is_caught_with_a_short_story() {
    let mut outcome = Simulation::seeded(0).run(&mut Simple::sending_once());
    for law in [Law::NothingIsLeft, Law::EventsAreSeen] {
        let broken = outcome.broken.remove(&law).unwrap_or_else(|| panic!("{law:?} is kept"));
        println!("{broken}");
        assert!(broken.to_string().lines().count() <= 15, "the story is long");
    }
}
