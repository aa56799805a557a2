//! The host: it writes steps, carries out their effects, and hands commands, timers and reports to the rules.

use super::actions::{Flaw, Try};
use super::world::{Copy, Leave, Message, NOW, OwedCall, Shows, Work, World, idle, timed};
use crate::laws::Law;
use sandbox_lifecycle::controller::{Finding, ListedBy};
use sandbox_lifecycle::rules::{Call, Cause, Effect, Ignored, Report, RunnerChange, Step, Task};
use sandbox_lifecycle::runner::Listed;
use sandbox_lifecycle::vocabulary::BackupState;
use sandbox_lifecycle::{Columns, Command, Context, Lifecycle, SandboxState, Timer, Verb};

/// The state that a runner reports for what it shows.
pub fn reported(shows: Shows) -> SandboxState {
    match shows {
        Shows::Running => SandboxState::Started,
        Shows::AtRest => SandboxState::Stopped,
        Shows::Paused => SandboxState::Paused,
        Shows::Nothing | Shows::Busy => SandboxState::Destroyed,
    }
}

impl Try<'_> {
    fn context(&self, row: &Lifecycle) -> Context {
        self.world.context(row).with_live_fork_children(self.counted_children(Flaw::CountsNoForks))
    }

    pub fn command(&mut self, command: Command) {
        let Some(row) = self.world.row else { return };
        if let Ok(step) = row.decide(command, &self.model.policy, self.context(&row), NOW) {
            self.write(&step, None);
        } else if command.verb() == Verb::ForceDestroy && self.world.live_children() == 0 {
            self.breaks(Law::RowsAreSound, "a forced destroy is refused");
        }
    }

    pub fn timer(&mut self, over: bool, backup_over: bool) {
        let Some(row) = self.world.row else { return };
        let row = timed(&row, over, backup_over);
        self.world.row = Some(row);
        for timer in Timer::TIMED {
            if let Ok(step) = row.decide(*timer, &self.model.policy, self.context(&row), NOW) {
                self.check_dropped(&step);
            }
        }
        let due = row.due(&self.model.policy, self.context(&row), NOW);
        if let Some(step) = due.filter(|step| !step.effects().any(|effect| effect == Effect::Purge)) {
            self.write(&step, None);
        }
    }

    /// One of the timers that wait for a sandbox to be idle or to be old.
    pub fn idle_timer(&mut self, timer: Timer) {
        let Some(row) = self.world.row.map(|row| idle(&row)) else { return };
        self.world.row = Some(row);
        if let Ok(step) = row.decide(timer, &self.model.policy, self.context(&row), NOW) {
            self.write(&step, None);
        }
    }

    fn check_dropped(&mut self, step: &Step) {
        if step.cause() == Cause::Ignored(Ignored::Incoherent) {
            self.breaks(Law::RowsAreSound, format!("a write is dropped: {step}"));
        }
    }

    /// Writes a step at the revision of its row, and carries out its effects. `place` is the runner that placement found.
    pub fn write(&mut self, step: &Step, place: Option<u8>) {
        self.check_dropped(step);
        if step.is_noop() {
            return;
        }
        let before = self.world.row.expect("a row");
        let after = match step.apply(before) {
            Ok(after) => after,
            Err(stale) => return self.breaks(Law::RowsAreSound, format!("the model wrote a stale step: {stale}")),
        };
        let after = if self.model.flaw == Some(Flaw::HalfStep) && after.state() != before.state() {
            Columns { pending: before.pending(), ..after.columns() }.into()
        } else {
            after
        };
        if !after.violations().is_empty() {
            self.breaks(Law::RowsAreSound, format!("{step} leaves: {}", after.violations()));
        }
        self.world.row = Some(after);
        let left = self.world.host.own;
        for effect in step.effects() {
            match effect {
                Effect::Runner(RunnerChange::Released | RunnerChange::ReleasedAsPrevious) => {
                    self.world.host.own = None;
                }
                Effect::Runner(RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious) => {
                    self.world.host.own = place;
                }
                Effect::Remove { epoch } => self.owe(left, true, epoch),
                Effect::Release { epoch } => self.owe(left, false, epoch),
                Effect::DiscardBackups { before } => {
                    let discard = self.world.host.discard.map_or(before, |other| other.max(before));
                    self.world.host.discard = Some(discard);
                }
                Effect::Call(Call { task: Task::Backup { attempt }, epoch }) => {
                    let own = self.world.host.own;
                    self.world.host.backup = own.map(|own| (own, attempt, epoch));
                }
                Effect::Call(Call { task, epoch }) => {
                    let own = self.world.host.own;
                    self.world.host.call = own.map(|to| OwedCall { to, work: Work::of(task), epoch, sent: false });
                }
                Effect::Runner(RunnerChange::Kept) | Effect::GiveUpName | Effect::RotateToken => {}
                Effect::StoreChild => self.child_is_stored(after.epoch()),
                Effect::Reason(_) | Effect::Stamp(_) | Effect::RaiseParent => {}
                Effect::Emit(_) | Effect::Purge => {}
            }
        }
        if self.world.host.own.is_some() != after.has_runner() {
            self.breaks(Law::RowsAreSound, "the row and the host disagree about the runner");
        }
        self.keep_reference(step, &before, &after);
        if self.model.flaw != Some(Flaw::AnyRevision) {
            self.make_stale();
        } else {
            self.world.host.held = None;
        }
        if let (Cause::Command(Verb::Recover), SandboxState::Archived) = (step.cause(), after.state()) {
            self.give_up_newer_disks();
        }
    }

    fn owe(&mut self, left: Option<u8>, removes: bool, epoch: u32) {
        let dropped = if removes { Flaw::NoRemoval } else { Flaw::NoRelease };
        if let Some(to) = left.filter(|_| self.model.flaw != Some(dropped)) {
            let leave = Leave { to, removes, epoch };
            if !self.world.host.leaves.contains(&leave) {
                self.world.host.leaves.push(leave);
            }
        }
    }

    /// What was read or decided before this write no longer counts.
    pub fn make_stale(&mut self) {
        self.world.host.held = None;
        for message in &mut self.world.bag {
            match message {
                Message::Ask { fresh, .. } | Message::Answer { fresh, .. } | Message::StoreAnswer { fresh, .. } => {
                    *fresh = false;
                }
                Message::Call { .. } | Message::End { .. } | Message::Leave(_) => {}
                Message::Lists { .. } | Message::MakeBackup { .. } => {}
                Message::BackupEnd { .. } | Message::Fork { .. } | Message::ChildEnd { .. } => {}
            }
        }
        self.world.bag.sort_unstable();
        self.world.bag.dedup();
    }

    /// Keeps the reference of the backup as the stored record does.
    fn keep_reference(&mut self, step: &Step, before: &Lifecycle, after: &Lifecycle) {
        let completes =
            before.backup_state() != BackupState::Completed && after.backup_state() == BackupState::Completed;
        if completes && !matches!(step.cause(), Cause::Command(_)) {
            self.world.host.reference = Some(after.backup_attempt());
        }
        if !after.has_backup_ref() && !after.kept_backup() {
            self.world.host.reference = None;
        }
    }

    /// A granted recovery from the backup gives up every newer disk.
    fn give_up_newer_disks(&mut self) {
        let Some(disk) = self.world.referenced_disk() else {
            return self.breaks(Law::NewestDiskIsKept, "a recovery is granted, and its backup does not exist");
        };
        for runner in self.world.runners.iter_mut().filter(|runner| runner.disk > disk) {
            runner.disk = 0;
        }
        self.world.host.attempts.iter_mut().filter(|made| made.disk > disk).for_each(|made| made.disk = 0);
    }

    pub fn send_call(&mut self) {
        let once = self.model.flaw == Some(Flaw::NoRepeat);
        let Some(call) = &mut self.world.host.call else { return };
        if once && call.sent {
            return;
        }
        call.sent = once;
        let OwedCall { to, work, epoch, .. } = *call;
        self.world.send(Message::Call { to, work, epoch });
    }

    /// Decides on a report of a runner. Only the row's own runner counts, as in `Sandbox::report`.
    pub fn report(&mut self, from: u8, report: Report) {
        let Some(row) = self.world.row else { return };
        if self.world.host.own != Some(from) {
            return;
        }
        let report = if self.model.flaw == Some(Flaw::NoEpochs) { without_epoch(report) } else { report };
        // A refused report changes nothing.
        if let Ok(step) = row.decide(report, &self.model.policy, self.context(&row), NOW) {
            self.write(&step, None);
        }
    }

    /// Compares the row with what a runner lists.
    pub fn compare(&mut self, from: u8, shows: Shows, epoch: Option<u32>, released: bool) {
        let Some(row) = self.world.row else { return };
        let own = self.world.host.own == Some(from);
        let listed = Listed { epoch, state: shows.state(), size: None, released };
        let listed = (shows != Shows::Nothing).then_some(listed);
        let by = if own { ListedBy::OwnRunner } else { ListedBy::OtherRunner };
        let children = self.counted_children(Flaw::InventoriesCountNoForks);
        match row.compare(by, listed.as_ref(), self.context(&row).with_live_fork_children(children), NOW) {
            Finding::Agrees if own && self.model.flaw == Some(Flaw::AsksEachTime) => self.must_ask(row),
            Finding::Agrees => {}
            Finding::Apply(step) => self.write(&step, Some(from)),
            Finding::Remove { epoch } => self.owe(Some(from), true, epoch),
            Finding::Release { epoch } => self.owe(Some(from), false, epoch),
        }
    }

    /// Notes that the runner must be asked about a sandbox at rest.
    fn must_ask(&mut self, row: Lifecycle) {
        if row.is_settled() && row.has_runner() && !row.must_ask() {
            self.world.row = Some(Columns { must_ask: true, revision: row.revision() + 1, ..row.columns() }.into());
            self.make_stale();
        }
    }

    /// The inventory of this runner.
    pub fn list(&self, from: u8) -> Message {
        let runner = self.world.runner(from);
        let seen = sandbox_lifecycle::runner::CopyAnswer { state: runner.copy.state(), size: None };
        let listed = runner.memory.ledger().list(seen);
        match listed {
            None => Message::Lists { from, shows: Shows::Nothing, epoch: None, released: false },
            Some(Listed { epoch, state, released, .. }) => {
                Message::Lists { from, shows: Shows::of(state), epoch, released }
            }
        }
    }
}

/// The report of a host that knows no epochs.
fn without_epoch(report: Report) -> Report {
    match report {
        Report::State { state, fault, recoverable, .. } => Report::State { state, fault, recoverable, epoch: None },
        Report::Ended { job, outcome, .. } => Report::Ended { job, outcome, epoch: None },
        Report::Answered { .. } | Report::BackupUnderWay { .. } => report,
    }
}

impl World {
    /// The version of the disk in the backup that the row refers to, if the store has all of it.
    pub fn referenced_disk(&self) -> Option<u8> {
        let reference = self.host.reference?;
        let made = self.host.attempts.iter().find(|made| made.number == reference && made.whole);
        made.map(|made| made.disk)
    }

    /// Whether some copy runs, or may run, on a runner that is not fenced.
    pub fn runs_on(&self, id: u8) -> bool {
        let runner = self.runner(id);
        let may_run = runner
            .job
            .is_some_and(|(epoch, _)| runner.memory.work.is_some_and(|(work, of, _)| of == epoch && work.may_run()));
        runner.copy == Copy::Running || may_run
    }
}
