//! Into which cell a case of `decide` falls, from the crate's own explanation of its decision.

use super::name::{CellName, ignored_word};
use super::timed;
use crate::{
    decide::Acceptance,
    policy::Policy,
    rules::{
        Answer, Cause, Command, Ignored, Input, Job, Outcome, Refusal, Report, ReportKind, Step, TaskKind, Timer, Verb,
        table::rows::row,
    },
    testing::case::Case,
    vocabulary::{AutoArchive, AutoDelete, SandboxState, Ttl},
};

/// Returns the cell that a case falls into.
///
/// Two cases fall into the same cell if the rules do not tell them apart: the same command is accepted from the same state
/// with the same result, or the same check refuses it; the same job ends in the same state with the same result; the same timer
/// is on the same side of its boundary, or the same condition holds it back.
///
/// ```
/// use sandbox_lifecycle::{Columns, Command, Context, Lifecycle, Policy, testing::{Case, cell_of}};
/// let row = Lifecycle::from(Columns::default());
/// let now = chrono::DateTime::UNIX_EPOCH;
/// let case = Case { row, input: Command::Archive.into(), context: Context::of(&row), now };
/// assert_eq!(cell_of(&case, &Policy::default()).to_string(), "archive/refused/stopped");
/// ```
pub fn cell_of(case: &Case, policy: &Policy) -> CellName {
    match case.input {
        Input::Command(command) => of_command(case, command, policy),
        Input::Report(report) => of_report(case, report, policy),
        Input::Timer(timer) => timed::of_timer(case, timer, policy),
    }
}

fn of_command(case: &Case, command: Command, policy: &Policy) -> CellName {
    let verb = command.verb();
    let name = match setting(verb) {
        Some(setting) => CellName::of("set").with(setting),
        None => CellName::of(verb.as_str()),
    };
    let name = match row(verb).flag {
        Some([yes, no]) => name.with(if command.flag() { yes } else { no }),
        None => name,
    };
    if case.is_of_other_revision() {
        return name.with("other-revision");
    }
    let explained = case.row.explain(command, policy, case.context, case.now);
    let decided = match explained.acceptance() {
        Acceptance::Accepted => case.decide(policy),
        Acceptance::AlreadySo => return name.with("already-so"),
        Acceptance::Refused | Acceptance::ServerDecides => {
            return match explained.failing_checks().next() {
                Some(check) => name.with("refused").with(check.name()),
                None => name.with("refused"),
            };
        }
    };
    let name = name.with("accepted");
    let Ok(step) = decided else { return name.with("refused") };
    if verb.moves() || verb == Verb::Backup {
        return name.with_state(case.row.reported_state()).with_result(&step);
    }
    with_argument(name, case, command, policy)
}

/// Returns the timer that the command sets, if it sets one.
fn setting(verb: Verb) -> Option<&'static str> {
    let timer = match verb {
        Verb::AutoStop => Timer::AutoStop,
        Verb::AutoPause => Timer::AutoPause,
        Verb::AutoArchive => Timer::AutoArchive,
        Verb::AutoDelete => Timer::AutoDelete,
        Verb::Ttl => Timer::Ttl,
        Verb::Start | Verb::Stop | Verb::Destroy | Verb::ForceDestroy | Verb::Pause | Verb::Archive => return None,
        Verb::Resize | Verb::Fork | Verb::Snapshot | Verb::Recover | Verb::Backup | Verb::Touch => return None,
    };
    Some(timer.as_str())
}

/// Adds the kind of argument on which the result of a setting depends.
fn with_argument(name: CellName, case: &Case, command: Command, policy: &Policy) -> CellName {
    match command {
        Command::AutoArchive { interval: AutoArchive::AtOnce } => name.with("at-once"),
        Command::AutoArchive { interval: AutoArchive::After(minutes) } => {
            name.with(if minutes > policy.max_auto_archive { "above-the-maximum" } else { "after" })
        }
        Command::AutoDelete { interval: AutoDelete::AtOnce } => name,
        Command::AutoDelete { interval } => name.with(if interval.as_minutes() < 0 { "never" } else { "after" }),
        Command::Ttl { interval: Ttl::Never } => name.with("never"),
        Command::Ttl { interval: Ttl::After(_) } => name.with("after"),
        Command::Touch => {
            let is_later = case.now > case.row.last_activity_at();
            name.with(if is_later { "later" } else { "not-later" })
        }
        Command::Start | Command::Pause | Command::Archive | Command::Resize(_) | Command::Fork => name,
        Command::Stop { .. } | Command::Destroy { .. } | Command::Snapshot { .. } | Command::Recover { .. } => name,
        Command::Backup | Command::AutoStop { .. } | Command::AutoPause { .. } => name,
    }
}

fn of_report(case: &Case, report: Report, policy: &Policy) -> CellName {
    if case.is_of_other_revision() {
        return CellName::of("report").with("other-revision");
    }
    let state = case.row.state();
    let decided = case.decide(policy);
    let ignored = matches!(&decided, Ok(step) if matches!(step.cause(), Cause::Ignored(_)));
    let name = match report {
        // With an epoch the reported state moves no row, and only one that runs makes a difference.
        Report::State { state: shown, epoch: Some(_), .. } => {
            let name = CellName::of("noticed").labelled("in", state.as_str());
            if shown == SandboxState::Started && !ignored { name.with("running") } else { name }
        }
        Report::State { state: shown, epoch: None, .. } => {
            let name = CellName::of("reported").labelled("in", state.as_str());
            let rests = matches!(state, SandboxState::Started | SandboxState::Stopped | SandboxState::Paused);
            if rests { name.labelled("shows", shown.as_str()) } else { name }
        }
        Report::Ended { job, outcome, .. } => {
            let name = CellName::of("ended").with(job_word(job));
            if is_stale(&decided) {
                return name.with("older-epoch");
            }
            let name = name.with_state(state);
            if ignored { name } else { name.with(outcome_word(outcome)) }
        }
        Report::Answered { task, answer, .. } => {
            let name = CellName::of("answered").with(TaskKind::from(task).into());
            if is_stale(&decided) {
                return name.with("older-epoch");
            }
            let name = name.with(match answer {
                Answer::Accepted => "accepted",
                Answer::Done => "done",
                Answer::Refused { .. } => "refused",
            });
            if ignored { name } else { name.with_state(state) }
        }
        Report::BackupUnderWay { begun, .. } => {
            let name = CellName::of("backup-under-way").with(if begun { "begun" } else { "queued" });
            name.labelled("is", case.row.backup_state().as_str())
        }
    };
    with_answer(name, &decided)
}

fn is_stale(decided: &Result<Step, Refusal>) -> bool {
    matches!(decided, Ok(step) if step.cause() == Cause::Ignored(Ignored::OlderEpoch))
}

fn with_answer(name: CellName, decided: &Result<Step, Refusal>) -> CellName {
    match decided {
        Ok(step) => match step.cause() {
            Cause::Ignored(why) => name.labelled("ignored", ignored_word(why)),
            Cause::Report(_) | Cause::Command(_) | Cause::Already(_) | Cause::Timer(_) | Cause::Controller => {
                name.with_result(step)
            }
        },
        Err(refusal) => name.labelled("refused", refusal.code()),
    }
}

fn job_word(job: Job) -> &'static str {
    let kind: ReportKind = job.kind();
    kind.into()
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Failed { recoverable: true, .. } => "failed-recoverably",
        Outcome::Failed { recoverable: false, .. } => "failed",
    }
}
