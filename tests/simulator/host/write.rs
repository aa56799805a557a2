//! Writing a step: one transaction over row, outbox and next deadline.

use super::{
    Attempt, By, Desk, Platform,
    process::Task,
    store::{Row, parent_of},
};
use crate::mistakes::Mistake;
use sandbox_lifecycle::{
    Columns, Effect, Lifecycle, Sandbox,
    record::{ApplyError, Message, OutboxEntries, OutboxKey, ServerTexts, StepDetails, Target},
    testing::simulation::{Crash, Payload, Row as Shown, SandboxId},
};
use std::rc::Rc;

/// How often a caller's or a runner's message is decided again.
const TRIES: u8 = 6;

impl Platform {
    /// Writes a step, then goes on; if another write was first, decides again.
    pub fn commit(&mut self, attempt: Attempt, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let id = attempt.id;
        match self.write(&attempt, desk) {
            Some(keys) => {
                let then = matches!(attempt.by, By::Pass).then(|| Box::new(Task::Pass(id)));
                if keys.is_empty() {
                    then.map_or(Ok(()), |then| desk.go_on(*then))
                } else {
                    desk.go_on(Task::Relay { id, keys, then })
                }
            }
            None => {
                self.counts.conflicts += 1;
                self.decide_again(attempt, desk)
            }
        }
    }

    fn decide_again(&mut self, attempt: Attempt, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let Attempt { id, by, tries, .. } = attempt;
        match by {
            By::Pass => desk.go_on(Task::Pass(id)),
            By::Caller(command) if tries < TRIES => self.act(id, command, tries + 1, desk),
            By::Report(runner, report) if tries < TRIES => self.take_report(id, runner, report, tries + 1, desk),
            By::Eviction => self.evict(id, tries + 1, desk),
            By::Caller(_) | By::Report(..) | By::Inventory => Ok(()),
        }
    }

    /// Writes a step in one transaction. Returns the keys of the entries to send, or `None` if another write was first.
    fn write(&mut self, attempt: &Attempt, desk: &mut Desk<'_>) -> Option<Vec<OutboxKey>> {
        let id = attempt.id;
        let before = Rc::clone(&self.store.rows.get(&id)?.sandbox);
        let blindly = self.makes(Mistake::NoCompareAndSwap);
        let (mut after, entries) = applied(if blindly { &attempt.read } else { &before }, attempt)?;
        if self.makes(Mistake::ForgetsPrevious) {
            let texts = ServerTexts { previous_runner_id: None, ..texts_of(&after) };
            after = Sandbox::from_row(after.dto().clone(), *after.lifecycle(), texts);
        }
        let late = self.makes(Mistake::DeadlineOfOldRow);
        let deadline = self.clock.next(if late { before.lifecycle() } else { after.lifecycle() });
        let row = Row::new(after, deadline);
        let after = Rc::clone(&row.sandbox);
        self.store.rows.insert(id, row);
        desk.wrote(id, &attempt.step);
        let mut child = None;
        for effect in attempt.step.effects() {
            match effect {
                Effect::StoreChild => child = Some(self.store_child(&after, desk)),
                Effect::RaiseParent => self.raise_parent(&after),
                Effect::Purge => drop(self.store.rows.remove(&id)),
                Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Runner(_) => {}
                Effect::Stamp(_) | Effect::Call(_) | Effect::Remove { .. } | Effect::Release { .. } => {}
                Effect::DiscardBackups { .. } | Effect::Emit(_) => {}
            }
        }
        let payload = Payload { restores: restores(&after), child };
        let forgets = |message: &Message| match message {
            Message::Remove { .. } | Message::Release { .. } => self.makes(Mistake::NoDepartures),
            Message::Event(_) => self.makes(Mistake::ForgetsEvents),
            Message::Call(_) | Message::DiscardBackups { .. } => false,
        };
        let entries: Vec<_> = entries.into_iter().filter(|entry| !forgets(&entry.message)).collect();
        Some(entries.into_iter().map(|entry| self.owe(id, entry, payload, desk)).collect())
    }

    fn store_child(&mut self, parent: &Sandbox, desk: &mut Desk<'_>) -> SandboxId {
        let child = desk.new_sandbox();
        let name = child.to_string();
        let sandbox = parent.fork_child(name.clone(), name, desk.now());
        let deadline = self.clock.next(sandbox.lifecycle());
        self.store.rows.insert(child, Row::new(sandbox, deadline));
        child
    }

    /// Raises the revision of a child's parent: it has one live child less.
    fn raise_parent(&mut self, child: &Sandbox) {
        if let Some(row) = parent_of(child).and_then(|parent| self.store.rows.get_mut(&parent)) {
            let columns = row.sandbox.lifecycle().columns();
            let raised = Columns { revision: columns.revision.wrapping_add(1), ..columns };
            *row = Row::new(with_lifecycle(&row.sandbox, raised.into()), row.deadline);
        }
    }

    /// The mistake of a host that calls before it writes.
    pub fn call_early(&mut self, attempt: &Attempt, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let Some((after, entries)) = applied(&attempt.read, attempt) else { return Ok(()) };
        let payload = Payload { restores: restores(&after), child: None };
        for entry in entries {
            if matches!((&entry.message, &entry.target), (Message::Call(_), Target::Runner(_))) {
                desk.send(attempt.id, &entry, payload)?;
            }
        }
        Ok(())
    }
}

/// Returns the backup attempt that a restore of this record reads.
fn restores(sandbox: &Sandbox) -> Option<u32> {
    sandbox.backup().map(|backup| backup.snapshot.parse().expect("the number of an attempt"))
}

/// Returns the record after the step, and what the step sends; `None` if the record has changed since.
fn applied(sandbox: &Sandbox, attempt: &Attempt) -> Option<(Sandbox, OutboxEntries)> {
    let mut sandbox = sandbox.clone();
    let runner = attempt.runner.map(|runner| runner.to_string());
    let backup = attempt.backup.map(Shown::reference);
    let details = StepDetails { reason: None, runner: runner.as_deref(), backup: backup.as_ref() };
    match sandbox.apply(&attempt.step, details) {
        Ok(entries) => Some((sandbox, entries)),
        Err(ApplyError::Stale(_)) => None,
        Err(error) => panic!("{error}: {} of {:?}", attempt.step, attempt.read.lifecycle()),
    }
}

/// Returns the record with another lifecycle.
pub fn with_lifecycle(sandbox: &Sandbox, lifecycle: Lifecycle) -> Sandbox {
    Sandbox::from_row(sandbox.dto().clone(), lifecycle, texts_of(sandbox))
}

fn texts_of(sandbox: &Sandbox) -> ServerTexts {
    ServerTexts {
        backup: sandbox.backup().cloned(),
        previous_runner_id: sandbox.previous_runner_id().map(Into::into),
        parent_id: sandbox.parent_id().map(Into::into),
    }
}
