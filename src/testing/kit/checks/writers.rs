//! Two writers of one row: every order in which they read and write, for every pair of inputs that a row accepts.

use crate::{
    lifecycle::{Columns, Lifecycle},
    rules::{Command, Context, Effect, Input, Step},
    testing::{
        case::Case,
        kit::{
            cases::{self, Plan, plainer, smaller_rows, within},
            failure::{Act, Failure, Law, Reply, Story, Wrong},
            report::{Part, Report},
            subject::{Stop, Subject, Trial},
            system::{NotOffered, Prepared, System, Writer},
        },
        strategies::Inputs,
    },
};
use alloc::{boxed::Box, collections::BTreeSet, format, string::String, vec::Vec};
use chrono::{DateTime, TimeDelta, Utc};

/// Two inputs that one row accepts, and the order in which their writers read and write.
#[derive(Clone)]
struct Race {
    row: Lifecycle,
    context: Context,
    /// The first writer's time. The second decides a second later.
    now: DateTime<Utc>,
    inputs: [Input; 2],
    order: [Op; 4],
}

/// What a writer does.
#[derive(Clone, Copy)]
enum Op {
    Reads(Writer),
    Writes(Writer),
}

/// Every order in which two writers read and write.
const ORDERS: [[Op; 4]; 6] = {
    use Op::{Reads, Writes};
    use Writer::{A, B};
    [
        [Reads(A), Reads(B), Writes(A), Writes(B)],
        [Reads(A), Reads(B), Writes(B), Writes(A)],
        [Reads(B), Reads(A), Writes(A), Writes(B)],
        [Reads(B), Reads(A), Writes(B), Writes(A)],
        [Reads(A), Writes(A), Reads(B), Writes(B)],
        [Reads(B), Writes(B), Reads(A), Writes(A)],
    ]
};

/// Compares what becomes of two writers of one row, for every pair of inputs in every state that accepts both.
pub(crate) fn check<S: System>(plan: &Plan, system: &mut S) -> Result<Report, Failure> {
    let mut subject = Subject::new(system);
    let mut report = Report::of_nothing();
    let (policy, held) = (subject.policy.clone(), subject.held.clone());
    let fit = |case: Case| if held.is_all() { case } else { within(case, |column| held.has(column)) };
    let mut seen = BTreeSet::new();
    for case in cases::cases(plan, &policy).map(fit) {
        let accepted = accepted(&plan.inputs, &case, &subject);
        let pairs =
            accepted.iter().enumerate().flat_map(|(at, one)| accepted.iter().skip(at).map(move |two| [*one, *two]));
        for inputs in pairs.filter(|inputs| seen.insert(key(&case.row, inputs))) {
            for order in ORDERS {
                let race = Race { row: case.row, context: case.context, now: case.now, inputs, order };
                report.count();
                match run(&mut subject, &race) {
                    Trial::Right(parts) if parts.is_empty() => {}
                    Trial::Right(_) => return Err(Failure::NotOffered(Part::TwoWriters)),
                    Trial::Declined(declined) => report.decline(declined),
                    Trial::Wrong(found) => {
                        return Err(subject.settle(plan, report.cases, (race, *found), smaller, run));
                    }
                }
            }
        }
    }
    Ok(report)
}

/// Returns what distinguishes two races: both states, and the two inputs.
fn key(row: &Lifecycle, inputs: &[Input; 2]) -> String {
    format!("{} {} {inputs:?}", row.state(), row.desired_state())
}

/// Returns the inputs of the plan that the row of a case accepts: its own input, and every command. It leaves out what writes
/// nothing, and what removes the record, because no row is stored afterwards.
fn accepted<S: System>(chosen: &Inputs, case: &Case, subject: &Subject<'_, S>) -> Vec<Input> {
    let mut inputs = Vec::from([case.input]);
    for command in Command::EXAMPLES.as_flattened().iter().map(|command| Input::from(*command)) {
        if chosen.contain(&command) && !inputs.contains(&command) {
            inputs.push(command);
        }
    }
    let context = case.context.with_revision(case.row.revision());
    let times = [case.now, second(case.now)];
    inputs.retain(|input| {
        let mut steps = times.iter().map(|now| case.row.decide(*input, &subject.policy, context, *now));
        steps.all(|decided| decided.is_ok_and(|step| writes_row(&step)))
    });
    inputs
}

fn writes_row(step: &Step) -> bool {
    !step.is_noop() && step.effects().all(|effect| effect != Effect::Purge)
}

fn second(first: DateTime<Utc>) -> DateTime<Utc> {
    first.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(first)
}

/// A race while it runs: the row that the crate expects, and the step that each writer has prepared.
struct Running {
    row: Lifecycle,
    steps: [Option<Step>; 2],
}

fn run<S: System>(subject: &mut Subject<'_, S>, race: &Race) -> Trial {
    let mut story = Story { given: race.row.columns(), acts: Vec::new() };
    let mut running = Running { row: race.row, steps: [None, None] };
    if let Err(stop) = subject.store(&race.row) {
        return stop.in_story(|| story);
    }
    for op in race.order {
        let done = match op {
            Op::Reads(writer) => prepare(subject, race, writer, &mut running, &mut story),
            Op::Writes(writer) => commit(subject, race, writer, &mut running, &mut story),
        };
        match done {
            Ok(Ok(())) => {}
            Ok(Err(NotOffered)) => return Trial::Right(Vec::from([Part::TwoWriters])),
            Err(stop) => return stop.in_story(|| story),
        }
    }
    Trial::Right(Vec::new())
}

/// Returns the input and the time of a writer.
const fn of(race: &Race, writer: Writer) -> Input {
    let [first, second] = race.inputs;
    match writer {
        Writer::A => first,
        Writer::B => second,
    }
}

fn time(race: &Race, writer: Writer) -> DateTime<Utc> {
    match writer {
        Writer::A => race.now,
        Writer::B => second(race.now),
    }
}

impl Running {
    const fn step(&mut self, writer: Writer) -> &mut Option<Step> {
        let [first, second] = &mut self.steps;
        match writer {
            Writer::A => first,
            Writer::B => second,
        }
    }
}

type Done = Result<Result<(), NotOffered>, Stop>;

fn prepare<S: System>(
    subject: &mut Subject<'_, S>,
    race: &Race,
    writer: Writer,
    running: &mut Running,
    story: &mut Story,
) -> Done {
    let (input, now) = (of(race, writer), time(race, writer));
    let context = race.context.with_revision(running.row.revision());
    story.acts.push((now, Act::Prepare { writer, input }));
    let decided = running.row.decide(input, &subject.policy, context, now);
    let found = match subject.call(|system| system.prepare(writer, input, context, now))? {
        Ok(found) => found,
        Err(not_offered) => return Ok(Err(not_offered)),
    };
    let expected = match &decided {
        Ok(_) => Prepared::Ready,
        Err(refusal) => Prepared::Refused(subject.code(refusal.reason())),
    };
    *running.step(writer) = decided.ok();
    subject.compare(Reply::Prepared(expected), Reply::Prepared(found)).map(Ok)
}

fn commit<S: System>(
    subject: &mut Subject<'_, S>,
    race: &Race,
    writer: Writer,
    running: &mut Running,
    story: &mut Story,
) -> Done {
    // A refused input has nothing to write.
    let Some(step) = running.step(writer).take() else { return Ok(Ok(())) };
    story.acts.push((time(race, writer), Act::Commit(writer)));
    let found = match subject.call(|system| system.commit(writer))? {
        Ok(found) => found,
        Err(not_offered) => return Ok(Err(not_offered)),
    };
    let after = step.apply(running.row);
    let writes = step.expects().revision.is_some();
    if found.wrote && writes && after.is_err() {
        let how = format!("{writer} wrote, but what it has read is stale: the other writer was first");
        return Err(Wrong::BrokenLaw { law: Law::OneWriterWins, how }.into());
    }
    // A step that writes nothing, or an older touch, is neither written nor late.
    let wrote = if writes { after.is_ok() } else { found.wrote };
    running.row = after.unwrap_or(running.row);
    let expected: Box<Columns> = Box::new(running.row.columns());
    subject.compare(Reply::Committed(wrote, expected), Reply::Committed(found.wrote, found.row)).map(Ok)
}

fn smaller(race: &Race) -> Vec<Race> {
    let [first, second] = race.inputs;
    let ordinary = Context::of(&race.row);
    let contexts = (race.context != ordinary).then(|| Race { context: ordinary, ..race.clone() });
    let firsts = plainer(first).into_iter().map(|first| Race { inputs: [first, second], ..race.clone() });
    let seconds = plainer(second).into_iter().map(|second| Race { inputs: [first, second], ..race.clone() });
    let rows = smaller_rows(&race.row, race.now).into_iter().map(|(row, now)| Race { row, now, ..race.clone() });
    contexts.into_iter().chain(firsts).chain(seconds).chain(rows).collect()
}
