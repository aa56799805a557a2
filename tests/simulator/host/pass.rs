//! A pass of the controller: timers, then what the row and the view of its runner demand.

use super::{
    Attempt, By, Desk, Platform,
    process::{Question, Task},
    store::runner_of,
};
use crate::mistakes::Mistake;
use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::{
    Next, RunnerView, Sandbox,
    controller::{Observed, Question as Asked, Stored},
    record::OutboxKey,
    testing::simulation::{Answer, Crash, RunnerId, SandboxId},
};
use std::rc::Rc;

impl Platform {
    /// Looks at a row: first at its timers.
    pub fn pass(&mut self, id: SandboxId, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let Some(row) = self.store.rows.get(&id) else {
            self.process(desk).busy.remove(&id);
            return Ok(());
        };
        let (read, deadline) = (Rc::clone(&row.sandbox), row.deadline);
        let now = desk.now();
        // A host looks at timers when the indexed deadline says so.
        if deadline.is_some_and(|at| at <= now) {
            let context = self.context(id, &read, desk);
            if let Some(step) = read.due(&self.policy, context, now) {
                let attempt = Attempt { id, read, step, runner: None, backup: None, by: By::Pass, tries: 0 };
                return self.attempt(attempt, desk);
            }
            let look = self.clock.next_look(read.lifecycle(), now);
            if let Some(row) = self.store.rows.get_mut(&id) {
                row.deadline = look;
            }
        }
        let (view, placed) = self.view(id, &read, desk);
        self.reconcile(id, read, view, placed, desk)
    }

    fn reconcile(
        &mut self,
        id: SandboxId,
        read: Rc<Sandbox>,
        view: RunnerView,
        placed: Option<RunnerId>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Crash> {
        match read.reconcile(&view, &self.policy, desk.now()) {
            Next::Ask(question) => self.ask(id, read, view, placed, question, desk),
            Next::Apply(step) => {
                // The store has the whole object of the last attempt, if it was asked and said so.
                let backup = (view.stored == Stored::Whole).then(|| read.lifecycle().backup_attempt());
                self.attempt(Attempt { id, read, step, runner: placed, backup, by: By::Pass, tries: 0 }, desk)
            }
            Next::Resend { task, epoch } => {
                self.counts.resends += 1;
                let key = OutboxKey::Call { epoch, task };
                let look_again = TimeDelta::minutes(i64::from(self.policy.look_again.get()));
                self.rest(id, &read, Some(desk.now() + look_again), desk);
                desk.go_on(Task::Relay { id, keys: vec![key], then: None })
            }
            Next::Wait { until } => {
                self.rest(id, &read, Some(until), desk);
                Ok(())
            }
            Next::Nothing => {
                self.rest(id, &read, None, desk);
                Ok(())
            }
        }
    }

    /// Leaves a row alone until then, unless it changes.
    fn rest(&mut self, id: SandboxId, read: &Sandbox, until: Option<DateTime<Utc>>, desk: &Desk<'_>) {
        let process = self.process(desk);
        process.busy.remove(&id);
        process.asleep.insert(id, (read.lifecycle().revision(), until));
    }

    fn ask(
        &mut self,
        id: SandboxId,
        read: Rc<Sandbox>,
        view: RunnerView,
        placed: Option<RunnerId>,
        question: Asked,
        desk: &mut Desk<'_>,
    ) -> Result<(), Crash> {
        let (number, of_runner) = match question {
            Asked::Runner { epoch } => {
                let runner = runner_of(&read).expect("only a row with a runner asks it");
                (desk.ask_runner(runner, id, epoch)?, true)
            }
            Asked::Store { attempt } => (desk.ask_store(id, attempt)?, false),
        };
        self.process(desk).questions.insert(number, Question { id, read, view, placed, of_runner });
        // A host that waits long for answers meets more writes meanwhile.
        let slow = self.makes(Mistake::AnswerAtAnotherRevision) || (desk.is_faulty() && desk.random().happens(250));
        let most = if slow { 900 } else { 30 };
        let patience = 3_000 + desk.random().below(1_000 * (most - 3));
        desk.later(TimeDelta::milliseconds(patience.cast_signed()), Task::Silence(number));
        Ok(())
    }

    /// Takes the answer to a question, or its absence. A repeated answer finds no question.
    pub fn answered(&mut self, number: u64, answer: Option<Answer>, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let Some(Question { id, read, view, placed, of_runner }) = self.process(desk).questions.remove(&number) else {
            return Ok(());
        };
        let view = match answer {
            Some(Answer::Copy(copy)) => view.answered(copy),
            Some(Answer::Store(stored)) => RunnerView { stored, ..view },
            None if of_runner => RunnerView { observed: Observed::NoAnswer, ..view },
            None => RunnerView { stored: Stored::NoAnswer, ..view },
        };
        if self.makes(Mistake::AnswerAtAnotherRevision)
            && let Some(row) = self.store.rows.get(&id)
        {
            let read = Rc::clone(&row.sandbox);
            let view = RunnerView { revision: read.lifecycle().revision(), ..view };
            return self.reconcile(id, read, view, placed, desk);
        }
        self.reconcile(id, read, view, placed, desk)
    }

    /// Brings a step to the store, after a moment in which the process may crash.
    pub fn attempt(&mut self, attempt: Attempt, desk: &mut Desk<'_>) -> Result<(), Crash> {
        if self.makes(Mistake::CallsBeforeWriting) {
            self.call_early(&attempt, desk)?;
        }
        desk.go_on(Task::Commit(Box::new(attempt)))
    }
}
