//! What a host hears: reports, acknowledgements and inventories.

use super::{
    Attempt, By, Desk, Platform,
    process::Task,
    store::{Row, runner_of},
};
use crate::mistakes::Mistake;
use sandbox_lifecycle::{
    Report,
    controller::Finding,
    record::OutboxEntry,
    rules::{Job, Outcome},
    runner::Listed,
    testing::simulation::{Crash, Heard, Payload, RunnerId, SandboxId},
};
use std::rc::Rc;

impl Platform {
    /// Takes a message.
    pub fn take(&mut self, heard: Heard, desk: &mut Desk<'_>) -> Result<(), Crash> {
        match heard {
            Heard::Report { sandbox, runner, report } => self.take_report(sandbox, runner, report, 0, desk),
            Heard::Acknowledged { sandbox, key } => {
                self.store.outbox.remove(&(sandbox, key));
                Ok(())
            }
            Heard::Inventory { runner, copies } => self.compare(runner, &copies, desk),
            Heard::Connected { .. } | Heard::Answer { .. } => unreachable!("it is taken as it arrives"),
        }
    }

    pub fn take_report(
        &mut self,
        id: SandboxId,
        runner: RunnerId,
        report: Report,
        tries: u8,
        desk: &mut Desk<'_>,
    ) -> Result<(), Crash> {
        let Some(row) = self.store.rows.get(&id) else { return Ok(()) };
        let read = Rc::clone(&row.sandbox);
        let context = self.context(id, &read, desk);
        let decided = if self.makes(Mistake::TakesReportsOfOthers) {
            read.decide(report, &self.policy, context, desk.now())
        } else {
            read.report(&runner.to_string(), report, &self.policy, context, desk.now())
        };
        let Some(step) = decided.ok().filter(|step| !step.is_noop()) else { return Ok(()) };
        let backup = match report {
            Report::Ended { job: Job::Backup { attempt }, outcome: Outcome::Completed, .. } => attempt,
            Report::Ended { .. } | Report::State { .. } | Report::Answered { .. } | Report::BackupUnderWay { .. } => {
                None
            }
        };
        let attempt = Attempt { id, read, step, runner: None, backup, by: By::Report(runner, report), tries };
        desk.go_on(Task::Commit(Box::new(attempt)))
    }

    /// Takes a runner's inventory: what it is owed first, then the list.
    pub fn take_inventory(&mut self, runner: RunnerId, desk: &mut Desk<'_>) -> Result<(), Crash> {
        if self.makes(Mistake::NoInventory) {
            return Ok(());
        }
        let owed = self.store.owed_by(runner);
        if owed.is_empty() {
            desk.list(runner)?;
        }
        for (id, key) in owed {
            self.relay(id, &key, desk)?;
        }
        Ok(())
    }

    fn compare(&mut self, runner: RunnerId, copies: &[(SandboxId, Listed)], desk: &mut Desk<'_>) -> Result<(), Crash> {
        // A repeated list is as good as the first.
        desk.listed(runner);
        let (now, name) = (desk.now(), runner.to_string());
        for (id, listed) in copies {
            let finding = match self.store.rows.get(id) {
                Some(row) => {
                    let context = self.context(*id, &row.sandbox, desk);
                    row.sandbox.compare(&name, Some(listed), context, now)
                }
                None => Finding::of_unknown(listed),
            };
            self.act_on(*id, runner, finding, desk)?;
        }
        let unlisted = |id: &SandboxId| !copies.iter().any(|(listed, _)| listed == id);
        let own = |row: &Row| runner_of(&row.sandbox) == Some(runner);
        let rows = self.store.rows.iter().filter(|(id, row)| unlisted(id) && own(row));
        let findings: Vec<_> = rows
            .map(|(id, row)| {
                let context = self.context(*id, &row.sandbox, desk);
                (*id, row.sandbox.compare(&name, None, context, now))
            })
            .collect();
        for (id, finding) in findings {
            self.act_on(id, runner, finding, desk)?;
        }
        Ok(())
    }

    fn act_on(&mut self, id: SandboxId, runner: RunnerId, finding: Finding, desk: &mut Desk<'_>) -> Result<(), Crash> {
        if let Finding::Apply(step) = finding {
            let Some(row) = self.store.rows.get(&id) else { return Ok(()) };
            let read = Rc::clone(&row.sandbox);
            self.counts.takebacks += u64::from(runner_of(&read) != Some(runner));
            let attempt = Attempt { id, read, step, runner: Some(runner), backup: None, by: By::Inventory, tries: 0 };
            return self.attempt(attempt, desk);
        }
        let departure = OutboxEntry::of_finding(&id.to_string(), &runner.to_string(), &finding);
        let Some(entry) = departure.filter(|_| !self.makes(Mistake::NoDepartures)) else { return Ok(()) };
        let key = self.owe(id, entry, Payload::default(), desk);
        desk.go_on(Task::Relay { id, keys: vec![key], then: None })
    }
}
