//! A fleet with faults everywhere, whose invariants are checked at every step.
//!
//! A fake clock jumps from event to event. Runners refuse, lose, repeat and delay calls and reports, controllers crash
//! between any two steps, and callers race. A seed determines the whole run. `SIMULATOR_EVENTS`, `SIMULATOR_SANDBOXES`
//! and `SIMULATOR_SEED` choose another run, and `SIMULATOR_TRACE` prints the writes of one sandbox.

mod api;
#[path = "../support/compare_and_swap.rs"]
mod compare_and_swap;
mod controller;
mod events;
mod fleet;
mod invariants;
mod mistakes;
mod random;
mod runner;
mod runner_work;
mod store;

use fleet::{Fleet, Plan};
use invariants::Invariant;
use mistakes::Mistake;

/// Returns a number from the environment, or the default.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

#[test]
fn a_sound_fleet_keeps_every_invariant() {
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

/// Asserts that a fleet with one mistake breaks the invariant that the mistake is about.
fn breaks(mistake: Mistake, law: Invariant) {
    let run = |seed| Fleet::new(Plan { seed, sandboxes: 1_000, events: 60_000, mistake: Some(mistake) }).run();
    assert!((0..100).any(|seed| run(seed).store.verdict.breaks(law)), "no run detects {mistake:?}");
}

#[test]
fn a_controller_that_ignores_timers_exceeds_time_limits() {
    breaks(Mistake::IgnoresDue, Invariant::ChangesEnd);
}

#[test]
fn an_outbox_outside_the_transaction_sends_uncommitted_effects() {
    breaks(Mistake::OutboxOutside, Invariant::EffectsAreCommitted);
}

#[test]
fn runners_that_accept_calls_of_older_epochs_lose_data() {
    breaks(Mistake::TakesOldCalls, Invariant::DataIsKept);
}

#[test]
fn a_row_written_by_hand_is_incoherent() {
    breaks(Mistake::WritesByHand, Invariant::RowsAreSound);
}

#[test]
fn a_store_without_compare_and_swap_lowers_epochs() {
    breaks(Mistake::SkipsCompare, Invariant::EpochsRise);
}

#[test]
fn a_store_without_compare_and_swap_loses_updates() {
    breaks(Mistake::SkipsCompare, Invariant::NoUpdateIsLost);
}

#[test]
fn late_reports_that_echo_the_new_epoch_are_applied() {
    breaks(Mistake::EchoesNewEpoch, Invariant::OldReportsAreVoid);
}

#[test]
fn a_controller_that_calls_the_previous_runner_is_detected() {
    breaks(Mistake::CallsPrevious, Invariant::OwnRunnerOnly);
}

#[test]
fn a_controller_that_selects_by_pending_alone_misses_deleted_sandboxes() {
    breaks(Mistake::SelectsByPending, Invariant::DeletedIsGone);
}

#[test]
fn a_host_that_recovers_a_deleted_sandbox_restores_it() {
    breaks(Mistake::RecoversDeleted, Invariant::DeletedIsGone);
}

#[test]
fn a_controller_that_never_looks_again_leaves_sandboxes_unsettled() {
    breaks(Mistake::NeverLooksAgain, Invariant::RestIsReached);
}
