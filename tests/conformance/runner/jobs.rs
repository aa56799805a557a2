//! The rows of `jobs`: the end of a job of a runner. A fork has two rows: first the source, then the child.

use crate::{
    commands::now,
    judge::{Answer, applied, flag},
    reports::{before, error_after, events},
    table::Row,
};
use sandbox_lifecycle::{
    Columns, Context, DesiredState, Lifecycle, Policy, Report, SandboxState, Step,
    rules::{Cause, Ignored, Job, Outcome},
    vocabulary::{Fault, Size},
};

/// The size that a resize job sets.
const NEW_SIZE: Size = Size { cpu: 3, memory: 5, disk: 11 };

fn outcome(row: &Row) -> Outcome {
    let failed = |text: &str, recoverable| Outcome::Failed { fault: Fault::recognize(text), recoverable };
    match row.get("status") {
        "COMPLETED" => Outcome::Completed,
        "FAILED" => failed("the disk is gone", false),
        "FAILED_RECOVERABLE" => failed("the disk is full", true),
        "FAILED_TIMEOUT" => failed("Timeout while starting sandbox", false),
        other => panic!("no such status: {other}"),
    }
}

fn job(row: &Row) -> Job {
    match (row.get("job"), row.get("arg")) {
        ("CREATE_SANDBOX", _) => Job::Create,
        ("START_SANDBOX", _) => Job::Start,
        ("STOP_SANDBOX", _) => Job::Stop,
        ("DESTROY_SANDBOX", _) => Job::Destroy,
        ("PAUSE_SANDBOX", _) => Job::Pause,
        ("RESIZE_SANDBOX", _) => Job::Resize { to: NEW_SIZE },
        ("SNAPSHOT_SANDBOX", _) => Job::Snapshot,
        ("FORK_SANDBOX", "source") => Job::ForkSource,
        ("FORK_SANDBOX", "fork") => Job::ForkChild,
        ("RECOVER_SANDBOX", arg) => Job::Recover { start: arg == "start" },
        ("CREATE_BACKUP", "stale") => Job::Backup { attempt: Some(7) }, // The row awaits no such attempt.
        ("CREATE_BACKUP", _) => Job::Backup { attempt: None },
        other => panic!("no such job: {other:?}"),
    }
}

fn decide(row: &Lifecycle, job: Job, outcome: Outcome, draining: bool) -> Step {
    let report = Report::Ended { job, outcome, epoch: None };
    let context = Context::of(row).with_runner_draining(draining);
    row.decide(report, &Policy::recorded(), context, now()).expect("a job's end is never refused")
}

/// Returns the other row of a fork at the end of the job.
fn other(row: &Row) -> Option<(Lifecycle, Job)> {
    let base = before(row);
    let columns = match (row.get("job"), row.get("arg")) {
        ("FORK_SANDBOX", "source") => {
            let child = Columns { state: SandboxState::Creating, pending: true, ..base };
            (Columns { desired_state: DesiredState::Started, ..child }, Job::ForkChild)
        }
        ("FORK_SANDBOX", "fork") => {
            let source = Columns { state: SandboxState::Forking, pending: true, ..base };
            (Columns { desired_state: DesiredState::Started, ..source }, Job::ForkSource)
        }
        _ => return None,
    };
    Some((columns.0.into(), columns.1))
}

fn shown(row: &Lifecycle) -> String {
    format!("{}|{}|{}", row.state(), row.desired_state(), flag(row.pending()))
}

pub fn judge(row: &Row) -> Option<Answer> {
    let before = Lifecycle::from(Columns {
        has_backup_ref: row.is("has_backup_ref"),
        recoverable: row.is("recoverable"),
        ..before(row)
    });
    let draining = row.get("arg") == "draining";
    let (job, outcome) = (job(row), outcome(row));
    let step = decide(&before, job, outcome, draining);
    let after = applied(&step, before);
    let void = step.cause() == Cause::Ignored(Ignored::NotWanted);
    let (other_state, steps) = match other(row) {
        None => ("-".to_owned(), vec![step]),
        Some((child, Job::ForkChild)) if void => (shown(&child), vec![step]),
        Some((child, Job::ForkChild)) => {
            let second = decide(&child, Job::ForkChild, outcome, draining);
            (shown(&applied(&second, child)), vec![step, second])
        }
        Some((source, job)) => {
            let second = decide(&source, job, outcome, draining);
            (shown(&applied(&second, source)), vec![second, step])
        }
    };
    Some(Answer::from([
        ("invalid", flag(step.cause() == Cause::Ignored(Ignored::Incoherent))),
        ("state'", after.state().to_string()),
        ("desired'", after.desired_state().to_string()),
        ("pending'", flag(after.pending())),
        ("backup'", after.backup_state().to_string()),
        ("recoverable'", flag(after.recoverable())),
        ("error'", error_after(&before, &[step])),
        ("runner'", flag(after.has_runner())),
        ("events", events(&steps)),
        ("other_state", other_state),
        ("resized", flag(after.size() == NEW_SIZE)),
        ("backup_ref", flag(after.has_backup_ref())),
    ]))
}
