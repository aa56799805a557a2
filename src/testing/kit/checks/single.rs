//! Single inputs: a row, an input, and the row or the refusal after it.

use crate::lifecycle::Lifecycle;
use crate::testing::{
    case::Case,
    kit::{
        cases::{self, Plan, smaller, within},
        failure::{Act, Failure, Story},
        report::Report,
        subject::{Subject, Trial, story_of, story_of_look},
        system::System,
    },
};
use alloc::{boxed::Box, vec::Vec};

/// Compares the system with the crate on every case of the plan.
pub(crate) fn check<S: System>(plan: &Plan, system: &mut S) -> Result<Report, Failure> {
    let mut subject = Subject::new(system);
    let mut report = Report::new(plan, false, &subject.policy);
    let (policy, held) = (subject.policy.clone(), subject.held.clone());
    let fit = |case: Case| if held.is_all() { case } else { within(case, |column| held.has(column)) };
    for case in cases::cases(plan, &policy).map(fit) {
        report.count();
        match run(&mut subject, &case) {
            Trial::Right(parts) => {
                report.not_offered.extend(parts);
                report.reach(&case, &policy);
            }
            Trial::Declined(declined) => report.decline(declined),
            Trial::Wrong(found) => return Err(subject.settle(plan, report.cases, (case, *found), smaller, run)),
        }
    }
    Ok(report)
}

/// Stores the row, asks for the next look, decides, and asks for the next look after it.
fn run<S: System>(subject: &mut Subject<'_, S>, case: &Case) -> Trial {
    let mut parts = Vec::new();
    if let Err(stop) = subject.store(&case.row) {
        return stop.in_story(|| Story::of(&case.row, case.now, Act::Store(Box::new(case.row.columns()))));
    }
    if let Err(stop) = subject.look(&case.row, &mut parts) {
        return stop.in_story(|| story_of_look(&case.row, case.now));
    }
    let answer = match subject.decide(case, &mut parts) {
        Ok(answer) => answer,
        Err(stop) => return stop.in_story(|| story_of(case)),
    };
    let looked = answer.after().map_or(Ok(()), |row| subject.look(&Lifecycle::from(*row), &mut parts));
    match looked {
        Ok(()) => Trial::Right(parts),
        Err(stop) => stop.in_story(|| {
            let mut story = story_of(case);
            story.acts.push((case.now, Act::NextLook));
            story
        }),
    }
}
