//! The inputs, contexts and times that are tried on each row to find its cells.

use super::reached::{FAILED, FAILED_FOR_GOOD, REFUSED, Reached, soon};
use super::timed::boundary;
use crate::{
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Answer, Command, Context, Input, Job, Outcome, Report, Task, Timer},
    testing::case::Case,
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, Fault, Micros, Minutes, SandboxState, Size, SizeChange, Ttl,
    },
};
use alloc::vec::Vec;
use core::num::NonZeroU32;

/// Returns cases of every command: each with its arguments, in each context that a check asks about.
pub(super) fn of_commands(place: &Reached, policy: &Policy) -> Vec<Case> {
    // A sandbox that timed out may have been recovered from its backup before.
    let recovered =
        place.row.status.timed_out_with_backup().then_some(Lifecycle { last_recovery: place.at, ..place.row });
    [Some(place.row), recovered].into_iter().flatten().flat_map(|row| commands_of(row, place, policy)).collect()
}

fn commands_of(row: Lifecycle, place: &Reached, policy: &Policy) -> Vec<Case> {
    let ordinary = Context::of(&row);
    let contexts = [
        ordinary,
        ordinary.with_live_fork_children(1),
        ordinary.with_organization_suspended(true),
        ordinary.with_linked(true),
        other_revision(&row),
    ];
    let of = |command: Command, now: Micros| {
        contexts.map(|context| Case { row, input: command.into(), context, now: now.into() })
    };
    let cases = commands(&row, policy).into_iter().flat_map(|command| of(command, soon(place)));
    let touched_before = of(Command::Touch, row.last_activity.saturating_add_micros(-1));
    cases.chain(touched_before).collect()
}

fn other_revision(row: &Lifecycle) -> Context {
    Context::of(row).with_revision(row.revision().wrapping_sub(1))
}

/// Returns every command with arguments that the rules tell apart.
fn commands(row: &Lifecycle, policy: &Policy) -> Vec<Command> {
    let minutes = |count| Minutes::new(count).unwrap_or(Minutes::MAX);
    let hour = minutes(60);
    let above = minutes(policy.max_auto_archive.get().saturating_add(1));
    let fixed = [
        Command::Start,
        Command::Pause,
        Command::Archive,
        Command::Fork,
        Command::Backup,
        Command::Touch,
        Command::AutoStop { interval: AutoStop::Never },
        Command::AutoStop { interval: AutoStop::After(hour) },
        Command::AutoPause { interval: AutoPause::Never },
        Command::AutoPause { interval: AutoPause::After(hour) },
        Command::AutoArchive { interval: AutoArchive::AtOnce },
        Command::AutoArchive { interval: AutoArchive::After(hour) },
        Command::AutoArchive { interval: AutoArchive::After(above) },
        Command::AutoDelete { interval: AutoDelete::NEVER },
        Command::AutoDelete { interval: AutoDelete::AtOnce },
        Command::AutoDelete { interval: AutoDelete::After(hour) },
        Command::Ttl { interval: Ttl::Never },
        Command::Ttl { interval: Ttl::After(hour) },
    ];
    let flagged = [false, true].into_iter().flat_map(|yes| {
        [
            Command::Stop { force: yes },
            Command::Destroy { force: yes },
            Command::Snapshot { include_memory: yes },
            Command::Recover { start: yes },
        ]
    });
    let Size { cpu, memory, disk } = row.size;
    let none = SizeChange { cpu: None, memory: None, disk: None };
    let around = |now: u32| [now.saturating_sub(1), now, now.saturating_add(1)].map(NonZeroU32::new);
    let cpus = around(cpu).map(|cpu| SizeChange { cpu, ..none });
    let memories = around(memory).map(|memory| SizeChange { memory, ..none });
    let disks = around(disk).map(|disk| SizeChange { disk, ..none });
    let resizes = [cpus, memories, disks].into_iter().flatten().chain([none]).map(Command::Resize);
    fixed.into_iter().chain(flagged).chain(resizes).collect()
}

/// Returns cases of every report of a runner.
pub(super) fn of_reports(place: &Reached) -> Vec<Case> {
    let row = place.row;
    let context = Context::of(&row);
    let case = |report: Report, context| Case { row, input: report.into(), context, now: soon(place).into() };
    let mut cases = Vec::new();
    for report in reports(&row) {
        cases.push(case(report, context));
        // A stop deletes an ephemeral sandbox unless forks read its disk.
        cases.extend(row.is_ephemeral().then(|| case(report, context.with_live_fork_children(1))));
        let backs_up = matches!(report, Report::Ended { job: Job::Backup { .. }, .. });
        cases.extend(backs_up.then(|| case(report, context.with_runner_draining(true))));
    }
    let first = cases.first().map(|first| Case { context: other_revision(&row), ..*first });
    cases.extend(first);
    cases
}

fn reports(row: &Lifecycle) -> Vec<Report> {
    let (epoch, stale) = (Some(row.epoch()), Some(row.epoch().wrapping_sub(1)));
    let grown = Size { disk: row.size.disk.saturating_add(1), ..row.size };
    let attempts = [Some(row.backup_attempt), Some(row.backup_attempt.wrapping_add(1)), None];
    let jobs = [
        Job::Create,
        Job::Start,
        Job::Stop,
        Job::Destroy,
        Job::Pause,
        Job::Resize { to: grown },
        Job::Snapshot,
        Job::ForkSource,
        Job::ForkChild,
        Job::Recover { start: false },
        Job::Recover { start: true },
    ];
    let jobs = jobs.into_iter().chain(attempts.map(|attempt| Job::Backup { attempt }));
    let outcomes = [Outcome::Completed, FAILED, FAILED_FOR_GOOD];
    let late = Outcome::Completed;
    let ended_late = jobs.clone().map(move |job| Report::Ended { job, outcome: late, epoch: stale });
    let ended = jobs.flat_map(move |job| outcomes.map(|outcome| Report::Ended { job, outcome, epoch }));
    let tasks = [
        Task::Create,
        Task::Restore,
        Task::Start,
        Task::Resume,
        Task::Stop { force: false },
        Task::Pause,
        Task::Destroy,
        Task::Resize { to: grown },
        Task::Snapshot { include_memory: false },
        Task::Fork,
        Task::Recover { start: false },
        Task::Recover { start: true },
        Task::Build,
        Task::Pull,
        Task::Backup { attempt: row.backup_attempt },
        Task::Backup { attempt: row.backup_attempt.wrapping_add(1) },
    ];
    // A change in place returns to the state before the call.
    let in_place = matches!(row.state(), SandboxState::Resizing | SandboxState::Snapshotting | SandboxState::Forking);
    let from: &[_] = if in_place { &[None, Some(SandboxState::Started), Some(SandboxState::Stopped)] } else { &[None] };
    let mut answered = Vec::new();
    for task in tasks {
        answered.push(Report::Answered { task, answer: Answer::Done, from: None, epoch: stale });
        // Without an epoch, these two are decided in another way.
        let by_host = matches!(task, Task::Fork | Task::Recover { .. });
        for answer in [Answer::Accepted, Answer::Done, REFUSED] {
            for from in from {
                let report = Report::Answered { task, answer, from: *from, epoch };
                answered.push(report);
                answered.extend(by_host.then_some(Report::Answered { task, answer, from: *from, epoch: None }));
            }
        }
    }
    let shown = SandboxState::ALL.iter().flat_map(move |state| {
        let fault = (*state == SandboxState::Error).then_some(Fault::Runner);
        [None, epoch].map(|epoch| Report::State { state: *state, fault, recoverable: false, epoch })
    });
    let under_way = [false, true]
        .into_iter()
        .flat_map(move |begun| attempts.map(|attempt| Report::BackupUnderWay { begun, attempt }));
    ended.chain(answered).chain(shown).chain(under_way).chain(ended_late).collect()
}

/// Returns cases of every timer: a microsecond before its boundary, at it, and a microsecond after, in each context that a timer
/// asks about. Where it is not armed, they are a year later.
pub(super) fn of_timers(place: &Reached, policy: &Policy) -> Vec<Case> {
    let row = place.row;
    let ordinary = Context::of(&row);
    let contexts = [
        ordinary,
        ordinary.with_live_fork_children(1),
        ordinary.with_owed_departures(1),
        ordinary.with_runner_unready(true),
        ordinary.with_warm_pool(true),
        other_revision(&row),
    ];
    // A GPU changes no other rule of an ephemeral sandbox than that it is evicted and not forked.
    let with_gpu = Lifecycle { gpus: 1, ..row }.with_facts();
    let evicted = Case { row: with_gpu, input: Timer::SpotEviction.into(), context: ordinary, now: soon(place).into() };
    let may_have_gpu = row.is_ephemeral() && row.state() != SandboxState::Forking && !row.is_fork_child();
    let evicted = may_have_gpu.then_some(evicted);
    let timers = <Timer as strum::VariantArray>::VARIANTS.iter();
    let timed = timers.flat_map(|timer| {
        let at = boundary(&row, *timer, policy, ordinary);
        let times = match at {
            Some(at) => [-1, 0, 1].map(|by| at.saturating_add_micros(by)),
            None => [place.at.saturating_add_minutes(LATER); 3],
        };
        contexts.into_iter().flat_map(move |context| {
            times.map(|now| Case { row, input: Input::Timer(*timer), context, now: now.into() })
        })
    });
    timed.chain(evicted).collect()
}

/// Longer than any interval of these rows, in minutes: two years.
const LATER: i64 = 2 * 365 * 24 * 60;
