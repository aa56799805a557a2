//! The naive model: it passes an input on to the functions for its kind.

use super::{
    answers, backups, clock, commands,
    effects::Taken,
    reports,
    write::{Answered, Write},
};
use crate::{
    lifecycle::Columns,
    policy::Policy,
    rules::{Command, Context, Effect, Event, Input, Job, Outcome, Report},
    vocabulary::Micros,
};
use chrono::{DateTime, Utc};

/// The naive model.
///
/// A host compares its own decision with it: give both the same stored row, and compare the row that the host stores, or the
/// code that it answers.
///
/// ```
/// use sandbox_lifecycle::{Columns, Command, Context, DesiredState, Lifecycle, SandboxState, testing::Model};
///
/// /// What the host stores after a stop.
/// fn stopped(row: Columns) -> Columns {
///     let revision = row.revision.wrapping_add(1);
///     Columns { desired_state: DesiredState::Stopped, pending: true, revision, ..row }
/// }
///
/// let states = (SandboxState::Started, DesiredState::Started);
/// let row = Columns { state: states.0, desired_state: states.1, has_runner: true, ..Columns::default() };
/// let context = Context::of(&Lifecycle::from(row));
/// let expected = Model::default().decide(&row, Command::Stop { force: false }.into(), context, row.created_at);
/// assert_eq!(expected.map(|taken| taken.row), Ok(stopped(row)));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The policy of the model.
    pub policy: Policy,
}

impl Model {
    /// Returns the row after `input` with its effects, or the code of the refusal.
    ///
    /// # Errors
    /// The code, as [`Reason::code`](crate::Reason::code) spells it.
    pub fn decide(
        &self,
        row: &Columns,
        input: Input,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Taken, &'static str> {
        let now = DateTime::from(Micros::from(now)); // A row is exact to the microsecond.
        let row = read(row);
        if context.revision() != row.revision {
            return Err("conflict"); // The context was gathered for another revision.
        }
        let decided = match input {
            Input::Command(command) => commands::decide(&row, command, &self.policy, context, now),
            Input::Report(report) => decide_report(&row, report, context, now),
            Input::Timer(timer) => Ok(clock::decide(&row, timer, &self.policy, context, now)),
        };
        decided.map(|mut taken| match input {
            Input::Command(Command::Touch) => taken, // It leaves the revision as it is.
            Input::Command(
                Command::AutoStop { .. }
                | Command::AutoPause { .. }
                | Command::AutoArchive { .. }
                | Command::AutoDelete { .. }
                | Command::Ttl { .. },
            ) => {
                taken.row.revision = row.revision.wrapping_add(1); // It writes its column also where the value is the same.
                taken
            }
            Input::Command(_) | Input::Report(_) | Input::Timer(_) => taken.raise_revision(&row),
        })
    }

    /// Returns the HTTP status of a code.
    pub fn http_status(code: &str, input: Input) -> u16 {
        let resize = matches!(input, Input::Command(Command::Resize(_)));
        match code {
            "in_progress" | "conflict" | "recover_cooldown" => 409,
            "unsupported_class" | "gpu_unsupported" => 422,
            "no_runner" if !resize => 404,
            "suspended" => 403,
            _bad_request => 400,
        }
    }
}

/// Returns the columns as a row stores them: the last instant means never.
pub(super) fn read(row: &Columns) -> Columns {
    let never = Some(Micros::MAX.into());
    let mut row = *row;
    for time in [&mut row.auto_destroy_at, &mut row.backup_since, &mut row.last_recovery] {
        if *time == never {
            *time = None;
        }
    }
    row
}

fn decide_report(row: &Columns, report: Report, context: Context, now: DateTime<Utc>) -> Answered {
    let mut write = Write::to(row, now);
    write.is_forked = context.live_fork_children() > 0;
    let is_stale = |epoch: Option<u32>| epoch.is_some_and(|epoch| epoch != row.epoch);
    match report {
        Report::State { state, epoch: Some(epoch), .. } => Ok(reports::unasked(row, write, state, epoch)),
        Report::State { state, fault, recoverable, epoch: None } => {
            reports::unsolicited(row, write, state, fault, recoverable)
        }
        Report::Ended { epoch, .. } | Report::Answered { epoch, .. } if is_stale(epoch) => Ok(write.unwritten()),
        Report::Ended { job, outcome, epoch } => {
            let mut ended = reports::ended(row, write, job, outcome, None, context);
            let forked = job == Job::ForkSource && outcome == Outcome::Completed;
            if forked && epoch.is_some() && ended.row != *row {
                ended.effects.push(Effect::Emit(Event::Created));
            }
            Ok(ended)
        }
        Report::Answered { task, answer, from, epoch } => {
            answers::decide(row, write, (task, epoch), answer, from, context)
        }
        Report::BackupUnderWay { begun, attempt } => Ok(backups::under_way(row, write, begun, attempt)),
    }
}
