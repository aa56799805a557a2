//! A pass of the controller: timers, then what the row and the view of its runner demand.

use super::{
    Attempt, By,
    process::{Question, Reply, Task},
};
use crate::{
    mistakes::Mistake,
    network::{Asker, Event, HostId, Id, RunnerId, ToRunner},
    random::SECOND,
    world::{World, micros},
};
use sandbox_lifecycle::{
    Next, RunnerView, Sandbox, Step,
    controller::{Observed, Question as Asked, Stored},
    record::OutboxKey,
};
use std::rc::Rc;

impl World {
    /// Looks at a row: first at its timers.
    pub fn pass(&mut self, host: HostId, id: Id) {
        let Some(row) = self.store.rows.get(&id) else {
            self.hosts[host].busy.remove(&id);
            return;
        };
        let (read, deadline) = (Rc::clone(&row.sandbox), row.deadline);
        let now = self.time();
        // A host looks at timers when the indexed deadline says so.
        if deadline.is_some_and(|at| at <= now) {
            let context = self.context(id, &read);
            if let Some(step) = read.due(&self.policy, context, now) {
                return self.attempt(host, id, read, step, None, None, By::Pass);
            }
            let look = self.clock.next_look(read.lifecycle(), now);
            if let Some(row) = self.store.rows.get_mut(&id) {
                row.deadline = look;
            }
        }
        let (view, placed) = self.view(id, &read);
        self.reconcile(host, id, read, view, placed);
    }

    fn reconcile(&mut self, host: HostId, id: Id, read: Rc<Sandbox>, view: RunnerView, placed: Option<RunnerId>) {
        match read.reconcile(&view, &self.policy, self.time()) {
            Next::Ask(question) => self.ask(host, id, read, view, placed, question),
            Next::Apply(step) => {
                // The store has the whole object of the last attempt, if it was asked and said so.
                let backup = (view.stored == Stored::Whole).then(|| read.lifecycle().backup_attempt());
                self.attempt(host, id, read, step, placed, backup, By::Pass);
            }
            Next::Resend { task, epoch } => {
                self.tally.resends += 1;
                let key = OutboxKey::Call { epoch, task };
                self.rest(host, id, &read, self.now + self.look_again());
                self.go_on(host, Task::Relay { id, keys: vec![key], then: None });
            }
            Next::Wait { until } => self.rest(host, id, &read, micros(until)),
            Next::Nothing => self.rest(host, id, &read, i64::MAX),
        }
    }

    /// Leaves a row alone until then, unless it changes.
    fn rest(&mut self, host: HostId, id: Id, read: &Sandbox, until: i64) {
        self.hosts[host].busy.remove(&id);
        self.hosts[host].asleep.insert(id, (read.lifecycle().revision(), until));
    }

    fn look_again(&self) -> i64 {
        i64::from(self.policy.look_again.get()) * 60 * SECOND
    }

    fn ask(
        &mut self,
        host: HostId,
        id: Id,
        read: Rc<Sandbox>,
        view: RunnerView,
        placed: Option<RunnerId>,
        question: Asked,
    ) {
        self.tally.asks += 1;
        self.questions += 1;
        let number = self.questions;
        let asker = Asker { host, boot: self.hosts[host].boot, number };
        let event = match question {
            Asked::Runner { epoch } => {
                let runner = super::store::runner_of(&read).expect("only a row with a runner asks it");
                Event::Runner { runner, message: ToRunner::Ask { id, epoch, asker } }
            }
            Asked::Store { attempt } => Event::AskStore { id, attempt, asker },
        };
        let of_runner = matches!(question, Asked::Runner { .. });
        self.hosts[host].questions.insert(number, Question { id, read, view, placed, of_runner });
        self.send(event);
        let boot = self.hosts[host].boot;
        let silence = Task::Answer { number, answer: Reply::Silence };
        // A host that waits long for answers meets more writes meanwhile.
        let slow = self.plan.mistake == Some(Mistake::AnswerAtAnotherRevision) || self.fails(250);
        let most = if slow { 900 } else { 30 };
        let patience = self.random.between(3 * SECOND, most * SECOND);
        self.plan(patience, Event::Host { host, boot, task: Box::new(silence) });
    }

    /// Takes the answer to a question, or its absence. A repeated answer finds no question.
    pub fn answered(&mut self, host: HostId, number: u64, answer: Reply) {
        let Some(Question { id, read, view, placed, of_runner }) = self.hosts[host].questions.remove(&number) else {
            return;
        };
        let view = match answer {
            Reply::Copy(copy) => view.answered(copy),
            Reply::Store(stored) => RunnerView { stored, ..view },
            Reply::Silence if of_runner => RunnerView { observed: Observed::NoAnswer, ..view },
            Reply::Silence => RunnerView { stored: Stored::NoAnswer, ..view },
        };
        if self.plan.mistake == Some(Mistake::AnswerAtAnotherRevision)
            && let Some(row) = self.store.rows.get(&id)
        {
            let read = Rc::clone(&row.sandbox);
            let view = RunnerView { revision: read.lifecycle().revision(), ..view };
            return self.reconcile(host, id, read, view, placed);
        }
        self.reconcile(host, id, read, view, placed);
    }

    /// Brings a step to the store, after a moment in which the process may crash.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the attempt")]
    pub fn attempt(
        &mut self,
        host: HostId,
        id: Id,
        read: Rc<Sandbox>,
        step: Step,
        runner: Option<RunnerId>,
        backup: Option<u32>,
        by: By,
    ) {
        let attempt = Attempt { id, read, step, runner, backup, by, tries: 0 };
        if self.plan.mistake == Some(Mistake::CallsBeforeWriting) {
            self.call_early(&attempt);
        }
        self.go_on(host, Task::Commit(Box::new(attempt)));
    }
}
