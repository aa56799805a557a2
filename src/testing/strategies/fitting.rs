//! Inputs that fit a row: a report about the job that runs, a timer that is armed.

use crate::{
    clock::Clock,
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Context, Input, Job, Report, Task, TaskKind, Timer},
    vocabulary::Micros,
};
use alloc::vec::Vec;
use proptest::sample::Index;

/// Whether an input is made to fit the row, and which one of several that fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    pub(super) fits: bool,
    pub(super) which: Index,
}

/// Returns the input as it fits the row, if it is to fit. A timer becomes one of `timers` that is armed.
pub(super) fn fitting(input: Input, row: &Lifecycle, timers: &[Timer], policy: &Policy, fit: Fit) -> Input {
    if !fit.fits {
        return input;
    }
    match input {
        Input::Command(_) => input,
        Input::Report(report) => Input::Report(fitting_report(report, row)),
        Input::Timer(timer) => {
            let boundaries = Clock::new(policy).boundaries(row, Context::of(row));
            let armed = Timer::TIMED.iter().zip(boundaries).filter(|(_, at)| Clock::passes_at(*at).is_some());
            let armed: Vec<Timer> = armed.map(|(timer, _)| *timer).filter(|timer| timers.contains(timer)).collect();
            // A timer that is armed keeps its turn.
            if armed.is_empty() || armed.contains(&timer) { input } else { Input::Timer(*fit.which.get(&armed)) }
        }
    }
}

fn fitting_report(report: Report, row: &Lifecycle) -> Report {
    let epoch = Some(row.epoch());
    match report {
        // A host without epochs sends the same report.
        Report::State { epoch: None, .. } => report,
        Report::State { state, fault, recoverable, epoch: Some(_) } => {
            Report::State { state, fault, recoverable, epoch }
        }
        Report::Ended { job: Job::Backup { attempt: Some(_) }, outcome, .. } => {
            Report::Ended { job: Job::Backup { attempt: Some(row.backup_attempt()) }, outcome, epoch }
        }
        Report::Ended { job, outcome, .. } => {
            let job = awaited(row).and_then(|task| task.job()).unwrap_or(job);
            Report::Ended { job, outcome, epoch }
        }
        Report::Answered { task, answer, from, .. } => {
            Report::Answered { task: awaited(row).unwrap_or(task), answer, from, epoch }
        }
        Report::BackupUnderWay { begun, .. } => Report::BackupUnderWay { begun, attempt: Some(row.backup_attempt()) },
    }
}

/// Returns the task whose end the row awaits, with arguments that suit it.
fn awaited(row: &Lifecycle) -> Option<Task> {
    Some(match row.awaited_task()? {
        TaskKind::Create => Task::Create,
        TaskKind::Restore => Task::Restore,
        TaskKind::Start => Task::Start,
        TaskKind::Resume => Task::Resume,
        TaskKind::Stop => Task::Stop { force: row.force_stop() },
        TaskKind::Pause => Task::Pause,
        TaskKind::Destroy => Task::Destroy,
        TaskKind::Resize => Task::Resize { to: row.size() },
        TaskKind::Snapshot => Task::Snapshot { include_memory: false },
        TaskKind::Fork => Task::Fork,
        TaskKind::Recover => Task::Recover { start: row.desired_state() == crate::vocabulary::DesiredState::Started },
        TaskKind::Build => Task::Build,
        TaskKind::Pull => Task::Pull,
        TaskKind::Backup => Task::Backup { attempt: row.backup_attempt() },
    })
}

/// Returns the last instant at which a timer does not act yet, if the input is a timer that is armed.
pub(super) fn moment_of_timer(input: Input, row: &Lifecycle, policy: &Policy, context: Context) -> Option<Micros> {
    let Input::Timer(timer) = input else { return None };
    let boundaries = Clock::new(policy).boundaries(row, context);
    let (_, at) = Timer::TIMED.iter().zip(boundaries).find(|(timed, _)| **timed == timer)?;
    Clock::passes_at(at)
}
