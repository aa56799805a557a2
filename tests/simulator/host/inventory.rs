//! What a host hears: reports, acknowledgements and inventories.

use super::{
    By,
    process::Task,
    store::{runner_name, runner_of, sandbox_name},
};
use crate::{
    mistakes::Mistake,
    network::{Event, Heard, HostId, Id, RunnerId, ToRunner},
    random::{HOUR, MINUTE, SECOND},
    world::World,
};
use sandbox_lifecycle::{
    Report,
    controller::{Finding, RunnerStanding},
    record::OutboxEntry,
    rules::{Job, Outcome},
    runner::Listed,
};
use std::rc::Rc;

impl World {
    /// Takes a message.
    pub fn hear(&mut self, host: HostId, heard: Heard, tries: u8) {
        match heard {
            Heard::Report { id, runner, report } => self.take_report(host, id, runner, report, tries),
            Heard::Acknowledged { id, key } => {
                self.store.outbox.remove(&(id, key));
            }
            Heard::Inventory { runner, copies } => self.compare(host, runner, &copies),
        }
    }

    pub fn take_report(&mut self, host: HostId, id: Id, runner: RunnerId, report: Report, tries: u8) {
        let Some(row) = self.store.rows.get(&id) else { return };
        let read = Rc::clone(&row.sandbox);
        let context = self.context(id, &read);
        let decided = if self.plan.mistake == Some(Mistake::TakesReportsOfOthers) {
            read.decide(report, &self.policy, context, self.time())
        } else {
            read.report(&runner_name(runner), report, &self.policy, context, self.time())
        };
        let Ok(step) = decided else { return };
        if step.is_noop() {
            return;
        }
        let backup = match report {
            Report::Ended { job: Job::Backup { attempt }, outcome: Outcome::Completed, .. } => attempt,
            Report::Ended { .. } | Report::State { .. } | Report::Answered { .. } | Report::BackupUnderWay { .. } => {
                None
            }
        };
        let attempt = super::Attempt { id, read, step, runner: None, backup, by: By::Report(runner, report), tries };
        self.go_on(host, Task::Commit(Box::new(attempt)));
    }

    /// Takes a runner's inventory: what it is owed first, then the list. A list that does not come is asked for again.
    pub fn take_inventory(&mut self, runner: RunnerId) {
        if self.plan.mistake == Some(Mistake::NoInventory) || !self.store.unlisted.contains(&runner) {
            return;
        }
        if self.store.standings[runner] == RunnerStanding::Ready {
            let owed = self.store.owed_by(runner);
            if owed.is_empty() {
                self.send(Event::Runner { runner, message: ToRunner::List });
            }
            for (id, key) in owed {
                self.relay(id, &key);
            }
            self.plan(15 * SECOND, Event::Inventory { runner });
        }
    }

    /// Plans the next inventory of a runner.
    pub fn plan_inventory(&mut self, runner: RunnerId, after: i64) {
        self.store.unlisted.insert(runner);
        self.plan(after, Event::Inventory { runner });
    }

    fn compare(&mut self, host: HostId, runner: RunnerId, copies: &[(Id, Listed)]) {
        // A repeated list is as good as the first.
        self.store.unlisted.remove(&runner);
        self.tally.inventories += 1;
        let now = self.time();
        for (id, listed) in copies {
            let finding = match self.store.rows.get(id) {
                Some(row) => {
                    let context = self.context(*id, &row.sandbox);
                    row.sandbox.compare(&runner_name(runner), Some(listed), context, now)
                }
                None => Finding::of_unknown(listed),
            };
            self.act_on(host, *id, runner, finding);
        }
        let unlisted = |id: &Id| !copies.iter().any(|(listed, _)| listed == id);
        let own = |row: &super::Row| runner_of(&row.sandbox) == Some(runner);
        let rows = self.store.rows.iter().filter(|(id, row)| unlisted(id) && own(row));
        let unlisted = |(id, row): (&Id, &super::Row)| {
            let context = self.context(*id, &row.sandbox);
            (*id, row.sandbox.compare(&runner_name(runner), None, context, now))
        };
        let findings: Vec<_> = rows.map(unlisted).collect();
        for (id, finding) in findings {
            self.act_on(host, id, runner, finding);
        }
    }

    fn act_on(&mut self, host: HostId, id: Id, runner: RunnerId, finding: Finding) {
        if let Finding::Apply(step) = finding {
            let Some(row) = self.store.rows.get(&id) else { return };
            let read = Rc::clone(&row.sandbox);
            self.tally.takebacks += u64::from(runner_of(&read) != Some(runner));
            return self.attempt(host, id, read, step, Some(runner), None, By::Inventory);
        }
        let departure = OutboxEntry::of_finding(&sandbox_name(id), &runner_name(runner), &finding);
        let Some(entry) = departure else { return };
        if self.plan.mistake == Some(Mistake::NoDepartures) {
            return;
        }
        self.trace(id, || format!("inventory of {runner}: {}", entry.message));
        let key = self.owe(id, entry, None, None);
        self.go_on(host, Task::Relay { id, keys: vec![key], then: None });
    }

    /// Notices whether a runner answers, and takes its inventory when it is back and from time to time.
    pub fn heartbeat(&mut self, runner: RunnerId) {
        let period = if self.faulty { MINUTE } else { 5 * MINUTE };
        let answers = self.runners[runner].powered && self.runners[runner].reachable;
        let standing = self.store.standings[runner];
        match (standing, answers) {
            (RunnerStanding::Ready, false) => self.store.standings[runner] = RunnerStanding::NotReady,
            (RunnerStanding::NotReady, true) => {
                self.store.standings[runner] = RunnerStanding::Ready;
                self.plan_inventory(runner, SECOND);
            }
            (RunnerStanding::Ready, true) => {
                if self.random.below((HOUR / period) as u64) == 0 {
                    self.plan_inventory(runner, SECOND);
                }
            }
            // Only the return of the runner ends that.
            (RunnerStanding::Gone, _) | (RunnerStanding::NotReady, false) => {}
        }
        self.plan(period, Event::Heartbeat { runner });
    }
}
