//! A fleet in which everything that can fail does: what must hold all the same, held at every step.
//!
//! A fake clock jumps from event to event; runners refuse, lose, repeat and delay; controllers die between any two
//! steps; callers race. Every run of a seed is the same run. `SIMULATOR_EVENTS`, `SIMULATOR_SANDBOXES` and
//! `SIMULATOR_SEED` choose another, and `SIMULATOR_TRACE` prints the writes of one sandbox (the full size is `1000000` events on `10000` sandboxes).

#[path = "simulator/api.rs"]
mod api;
#[path = "simulator/broken.rs"]
mod broken;
#[path = "simulator/chance.rs"]
mod chance;
#[path = "simulator/controller.rs"]
mod controller;
#[path = "simulator/fleet.rs"]
mod fleet;
#[path = "simulator/laws.rs"]
mod laws;
#[path = "simulator/reports.rs"]
mod reports;
#[path = "simulator/runner.rs"]
mod runner;
#[path = "simulator/store.rs"]
mod store;

use broken::Mistake;
use fleet::{Fleet, Plan};
use laws::Law;

/// A number from the environment, or the one that suits a debug build.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

#[test]
fn a_sound_fleet_keeps_every_law() {
    let sandboxes = setting("SIMULATOR_SANDBOXES", 10_000) as usize;
    let plan = Plan {
        seed: setting("SIMULATOR_SEED", 0x5EED),
        sandboxes,
        events: setting("SIMULATOR_EVENTS", 1_000_000),
        mistake: None,
    };
    let mut fleet = Fleet::new(plan);
    fleet.store.traced = std::env::var("SIMULATOR_TRACE").ok().and_then(|id| id.parse().ok());
    let fleet = fleet.run();
    println!("{}", fleet.summary());
    assert!(fleet.store.verdict.is_clean(), "{}", fleet.store.verdict);
}

/// A fleet with one mistake in it breaks the law that the mistake is about, sooner or later.
fn breaks(mistake: Mistake, law: Law) {
    let run = |seed| Fleet::new(Plan { seed, sandboxes: 1_000, events: 60_000, mistake: Some(mistake) }).run();
    assert!((0..100).any(|seed| run(seed).store.verdict.breaks(law)), "{mistake:?} goes unseen");
}

#[test]
fn a_controller_that_ignores_timers_lets_changes_last() {
    breaks(Mistake::IgnoresDue, Law::ChangesEnd);
}

#[test]
fn an_outbox_outside_the_transaction_tells_of_what_never_was() {
    breaks(Mistake::OutboxOutside, Law::EffectsAreCommitted);
}

#[test]
fn runners_that_take_old_calls_lose_data() {
    breaks(Mistake::TakesOldCalls, Law::DataIsKept);
}

#[test]
fn a_row_set_by_hand_is_unsound() {
    breaks(Mistake::WritesByHand, Law::RowsAreSound);
}

#[test]
fn a_store_that_does_not_compare_takes_epochs_back() {
    breaks(Mistake::SkipsCompare, Law::EpochsRise);
}

#[test]
fn a_store_that_does_not_compare_loses_updates() {
    breaks(Mistake::SkipsCompare, Law::NoUpdateIsLost);
}

#[test]
fn late_reports_that_echo_the_new_epoch_are_believed() {
    breaks(Mistake::EchoesNewEpoch, Law::OldReportsAreVoid);
}

#[test]
fn a_controller_that_calls_the_previous_runner_is_seen() {
    breaks(Mistake::CallsPrevious, Law::OwnRunnerOnly);
}

#[test]
fn a_controller_that_selects_by_pending_leaves_deleted_sandboxes() {
    breaks(Mistake::SelectsByPending, Law::DeletedIsGone);
}

#[test]
fn a_host_that_recovers_what_was_deleted_brings_it_back() {
    breaks(Mistake::RecoversDeleted, Law::DeletedIsGone);
}

#[test]
fn a_controller_that_never_looks_again_leaves_sandboxes_on_their_way() {
    breaks(Mistake::NeverLooksAgain, Law::RestIsReached);
}
