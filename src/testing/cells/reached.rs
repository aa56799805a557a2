//! The rows that a platform can reach, found by exploration: from every new sandbox, it tries every command, report, timer
//! and controller pass, and repeats this for every row that results.
//!
//! Each row is the result of a real history: every step was decided and applied, at times that go on.

use super::timed::boundary;
use super::views::{answers, views};
use crate::{
    controller::Next,
    controller::RunnerView,
    decide::{NewSandbox, Origin},
    lifecycle::{Lifecycle, MOST_ATTEMPTS, Status, instants::NEVER},
    policy::Policy,
    rules::{Answer, AsInput, Command, Context, Effect, Job, Outcome, Report, Task, TaskKind, Timer},
    vocabulary::{
        AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, Micros, Minutes, QueueTimeout,
        SandboxClass, SandboxState, SizeChange, Ttl,
    },
};
use alloc::{
    collections::{BTreeSet, VecDeque},
    vec::Vec,
};
use core::num::NonZeroU32;
use std::sync::OnceLock;

/// A row that a platform can reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reached {
    pub(super) row: Lifecycle,
    /// The task that its runner works on.
    pub(super) work: Option<Task>,
    /// How many steps led to it.
    steps: u8,
    /// When the row was last written.
    pub(super) at: Micros,
}

/// When every sandbox is created: 2026-01-01T00:00:00Z.
pub(super) const CREATED: Micros = Micros::from_micros(1_767_225_600_000_000);

/// How long the sandboxes may live: a year, longer than any other timer of theirs.
const LIFE: u32 = 365 * 24 * 60;

pub(super) const FAILED: Outcome = Outcome::Failed { fault: Fault::Timeout, recoverable: true };
pub(super) const FAILED_FOR_GOOD: Outcome = Outcome::Failed { fault: Fault::Other, recoverable: false };
pub(super) const REFUSED: Answer = Answer::Refused { fault: Fault::Refused, recoverable: true };

/// What tells rows apart. Columns that no rule reads in the state of the row, or that differ only in a number, are left out, so
/// that the exploration stays small.
type Key = (Kind, [bool; 9], Status, Option<TaskKind>);

/// The kind of a sandbox: its class, and which of its settings are on.
type Kind = [bool; 6];

/// How many steps a sandbox of a rare kind is followed.
const FEW: u8 = 5;

impl Reached {
    fn kind(&self) -> Kind {
        let row = &self.row;
        [
            row.class.is_vm(),
            row.is_ephemeral(),
            row.gpus > 0,
            row.auto_stop == AutoStop::Never,
            row.auto_pause == AutoPause::Never,
            row.destroy_at == NEVER,
        ]
    }

    /// Whether most rules decide on sandboxes of this kind as on a VM without a GPU, whose timers are the usual ones.
    fn is_rare(&self) -> bool {
        let row = &self.row;
        let other_timers = row.destroy_at == NEVER || (row.auto_stop != AutoStop::Never && !row.is_ephemeral());
        !row.class.is_vm() || row.gpus > 0 || other_timers
    }

    fn key(&self) -> Key {
        let (row, status) = (&self.row, self.row.status);
        let errored = status.state() == SandboxState::Error;
        let placed_again = status.state() == SandboxState::Restoring;
        let archives = status.desired() == DesiredState::Archived;
        let begins = matches!(status.state(), SandboxState::Creating | SandboxState::Error);
        let given_up = status.archive_attempts() == MOST_ATTEMPTS;
        let read = [
            status.has_usable_backup(),
            status.has_any_backup(),
            errored && status.timed_out_with_backup(),
            row.backup_attempt > 0,
            status.has_runner(),
            status.must_ask(),
            status.must_ask_store(),
            errored && status.recoverable(),
            (status.awaits_backup() || status.must_ask_store()) && status.changed_since_backup(),
        ];
        let rest = Status::BLANK
            .with_state(status.state())
            .with_desired(status.desired())
            .with_backup(if status.awaits_backup() { status.backup() } else { BackupState::None })
            .with_repair(status.repair())
            .with_fork_child(begins && status.is_fork_child())
            .with_archive_attempts(if archives || given_up { status.archive_attempts() } else { 0 })
            .with_restore_attempts(if placed_again { status.restore_attempts() } else { 0 });
        (self.kind(), read, rest, self.work.map(Into::into))
    }
}

/// Finds what follows from a policy, for the default policy only once: it takes as long as some thousand cases.
pub(super) fn once<T: Clone>(of_default: &OnceLock<T>, policy: &Policy, find: impl Fn(&Policy) -> T) -> T {
    if *policy == Policy::default() { of_default.get_or_init(|| find(policy)).clone() } else { find(policy) }
}

/// Returns reachable rows, one for each combination of what the rules read, those with the shortest histories first, and then a
/// few that are only storable.
pub(super) fn reached(policy: &Policy) -> Vec<Reached> {
    static OF_DEFAULT: OnceLock<Vec<Reached>> = OnceLock::new();
    once(&OF_DEFAULT, policy, explored)
}

fn explored(policy: &Policy) -> Vec<Reached> {
    let mut exploration = Exploration { policy, seen: BTreeSet::new(), waiting: VecDeque::new(), found: Vec::new() };
    new_rows(policy).for_each(|row| exploration.reach(Reached { row, work: None, steps: 0, at: CREATED }));
    while let Some(place) = exploration.waiting.pop_front() {
        exploration.found.push(place);
        if place.is_rare() && place.steps >= FEW {
            continue;
        }
        exploration.commands(place);
        exploration.runner(place);
        exploration.controller(place);
        exploration.clock(place);
    }
    let stored = stored_in_two_writes(&exploration.found);
    exploration.found.into_iter().chain(stored).collect()
}

/// Returns rows that no step of this crate leaves, and that a platform may store: like the recorded server, it writes the desired
/// state of an archive or a pause before the state.
fn stored_in_two_writes(reached: &[Reached]) -> Vec<Reached> {
    let pairs = [(SandboxState::Stopped, DesiredState::Archived), (SandboxState::Started, DesiredState::Paused)];
    let of = |(state, desired)| {
        let settled = reached.iter().filter(move |place| place.row.state() == state && place.row.is_settled());
        settled.filter(move |place| state == SandboxState::Stopped || place.row.class.is_vm()).map(move |place| {
            let row = Lifecycle { status: place.row.status.with_desired(desired), ..place.row };
            Reached { row: row.repaired(), ..*place }
        })
    };
    pairs.into_iter().flat_map(of).collect()
}

/// Returns new sandboxes of every kind that the rules tell apart. It leaves out those that `create` refuses.
fn new_rows(policy: &Policy) -> impl Iterator<Item = Lifecycle> {
    let minutes = |count| Minutes::new(count).unwrap_or(Minutes::MAX);
    let first = NewSandbox {
        ttl: Ttl::After(minutes(LIFE)),
        queue_timeout: Some(QueueTimeout(minutes(60))),
        auto_delete: Some(AutoDelete::After(minutes(30 * 24 * 60))),
        ..NewSandbox::default()
    };
    let vm = NewSandbox { class: SandboxClass::LinuxVm, auto_pause: Some(AutoPause::After(minutes(60))), ..first };
    let ephemeral = |new| NewSandbox { auto_delete: Some(AutoDelete::AtOnce), auto_pause: None, ..new };
    let gpu = |new| NewSandbox { gpu: 1, gpu_type: GpuType::ALL.first().copied(), ..ephemeral(new) };
    let kinds = [first, vm, ephemeral(first), ephemeral(vm), gpu(first), gpu(vm)];
    let stopped_by = NewSandbox { auto_pause: None, auto_stop: Some(AutoStop::default()), ..vm };
    let without_timers = NewSandbox {
        auto_stop: Some(AutoStop::Never),
        auto_delete: None,
        ttl: Ttl::Never,
        queue_timeout: None,
        ..first
    };
    let origins = <Origin as strum::VariantArray>::VARIANTS;
    let all = origins.iter().flat_map(move |origin| kinds.map(|new| NewSandbox { origin: *origin, ..new }));
    let more = [stopped_by, without_timers, NewSandbox { origin: Origin::ToPull, ..without_timers }];
    all.chain(more).filter_map(|new| Lifecycle::create(&new, policy, CREATED.into()).ok())
}

struct Exploration<'a> {
    policy: &'a Policy,
    seen: BTreeSet<Key>,
    waiting: VecDeque<Reached>,
    found: Vec<Reached>,
}

impl Exploration<'_> {
    fn reach(&mut self, place: Reached) {
        if self.seen.insert(place.key()) {
            self.waiting.push_back(place);
        }
    }

    /// Applies a step. The work goes on until it ends or until work of a newer epoch replaces it. A purge leaves no row.
    fn take(&mut self, place: Reached, step: &crate::rules::Step, work: Option<Task>) {
        if step.is_noop() || step.effects().any(|effect| effect == Effect::Purge) {
            return;
        }
        let Ok(row) = step.apply(place.row) else { return };
        let continued = work.filter(|_| row.epoch == place.row.epoch);
        let work = step.call().map(|call| call.task).or(continued);
        self.reach(Reached { row, work, steps: place.steps.saturating_add(1), at: step.now });
    }

    fn try_input(&mut self, place: Reached, input: impl AsInput, now: Micros, work: Option<Task>) {
        if let Ok(step) = place.row.decide(input, self.policy, Context::of(&place.row), now.into()) {
            self.take(place, &step, work);
        }
    }

    /// Tries all commands that change a state or request a backup, and the child that a fork would create.
    fn commands(&mut self, place: Reached) {
        let now = soon(&place);
        let moves = |command: &&Command| {
            command.verb().moves() || matches!(command, Command::Backup | Command::AutoDelete { .. })
        };
        let cpu = NonZeroU32::new(place.row.size.cpu.saturating_add(1));
        for command in Command::EXAMPLES.as_flattened().iter().filter(moves) {
            let is_resize = matches!(command, Command::Resize(_));
            let larger = Command::Resize(SizeChange { cpu, ..SizeChange::default() });
            self.try_input(place, if is_resize { &larger } else { command }, now, place.work);
        }
        if place.work == Some(Task::Fork) {
            let child = place.row.fork_child(now.into());
            self.reach(Reached { row: child, work: Some(Task::Create), steps: 0, at: now });
        }
    }

    /// Tries the ends of the runner's work, states that it reports unasked, and the ends of a backup.
    fn runner(&mut self, place: Reached) {
        let (now, epoch) = (soon(&place), Some(place.row.epoch));
        for outcome in [Outcome::Completed, FAILED, FAILED_FOR_GOOD] {
            if let Some(job) = place.work.and_then(Task::job) {
                self.try_input(place, Report::Ended { job, outcome, epoch }, now, None);
            }
            let at_rest = matches!(place.row.state(), SandboxState::Stopped | SandboxState::Paused);
            let numbered = (place.row.status.awaits_backup() || place.row.status.must_ask_store())
                .then_some(Some(place.row.backup_attempt));
            // A host that does not number its backups makes them by itself.
            let by_host = (at_rest && place.row.backup_attempt == 0).then_some(None);
            for attempt in numbered.into_iter().chain(by_host) {
                let job = Job::Backup { attempt };
                self.try_input(place, Report::Ended { job, outcome, epoch }, now, place.work);
            }
        }
        if let Some(task) = place.work {
            self.try_input(place, Report::Answered { task, answer: REFUSED, from: None, epoch }, now, None);
        }
        if place.row.status.awaits_backup() {
            let begun = Report::BackupUnderWay { begun: true, attempt: Some(place.row.backup_attempt) };
            self.try_input(place, begun, now, place.work);
        }
        // A runner reports only what it has.
        if !place.row.has_runner() || matches!(place.row.state(), SandboxState::Destroyed) {
            return;
        }
        for state in SandboxState::ALL {
            let fault = (*state == SandboxState::Error).then_some(Fault::Timeout);
            for epoch in [None, epoch] {
                let report = Report::State { state: *state, fault, recoverable: true, epoch };
                self.try_input(place, report, now, place.work);
            }
        }
    }

    fn controller(&mut self, place: Reached) {
        let now = soon(&place);
        let asks = matches!(place.row.reconcile(&RunnerView::of(&place.row), self.policy, now.into()), Next::Ask(_));
        let answered = answers(&place.row).take(if asks { usize::MAX } else { 0 });
        for view in views(&place.row).chain(answered) {
            match place.row.reconcile(&view, self.policy, now.into()) {
                Next::Apply(step) => self.take(place, &step, place.work),
                Next::Ask(_) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => {}
            }
        }
    }

    fn clock(&mut self, place: Reached) {
        let context = Context::of(&place.row);
        for timer in Timer::TIMED {
            if let Some(at) = boundary(&place.row, *timer, self.policy, context) {
                self.try_input(place, *timer, at.max(place.at).saturating_add_micros(1), place.work);
            }
        }
        self.try_input(place, Timer::SpotEviction, soon(&place), place.work);
    }
}

/// A minute later: no time limit is over, and a controller looks again.
pub(super) fn soon(place: &Reached) -> Micros {
    place.at.saturating_add_minutes(1)
}
