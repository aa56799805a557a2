//! Repeated and stale inputs: they change nothing.

use crate::{CASES, cases::cases};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Columns, Policy, Report, Timer,
    rules::{Cause, Ignored},
    testing::{self, Case, any_case},
};

fn has_epoch(report: &Report) -> bool {
    match report {
        Report::State { epoch, .. } | Report::Ended { epoch, .. } | Report::Answered { epoch, .. } => epoch.is_some(),
        Report::BackupUnderWay { .. } => false,
    }
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn an_end_or_answer_of_another_epoch_is_ignored(case in any_case(), report in testing::report(), epoch in any::<u32>()) {
        let Case { row, context, now, .. } = case;
        let context = context.with_revision(row.revision());
        let epoch = if epoch == row.epoch() { epoch ^ 1 } else { epoch };
        let report = match report {
            Report::Ended { job, outcome, .. } => Report::Ended { job, outcome, epoch: Some(epoch) },
            Report::Answered { task, answer, from, .. } => Report::Answered { task, answer, from, epoch: Some(epoch) },
            Report::State { .. } | Report::BackupUnderWay { .. } => return Ok(()),
        };
        let step = row.decide(report, &Policy::default(), context, now).expect("a late report is not refused");
        prop_assert_eq!(step.cause(), Cause::Ignored(Ignored::OlderEpoch));
        prop_assert!(step.is_noop());
    }

    #[test]
    fn a_repeated_report_changes_nothing_but_the_revision(case in any_case(), report in testing::report(), later in testing::instant()) {
        let Case { row, context, now, .. } = case;
        let Ok(step) = row.decide(report, &Policy::default(), context, now) else { return Ok(()) };
        let once = step.apply(row).expect("its row");
        if let Ok(again) = once.decide(report, &Policy::default(), context.with_revision(once.revision()), later) {
            // A repeated failure stores its reason again, and this effect raises the revision. Without an epoch, it is one
            // more failed end.
            let twice = again.apply(once).expect("its row").columns();
            let epoch = if has_epoch(&report) { twice.epoch } else { once.epoch() };
            prop_assert_eq!(Columns { revision: once.revision(), epoch, ..twice }, once.columns(), "{:?}", again);
        }
    }

    #[test]
    fn a_repeated_timer_changes_nothing(case in any_case()) {
        let Case { row, context, now, .. } = case;
        let context = context.with_revision(row.revision());
        for timer in Timer::ALL.iter().copied() {
            let step = row.decide(timer, &Policy::default(), context, now).expect("a timer is never refused");
            let after = step.apply(row).expect("its row");
            let again = after.decide(timer, &Policy::default(), context.with_revision(after.revision()), now).expect("a timer is never refused");
            prop_assert!(!again.writes(), "{:?}", again);
        }
    }
}
