//! Plays stories with a system next to the crate, and compares every reply.

use super::{
    moves::Move,
    tale::{Tale, beginnings},
    world::World,
};
use crate::{
    controller::Next,
    lifecycle::Lifecycle,
    testing::{
        case::Case,
        kit::{
            cases::{Plan, runner},
            checks::passes::pass_of,
            failure::{Act, Failure, Story},
            report::{Part, Report},
            subject::{Stop, Subject, Trial},
            system::System,
        },
    },
    vocabulary::names,
};
use alloc::{boxed::Box, vec::Vec};
use core::cell::RefCell;

/// The largest number of moves of a story.
const MOVES: usize = 60;
/// How many steps the stories have for each random case of the plan. A step is cheap, and many set the stage only.
const STEPS: u64 = 10;

/// Compares the system with the crate on stories.
pub(crate) fn check<S: System>(plan: &Plan, system: &mut S) -> Result<Report, Failure> {
    let mut subject = Subject::new(system);
    let policy = subject.policy.clone();
    let epochs = subject.held.has_name(names::epoch);
    let report = RefCell::new(Report::new(plan, true, &policy));
    let steps = u64::from(plan.random).saturating_mul(STEPS);
    let run = |subject: &mut Subject<'_, S>, tale: &Tale| play(subject, tale, &report);
    let begins = beginnings(plan, &policy);
    // A story of which nothing can be asked has no step, so that the number of stories ends the check too.
    for number in 0..steps {
        if report.borrow().cases >= steps {
            break;
        }
        let Some(tale) = Tale::random(plan, &policy, (&begins, epochs), MOVES, &mut runner(plan.seed, number)) else {
            break;
        };
        match run(&mut subject, &tale) {
            Trial::Right(parts) => report.borrow_mut().not_offered.extend(parts),
            Trial::Declined(declined) => report.borrow_mut().decline(declined),
            Trial::Wrong(found) => {
                let cases = report.borrow().cases;
                return Err(subject.settle(plan, cases, (tale, *found), Tale::smaller, run));
            }
        }
    }
    Ok(report.into_inner())
}

fn play<S: System>(subject: &mut Subject<'_, S>, tale: &Tale, report: &RefCell<Report>) -> Trial {
    let mut parts = Vec::new();
    let mut story = Story { given: tale.begins.columns(), acts: Vec::new() };
    let mut world = World::new(tale.begins, tale.at, tale.epochs, &subject.policy);
    // A story that the system declines at once counts too, so that the check ends.
    report.borrow_mut().count();
    if let Err(stop) = subject.store(&world.row) {
        return stop.in_story(|| story);
    }
    for next in &tale.moves {
        if world.is_over() {
            break;
        }
        if let Err(stop) = step(subject, &mut world, *next, &mut story, (&mut parts, report)) {
            return stop.in_story(|| story);
        }
    }
    parts.sort_unstable();
    parts.dedup();
    Trial::Right(parts)
}

fn step<S: System>(
    subject: &mut Subject<'_, S>,
    world: &mut World,
    next: Move,
    story: &mut Story,
    (parts, report): (&mut Vec<Part>, &RefCell<Report>),
) -> Result<(), Stop> {
    if let Move::Pass(sight) = next {
        let view = world.view(sight);
        story.acts.push((world.now, Act::Pass(view)));
        report.borrow_mut().count();
        let made = pass_of(subject, &world.row, &view, world.now, parts)?;
        // The crate's controller looks in place of one that the kit cannot reach.
        let is_own = made.is_some();
        let made = made.unwrap_or_else(|| world.row.reconcile(&view, &subject.policy, world.now));
        let Next::Apply(step) = made else { return Ok(()) };
        report.borrow_mut().reach_pass(&world.row, &view, &subject.policy, world.now);
        world.write(&step);
        if !is_own {
            story.acts.pop();
            story.acts.push((world.now, Act::Store(Box::new(world.row.columns()))));
            subject.store(&world.row)?;
        }
    } else if let Some(input) = world.prepare(next) {
        let context = world.context();
        let case = Case { row: world.row, input, context, now: world.now };
        story.acts.push((world.now, Act::Input { input, context }));
        report.borrow_mut().count();
        subject.decide(&case, parts)?;
        report.borrow_mut().reach(&case, &subject.policy);
        if let Ok(step) = world.row.decide(input, &subject.policy, context, world.now) {
            world.write(&step);
        }
    } else {
        return Ok(());
    }
    if world.is_over() {
        return Ok(());
    }
    let row: Lifecycle = world.row;
    story.acts.push((world.now, Act::NextLook));
    subject.look(&row, parts)?;
    story.acts.pop();
    Ok(())
}
