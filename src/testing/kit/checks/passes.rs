//! Passes of a controller: a row, what the controller knows of its runner, and what it does next.

use crate::{
    controller::{Next, RunnerView},
    lifecycle::Lifecycle,
    testing::kit::{
        cases::{Pass, Plan, passes, smaller_passes, within_pass},
        failure::{Act, Failure, Reply, Story},
        report::{Part, Report},
        subject::{Stop, Subject, Trial},
        system::{NotOffered, Passed, System},
    },
};
use alloc::vec::Vec;

/// Compares the system's passes with the crate's.
pub(crate) fn check<S: System>(plan: &Plan, system: &mut S) -> Result<Report, Failure> {
    let mut subject = Subject::new(system);
    let mut report = Report::of_passes(plan, &subject.policy);
    let (policy, held) = (subject.policy.clone(), subject.held.clone());
    let fit = |pass: Pass| if held.is_all() { pass } else { within_pass(pass, |column| held.has(column)) };
    for pass in passes(plan, &policy).map(fit) {
        report.count();
        match run(&mut subject, &pass) {
            Trial::Right(parts) if parts.contains(&Part::Pass) => return Err(Failure::NotOffered(Part::Pass)),
            Trial::Right(parts) => {
                report.not_offered.extend(parts);
                report.reach_pass(&pass.row, &pass.view, &policy, pass.now);
            }
            Trial::Declined(declined) => report.decline(declined),
            Trial::Wrong(found) => {
                let smaller = |pass: &Pass| smaller_passes(pass);
                return Err(subject.settle(plan, report.cases, (pass, *found), smaller, run));
            }
        }
    }
    Ok(report)
}

fn run<S: System>(subject: &mut Subject<'_, S>, pass: &Pass) -> Trial {
    let mut parts = Vec::new();
    let done = subject.store(&pass.row).and_then(|()| pass_of(subject, &pass.row, &pass.view, pass.now, &mut parts));
    match done {
        Ok(_) => Trial::Right(parts),
        Err(stop) => stop.in_story(|| Story::of(&pass.row, pass.now, Act::Pass(pass.view))),
    }
}

/// Makes a pass over the stored row, and compares it with the crate's. Returns the crate's, or `None` if the system makes no
/// passes for the kit.
pub(crate) fn pass_of<S: System>(
    subject: &mut Subject<'_, S>,
    row: &Lifecycle,
    view: &RunnerView,
    now: chrono::DateTime<chrono::Utc>,
    parts: &mut Vec<Part>,
) -> Result<Option<Next>, Stop> {
    let found = match subject.call(|system| system.pass(view, now))? {
        Ok(found) => found,
        Err(NotOffered) => {
            parts.push(Part::Pass);
            return Ok(None);
        }
    };
    let next = row.reconcile(view, &subject.policy, now);
    subject.compare(Reply::Passed(Passed::of(next)), Reply::Passed(found))?;
    Ok(Some(next))
}
