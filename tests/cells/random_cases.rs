//! What random cases and random rows reach.

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sandbox_lifecycle::{
    DesiredState, Input, Lifecycle, Policy, SandboxState, Timer, Verb,
    testing::{
        Case, CellName, Inputs, any_case, case, cell_of, cells, made_storable, pass_cells, reachable_lifecycle,
        storable_lifecycle,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Returns values of a strategy, the same in every run.
fn sampled<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

const CASES: usize = 20_000;

/// How many cases a rule must meet at least.
const MET: usize = 50;

#[test]
fn random_cases_meet_every_cell_and_each_timer_often() {
    let policy = Policy::default();
    let cases = sampled(&case(), CASES);
    let met: BTreeSet<CellName> = cases.iter().map(|case| cell_of(case, &policy)).collect();
    let missing: Vec<_> = cells(&policy).into_iter().map(|cell| cell.name).filter(|name| !met.contains(name)).collect();
    assert_eq!(missing, []);

    // Each timer acts often, and so does each side of its boundary that does not act.
    let mut acts = BTreeMap::<Timer, usize>::new();
    let mut failed_pauses = 0;
    for case in &cases {
        let Ok(step) = case.decide(&policy) else { continue };
        if let Input::Timer(timer) = case.input {
            *acts.entry(timer).or_default() += usize::from(!step.is_noop());
        }
        // A pause fails by a report, an answer or its time limit.
        let pauses = case.row.state() == SandboxState::Pausing;
        failed_pauses += usize::from(pauses && [SandboxState::Error, SandboxState::Started].contains(&step.state()));
    }
    let seldom: Vec<_> = Timer::ALL.iter().filter(|timer| acts.get(timer).is_none_or(|count| *count < MET)).collect();
    assert_eq!(seldom, Vec::<&Timer>::new(), "{acts:?}");
    assert!(failed_pauses >= MET, "{failed_pauses}");
}

#[test]
fn inputs_are_chosen_before_they_are_generated() {
    let policy = Policy::default();
    let only = Inputs::default().commands([Verb::Stop]).without_reports().timers([Timer::AutoStop]);
    for strategy in [only.cases(&policy), only.any_cases(&policy)] {
        let inputs: Vec<Input> = sampled(&strategy, 2_000).iter().map(|case| case.input).collect();
        assert!(inputs.iter().all(|input| only.contain(input)));
        assert!(inputs.contains(&Input::Timer(Timer::AutoStop)));
    }
    let none = Inputs::default().without_commands().without_reports().without_timers();
    let generated = none.cases(&policy).new_tree(&mut TestRunner::deterministic());
    assert_eq!(generated.map(|_| ()).map_err(|reason| reason.to_string()), Err("no input is chosen".to_owned()));
}

/// What is left out of storable rows is nothing that a platform reaches.
#[test]
fn a_reachable_row_is_storable() {
    let policy = Policy::default();
    let walked = sampled(&reachable_lifecycle(), CASES);
    let explored = cells(&policy).into_iter().map(|cell| cell.case.row);
    let passed = pass_cells(&policy).into_iter().map(|cell| cell.row);
    let mut pairs = BTreeSet::new();
    for row in walked.into_iter().chain(explored).chain(passed) {
        assert_eq!(made_storable(row.columns()), row);
        pairs.insert((row.state(), row.desired_state()));
    }
    // And every pair of states of a storable row is reached, or stored by the recorded server, which writes it in two steps.
    let stored: BTreeSet<_> =
        sampled(&storable_lifecycle(), CASES).iter().map(|row| (row.state(), row.desired_state())).collect();
    let in_two_steps = BTreeSet::from([
        (SandboxState::Stopped, DesiredState::Archived),
        (SandboxState::Started, DesiredState::Paused),
    ]);
    assert_eq!(stored, &pairs | &in_two_steps);
}

#[test]
fn a_storable_row_is_sound_and_fits_a_database() {
    let years = |row: &Lifecycle| {
        let columns = row.columns();
        let times = [columns.created_at, columns.last_activity_at, columns.state_since];
        let others = [columns.backup_since, columns.auto_destroy_at, columns.last_recovery];
        times.into_iter().chain(others.into_iter().flatten()).collect::<Vec<_>>()
    };
    let varied = sampled(&case(), CASES).into_iter().map(|Case { row, .. }| row);
    for row in sampled(&storable_lifecycle(), CASES).into_iter().chain(varied) {
        assert!(row.violations().is_empty(), "{row:?}");
        assert!(years(&row).iter().all(|time| (1..=9999).contains(&chrono_year(*time))), "{row:?}");
        let columns = row.columns();
        let numbers =
            [columns.cpu, columns.memory, columns.disk, columns.revision, columns.epoch, columns.backup_attempt];
        assert!(numbers.iter().all(|number| i32::try_from(*number).is_ok()), "{row:?}");
        assert_eq!(made_storable(columns), row);
    }
}

fn chrono_year(time: sandbox_lifecycle::chrono::DateTime<sandbox_lifecycle::chrono::Utc>) -> i32 {
    use sandbox_lifecycle::chrono::Datelike;
    time.year()
}

#[test]
fn any_case_reaches_broken_rows_and_most_rules() {
    let policy = Policy::default();
    let cases = sampled(&any_case(), CASES);
    assert!(cases.iter().any(|case| !case.row.violations().is_empty()));
    let known: BTreeSet<CellName> = cells(&policy).into_iter().map(|cell| cell.name).collect();
    let met: BTreeSet<CellName> = cases.iter().map(|case| cell_of(case, &policy)).collect();
    assert!(met.intersection(&known).count() > known.len() / 2);
}
