//! Rows that a platform reaches: a sandbox is created, and commands, reports, timers and passes follow, with a runner that may
//! fail, crash, lose a report or be declared gone. A shorter walk is a smaller case.

use super::{inputs, words};
use crate::{
    controller::{Image, Next, Placement, Question, RunnerStanding, RunnerView, Stored},
    decide::{NewSandbox, Origin},
    lifecycle::{Columns, Lifecycle},
    policy::Policy,
    rules::{Answer, Call, Command, Context, Effect, Job, Outcome, Report, RunnerChange, Step, Task},
    runner::CopyAnswer,
    vocabulary::{AutoDelete, AutoPause, AutoStop, CopyState, Fault, Micros, SandboxClass, SandboxState, SizeChange},
};
use alloc::vec::Vec;
use core::num::NonZeroU32;
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
};

/// The longest walk, in moves.
const LONGEST: usize = 40;

/// Generates a row that a platform reaches from a new sandbox, under the default policy. It shrinks to a shorter walk.
///
/// ```
/// use proptest::{prelude::*, test_runner::TestRunner};
/// use sandbox_lifecycle::testing::reachable_lifecycle;
/// TestRunner::deterministic().run(&reachable_lifecycle(), |row| {
///     prop_assert!(row.violations().is_empty());
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn reachable_lifecycle() -> impl Strategy<Value = Lifecycle> + Clone {
    (new_sandbox(), words::usual_micros(), vec(a_move(), 0..LONGEST))
        .prop_map(|(new, created, moves)| {
            let policy = Policy::default();
            let created_at = created.into();
            let row = Lifecycle::create(&new, &policy, created_at)
                .or_else(|_| Lifecycle::create(&NewSandbox::default(), &policy, created_at))
                .unwrap_or_else(|_| Columns::default().into());
            let mut walk =
                Walk { row, copy: CopyState::None, work: None, whole: false, now: created, policy, gone: false };
            moves.into_iter().for_each(|next| walk.take(next));
            walk.row
        })
        .boxed()
}

/// Generates the settings of a new sandbox; `create` refuses some of them.
fn new_sandbox() -> impl Strategy<Value = NewSandbox> + Clone {
    let kind = (
        select(<Origin as strum::VariantArray>::VARIANTS),
        prop_oneof![2 => Just(SandboxClass::Container), 2 => Just(SandboxClass::LinuxVm), 1 => words::class()],
        prop_oneof![9 => Just(0u8), 1 => 1u8..9],
    );
    let idle = prop_oneof![
        2 => Just((None, None)),
        2 => words::auto_stop().prop_map(|stop| (Some(stop), None)),
        2 => words::auto_pause().prop_map(|pause| (None, Some(pause))),
        1 => Just((Some(AutoStop::Never), Some(AutoPause::Never))),
    ];
    let delete =
        prop_oneof![2 => Just(None), 1 => Just(Some(AutoDelete::AtOnce)), 1 => words::auto_delete().prop_map(Some)];
    let limits = (option::weighted(0.3, words::ttl()), option::weighted(0.3, words::queue_timeout()));
    (kind, words::storable_size(), idle, option::of(words::auto_archive()), delete, limits).prop_map(
        |((origin, class, gpu), size, (auto_stop, auto_pause), auto_archive, auto_delete, (ttl, queue))| NewSandbox {
            origin,
            class,
            size,
            gpu,
            auto_stop,
            auto_pause,
            auto_archive,
            auto_delete: if gpu > 0 { Some(AutoDelete::AtOnce) } else { auto_delete },
            ttl: ttl.unwrap_or_default(),
            queue_timeout: queue.flatten(),
            ..NewSandbox::default()
        },
    )
}

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// A caller sends the command, or one that is accepted.
    Command(Command, Index),
    /// The runner ends its work: with a report, or without one.
    Ends { outcome: Outcome, reports: bool },
    /// The runner refuses the call.
    Refuses { fault: Fault, recoverable: bool },
    /// The backup maker reports, or its report is lost.
    Backup { begins: bool, outcome: Outcome, reports: bool },
    /// The runner's copy changes by itself, and the runner reports it, with the epoch or without.
    Crashes { fault: Option<Fault>, has_epoch: bool },
    /// A controller makes a pass.
    Pass { placement: Placement, image: Image, ready: bool },
    /// The operator declares the runner gone.
    Gone,
    /// Time goes on, and the due timers act.
    Wait { minutes: u32 },
    /// The platform evicts a spot sandbox.
    Evict,
}

fn a_move() -> impl Strategy<Value = Move> + Clone {
    let placement =
        select(&[Placement::Warm, Placement::Cold, Placement::NoRoom, Placement::InFlight(Image::Failed)][..]);
    let image = prop_oneof![4 => Just(Image::Ready), 1 => Just(Image::Missing), 1 => Just(Image::Failed)];
    let ready = prop::bool::weighted(0.9);
    let passes = (placement, image, ready).prop_map(|(placement, image, ready)| Move::Pass { placement, image, ready });
    let outcome = || prop_oneof![3 => Just(Outcome::Completed), 1 => inputs::outcome()];
    let reports = || prop::bool::weighted(0.8);
    let crash = (option::of(words::fault()), any::<bool>());
    let minutes = prop_oneof![3 => 0u32..10, 2 => 10u32..200, 1 => 200u32..20_000, 1 => 0u32..3_000_000];
    prop_oneof![
        8 => passes,
        5 => (inputs::command(), any::<Index>()).prop_map(|(command, which)| Move::Command(command, which)),
        6 => (outcome(), reports()).prop_map(|(outcome, reports)| Move::Ends { outcome, reports }),
        1 => (words::fault(), any::<bool>()).prop_map(|(fault, recoverable)| Move::Refuses { fault, recoverable }),
        3 => (any::<bool>(), outcome(), reports())
            .prop_map(|(begins, outcome, reports)| Move::Backup { begins, outcome, reports }),
        1 => crash.prop_map(|(fault, has_epoch)| Move::Crashes { fault, has_epoch }),
        1 => Just(Move::Gone),
        4 => minutes.prop_map(|minutes| Move::Wait { minutes }),
        1 => Just(Move::Evict),
    ]
}

/// A sandbox, its runner and the backup store.
struct Walk {
    row: Lifecycle,
    /// What the row's runner has.
    copy: CopyState,
    /// The call that the runner works on.
    work: Option<Call>,
    /// The store has the whole backup of the last attempt.
    whole: bool,
    gone: bool,
    now: Micros,
    policy: Policy,
}

impl Walk {
    fn take(&mut self, next: Move) {
        self.now = self.now.saturating_add_micros(1_000_000);
        match next {
            Move::Command(command, which) => self.command(command, which),
            Move::Ends { outcome, reports } => self.end(outcome, reports),
            Move::Refuses { fault, recoverable } => {
                if let Some(Call { task, epoch }) = self.work.take() {
                    let answer = Answer::Refused { fault, recoverable };
                    self.report(Report::Answered { task, answer, from: None, epoch: Some(epoch) });
                }
            }
            Move::Backup { begins, outcome, reports } => self.back_up(begins, outcome, reports),
            Move::Crashes { fault, has_epoch } => self.crash(fault, has_epoch),
            Move::Pass { placement, image, ready } => {
                let runner = match (self.gone, ready) {
                    (true, _) => RunnerStanding::Gone,
                    (false, true) => RunnerStanding::Ready,
                    (false, false) => RunnerStanding::NotReady,
                };
                self.pass(RunnerView { placement, image, runner, ..RunnerView::of(&self.row) });
            }
            Move::Gone => {
                self.gone = self.row.has_runner();
                self.pass(RunnerView { runner: RunnerStanding::Gone, ..RunnerView::of(&self.row) });
            }
            Move::Wait { minutes } => {
                self.now = self.now.saturating_add_minutes(minutes.into());
                // A handful of timers act in a row at most.
                for _ in 0..4 {
                    let due = self.row.due(&self.policy, Context::of(&self.row), self.now.into());
                    due.into_iter().for_each(|step| self.apply(&step));
                }
            }
            Move::Evict => {
                let evicted = self.row.decide(
                    crate::rules::Timer::SpotEviction,
                    &self.policy,
                    Context::of(&self.row),
                    self.now.into(),
                );
                evicted.into_iter().for_each(|step| self.apply(&step));
            }
        }
    }

    /// Sends the command if it is accepted, otherwise one that is.
    fn command(&mut self, command: Command, which: Index) {
        let context = Context::of(&self.row);
        // Nobody asks for a size that no database takes.
        let cpu = NonZeroU32::new(self.row.size().cpu.saturating_add(1).min(i32::MAX.unsigned_abs()));
        let accepted = |command: &Command| {
            let is_resize = matches!(command, Command::Resize(_));
            let larger = Command::Resize(SizeChange { cpu, ..SizeChange::default() });
            let command = if is_resize { &larger } else { command };
            let decided = self.row.decide(command, &self.policy, context, self.now.into());
            decided.ok().filter(|step| !step.is_noop())
        };
        let steps = accepted(&command).map_or_else(
            || Command::EXAMPLES.as_flattened().iter().filter_map(accepted).collect::<Vec<_>>(),
            |step| Vec::from([step]),
        );
        if !steps.is_empty() {
            let step = *which.get(&steps);
            self.apply(&step);
        }
    }

    fn end(&mut self, outcome: Outcome, reports: bool) {
        let Some(Call { task, epoch }) = self.work.take() else { return };
        if outcome == Outcome::Completed {
            self.copy = after(task, self.copy);
        }
        if let Some(job) = task.job().filter(|_| reports) {
            self.report(Report::Ended { job, outcome, epoch: Some(epoch) });
        }
    }

    fn back_up(&mut self, begins: bool, outcome: Outcome, reports: bool) {
        if !self.row.status.awaits_backup() {
            return;
        }
        let attempt = Some(self.row.backup_attempt());
        if begins {
            return self.report(Report::BackupUnderWay { begun: true, attempt });
        }
        self.whole = outcome == Outcome::Completed;
        if reports {
            self.report(Report::Ended { job: Job::Backup { attempt }, outcome, epoch: None });
        }
    }

    fn crash(&mut self, fault: Option<Fault>, has_epoch: bool) {
        if self.work.is_some() || self.copy == CopyState::None {
            return;
        }
        let state = match fault {
            Some(_) => SandboxState::Error,
            None => {
                self.copy = CopyState::AtRest;
                SandboxState::Stopped
            }
        };
        let epoch = has_epoch.then_some(self.row.epoch());
        self.report(Report::State { state, fault, recoverable: fault.is_some(), epoch });
    }

    /// Makes passes until there is nothing to ask.
    fn pass(&mut self, view: RunnerView) {
        let mut view = view;
        // A pass asks two questions at most.
        for _ in 0..3 {
            match self.row.reconcile(&view, &self.policy, self.now.into()) {
                Next::Ask(Question::Runner { .. }) => {
                    let state = if self.work.is_some() { CopyState::Busy } else { self.copy };
                    view = view.answered(CopyAnswer { state, size: None });
                }
                Next::Ask(Question::Store { .. }) => {
                    view.stored = if self.whole { Stored::Whole } else { Stored::Missing };
                }
                Next::Apply(step) => return self.apply(&step),
                Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => return,
            }
        }
    }

    fn report(&mut self, report: Report) {
        let decided = self.row.decide(report, &self.policy, Context::of(&self.row), self.now.into());
        decided.into_iter().for_each(|step| self.apply(&step));
    }

    fn apply(&mut self, step: &Step) {
        // A row that is removed is no row any more.
        if step.effects().any(|effect| effect == Effect::Purge) {
            return;
        }
        let Ok(row) = step.apply(self.row) else { return };
        if row.epoch() != self.row.epoch() {
            self.work = None;
        }
        for effect in step.effects() {
            match effect {
                Effect::Call(call) if matches!(call.task, Task::Backup { .. }) => self.whole = false,
                Effect::Call(call) => self.work = Some(call),
                Effect::Runner(RunnerChange::Kept) => {}
                Effect::Runner(_) => (self.copy, self.work, self.gone) = (CopyState::None, None, false),
                Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Stamp(_) => {}
                Effect::StoreChild | Effect::Remove { .. } | Effect::Release { .. } | Effect::Purge => {}
                Effect::DiscardBackups { .. } | Effect::RaiseParent | Effect::Emit(_) => {}
            }
        }
        // A step that assigns a runner calls it after the assignment.
        if let Some(call) = step.call() {
            self.work = Some(call);
        }
        self.row = row;
    }
}

/// Returns what the runner has after a task.
const fn after(task: Task, copy: CopyState) -> CopyState {
    match task {
        Task::Create | Task::Restore | Task::Start | Task::Resume => CopyState::Running,
        Task::Stop { .. } | Task::Recover { .. } => CopyState::AtRest,
        Task::Pause => CopyState::Paused,
        Task::Destroy => CopyState::None,
        Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Build | Task::Pull => copy,
        Task::Backup { .. } => copy,
    }
}
