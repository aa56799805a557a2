//! Writing a step: one transaction over row, outbox and next deadline.

use super::{
    Attempt, By,
    process::Task,
    store::{Row, is_departure, number_of, reference, runner_name, sandbox_name},
};
use crate::{
    laws::Place,
    mistakes::Mistake,
    network::{HostId, Id},
    world::World,
};
use sandbox_lifecycle::{
    Columns, Effect, Lifecycle, Sandbox,
    record::{ApplyError, Message, OutboxEntries, OutboxEntry, OutboxKey, ServerTexts, StepDetails, Target},
    rules::Task as RunnerTask,
};
use std::rc::Rc;

/// How often a caller's or a runner's message is decided again.
const TRIES: u8 = 6;

impl World {
    /// Writes a step, then goes on; if another write was first, decides again.
    pub fn commit(&mut self, host: HostId, attempt: Attempt) {
        let id = attempt.id;
        match self.write(&attempt) {
            Some(keys) => {
                self.tally.writes += 1;
                let then = matches!(attempt.by, By::Pass).then(|| Box::new(Task::Pass(id)));
                if keys.is_empty() {
                    if let Some(then) = then {
                        self.go_on(host, *then);
                    }
                } else {
                    self.go_on(host, Task::Relay { id, keys, then });
                }
            }
            None => {
                self.tally.conflicts += 1;
                self.decide_again(host, attempt);
            }
        }
    }

    fn decide_again(&mut self, host: HostId, attempt: Attempt) {
        let Attempt { id, by, tries, .. } = attempt;
        match by {
            By::Pass => self.go_on(host, Task::Pass(id)),
            By::Caller(command) if tries < TRIES => self.act(host, id, command, tries + 1),
            By::Report(runner, report) if tries < TRIES => self.take_report(host, id, runner, report, tries + 1),
            By::Eviction => self.evict(host, id, tries + 1),
            By::Caller(_) | By::Report(..) | By::Inventory => {}
        }
    }

    /// Writes a step in one transaction. Returns the keys of the entries to send, or `None` if another write was first.
    fn write(&mut self, attempt: &Attempt) -> Option<Vec<OutboxKey>> {
        let id = attempt.id;
        let before = Rc::clone(&self.store.rows.get(&id)?.sandbox);
        let blindly = self.plan.mistake == Some(Mistake::NoCompareAndSwap);
        let (after, entries) = applied(if blindly { &attempt.read } else { &before }, attempt)?;
        let after = Rc::new(after);
        self.judge_write(id, &before, &after, &attempt.step);
        self.trace(id, || format!("{} => {:?}", attempt.step, after.runner_id()));
        let clock_row = match self.plan.mistake {
            Some(Mistake::DeadlineOfOldRow) => before.lifecycle(),
            Some(_) | None => after.lifecycle(),
        };
        let deadline = self.clock.next(clock_row);
        self.store.rows.insert(id, Row { sandbox: Rc::clone(&after), deadline });
        let mut child = None;
        for effect in attempt.step.effects() {
            match effect {
                Effect::StoreChild => child = Some(self.store_child(&after)),
                Effect::RaiseParent => self.raise_parent(&after),
                Effect::Purge => self.purge(id),
                Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Runner(_) => {}
                Effect::Stamp(_) | Effect::Call(_) | Effect::Remove { .. } | Effect::Release { .. } => {}
                Effect::DiscardBackups { .. } | Effect::Emit(_) => {}
            }
        }
        let restores = after.backup().map(|backup| backup.snapshot.parse().expect("the number of an attempt"));
        let skips = self.plan.mistake == Some(Mistake::NoDepartures);
        let entries = entries.into_iter().filter(|entry| !(skips && is_departure(entry)));
        Some(entries.map(|entry| self.owe(id, entry, restores, child)).collect())
    }

    /// Stores an entry, and notes what its end makes dispensable.
    pub fn owe(&mut self, id: Id, entry: OutboxEntry, restores: Option<u32>, child: Option<Id>) -> OutboxKey {
        let to_runner = match &entry.target {
            Target::Runner(name) => Some(number_of(name)),
            Target::BackupMaker { .. } | Target::BackupStore | Target::Subscribers => None,
        };
        match (entry.message, to_runner) {
            (Message::Remove { .. }, Some(runner)) => self.decide_end(id, Place::Runner(runner), false),
            (Message::Call(call), Some(runner)) if call.task == RunnerTask::Restore => {
                self.decide_end(id, Place::Runner(runner), false);
            }
            (Message::DiscardBackups { before }, _) => {
                self.decide_end(id, Place::Backup(before.wrapping_sub(1)), true);
            }
            (Message::Event(_), _) => self.judge_event(id, &entry.key),
            (Message::Call(_) | Message::Remove { .. } | Message::Release { .. }, _) => {}
        }
        self.enqueue(id, entry, restores, child)
    }

    fn store_child(&mut self, parent: &Sandbox) -> Id {
        let child = self.store.next;
        self.store.next += 1;
        let name = sandbox_name(child);
        let sandbox = parent.fork_child(name.clone(), name, self.time());
        let deadline = self.clock.next(sandbox.lifecycle());
        self.trace(child, || format!("forked: {:?}", sandbox.lifecycle()));
        self.store.rows.insert(child, Row { sandbox: Rc::new(sandbox), deadline });
        self.tally.forks += 1;
        child
    }

    /// Raises the revision of a child's parent: it has one live child less.
    fn raise_parent(&mut self, child: &Sandbox) {
        let parent = child.parent_id().map(number_of).and_then(|parent| self.store.rows.get_mut(&parent));
        if let Some(row) = parent {
            let columns = row.sandbox.lifecycle().columns();
            let raised = Columns { revision: columns.revision.wrapping_add(1), ..columns };
            row.sandbox = Rc::new(with_lifecycle(&row.sandbox, raised.into()));
        }
    }

    fn purge(&mut self, id: Id) {
        let owed = self.store.owing(id).count();
        let story = self.story(id);
        self.verdict.hold(crate::laws::Law::PurgesWait, owed == 0, || format!("{story}: purged, {owed} owed"));
        self.store.rows.remove(&id);
        self.tally.purges += 1;
    }

    /// The mistake of a host that calls before it writes.
    pub fn call_early(&mut self, attempt: &Attempt) {
        let Some((after, entries)) = applied(&attempt.read, attempt) else { return };
        let restores = after.backup().map(|backup| backup.snapshot.parse().expect("the number of an attempt"));
        for entry in entries {
            if matches!((&entry.message, &entry.target), (Message::Call(_), Target::Runner(_))) {
                self.deliver(attempt.id, &entry, restores, None);
            }
        }
    }
}

/// Returns the record after the step, and what the step sends; `None` if the record has changed since.
fn applied(sandbox: &Sandbox, attempt: &Attempt) -> Option<(Sandbox, OutboxEntries)> {
    let mut sandbox = sandbox.clone();
    let runner = attempt.runner.map(runner_name);
    let backup = attempt.backup.map(reference);
    let details = StepDetails { reason: None, runner: runner.as_deref(), backup: backup.as_ref() };
    match sandbox.apply(&attempt.step, details) {
        Ok(entries) => Some((sandbox, entries)),
        Err(ApplyError::Stale(_)) => None,
        Err(error) => panic!("{error}: {} of {:?}", attempt.step, attempt.read.lifecycle()),
    }
}

/// Returns the record with another lifecycle.
pub fn with_lifecycle(sandbox: &Sandbox, lifecycle: Lifecycle) -> Sandbox {
    let texts = ServerTexts {
        backup: sandbox.backup().cloned(),
        previous_runner_id: sandbox.previous_runner_id().map(Into::into),
        parent_id: sandbox.parent_id().map(Into::into),
    };
    Sandbox::from_row(sandbox.dto().clone(), lifecycle, texts)
}
