//! The kit finds every fault of the service, and nothing in the service without a fault.

use checked_service::{Fault, Service, check};
use sandbox_lifecycle::testing::kit::{Act, Check, Counterexample, Failure, Law, Wrong};
use strum::VariantArray as _;

/// Few random cases: the chosen ones come first, and find all faults but two.
fn kit() -> Check {
    Check::new().random_cases(1_000)
}

fn found(fault: Fault) -> Counterexample {
    match check(&kit(), Some(fault)).map_err(|failure| *failure) {
        Err(Failure::Wrong(counterexample)) => *counterexample,
        other => panic!("{fault}: not found: {other:?}"),
    }
}

#[test]
fn the_service_without_a_fault_passes_every_check() {
    let report = check(&kit(), None).expect("the service is correct");
    println!("{report}");
    assert!(report.is_complete(), "{report}");
}

#[test]
fn every_fault_is_found_and_shown_in_at_most_fifteen_lines() {
    for fault in Fault::VARIANTS {
        let counterexample = found(*fault);
        let lines = counterexample.to_string().lines().count();
        println!("{fault}: {} cases\n{counterexample}\n", counterexample.cases);
        assert!(lines <= 15, "{fault}: {lines} lines\n{counterexample}");
    }
}

#[test]
fn a_fault_is_shown_where_it_lies() {
    let law_of = |fault| match found(fault).wrong {
        Wrong::BrokenLaw { law, .. } => Some(law),
        Wrong::Disagreement { .. } | Wrong::Panicked(_) | Wrong::Flaky { .. } => None,
    };
    assert_eq!(law_of(Fault::RacingCommandsBothWin), Some(Law::OneWriterWins));
    assert_eq!(law_of(Fault::AnUnknownStateBreaksAList), Some(Law::ListsAreRead));
    let restored = found(Fault::RestoreWithoutBackup);
    assert!(matches!(restored.story.acts.as_slice(), [(_, Act::Pass(_))]), "{restored}");
    let code = found(Fault::WrongCode);
    let Wrong::Disagreement { differences, .. } = &code.wrong else { panic!("{code}") };
    assert_eq!(differences.as_slice(), ["code: expected busy, found wrong_phase"]);
}

#[test]
fn stories_alone_find_the_faults_of_single_inputs_too() {
    let check = Check::new().random_cases(4_000);
    for fault in [Fault::EphemeralStopRests, Fault::FailedPauseLost, Fault::QueueTimeoutNeverActs] {
        let Err(Failure::Wrong(story)) = check.stories(&mut Service::new(Some(fault))) else {
            panic!("{fault}: no story shows it")
        };
        println!("{fault}\n{story}\n");
        assert!(story.story.acts.len() <= 8, "{story}");
    }
}
