//! A host of another design: each process decides, writes and sends in one go, and every look sends the whole outbox.

use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Next, Policy, RunnerView, Sandbox, SandboxState, Step, Timer,
    controller::{Finding, Observed, Placement, Question, RunnerStanding, Stored},
    record::{OutboxEntry, OutboxKey, RecordEdit, ServerTexts, StepDetails},
    rules::{Job, Outcome, Report},
    testing::simulation::{Answer, Crash, Heard, Host, Payload, ProcessId, Request, Row, RunnerId, SandboxId, Site},
};
use std::collections::{BTreeMap, BTreeSet};

type Desk<'a> = Site<'a, ()>;

/// The host, and whether it sends each message only once.
#[derive(Default)]
pub struct Simple {
    sends_once: bool,
    policy: Policy,
    rows: BTreeMap<SandboxId, Sandbox>,
    outbox: BTreeMap<(SandboxId, OutboxKey), (OutboxEntry, Payload)>,
    /// The question that a process waits for, with the view that lacks its answer.
    questions: BTreeMap<(ProcessId, SandboxId), (u64, Question, RunnerView)>,
    owners: BTreeMap<SandboxId, SandboxId>,
    pool: BTreeSet<SandboxId>,
}

fn runner_of(sandbox: &Sandbox) -> Option<RunnerId> {
    sandbox.runner_id().map(|name| name.parse().expect("the name of a runner"))
}

impl Simple {
    /// Creates the host that skips a duty: it never repeats a message.
    pub fn sending_once() -> Self {
        Self { sends_once: true, ..Self::default() }
    }

    fn live_children(&self, id: SandboxId) -> u32 {
        let lives = |row: &Sandbox| row.lifecycle().desired_state() != DesiredState::Destroyed;
        let of = |row: &&Sandbox| row.parent_id() == Some(&id.to_string()) && lives(row);
        self.rows.values().filter(of).filter(|row| row.lifecycle().state() != SandboxState::Destroyed).count() as u32
    }

    fn owed(&self, id: SandboxId) -> impl Iterator<Item = RunnerId> {
        let of = self.outbox.keys().filter(move |(of, _)| *of == id);
        of.filter_map(|(_, key)| match key {
            OutboxKey::Remove { runner, .. } | OutboxKey::Release { runner, .. } => runner.parse().ok(),
            _ => None,
        })
    }

    fn context(&self, id: SandboxId, desk: &Desk<'_>) -> Context {
        let row = &self.rows[&id];
        row.context()
            .with_live_fork_children(self.live_children(id))
            .with_owed_departures(self.owed(id).count() as u32)
            .with_runner_unready(runner_of(row).is_some_and(|it| desk.standing(it) != RunnerStanding::Ready))
            .with_warm_pool(self.pool.contains(&id))
            .with_linked(self.owners.contains_key(&id))
    }

    /// Writes a step with its outbox entries, and sends them.
    fn write(&mut self, id: SandboxId, step: &Step, backup: Option<u32>, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let owing: Vec<_> = self.owed(id).collect();
        let row = self.rows.get_mut(&id).expect("a stored row");
        let own = runner_of(row);
        let free = desk.ready_runners().into_iter().find(|it| Some(*it) != own && !owing.contains(it));
        let (runner, backup) = (free.or(own).map(|it| it.to_string()), backup.map(Row::reference));
        let details = StepDetails { reason: None, runner: runner.as_deref(), backup: backup.as_ref() };
        let Ok(entries) = row.apply(step, details) else { return Ok(()) };
        let restores = row.backup().and_then(|backup| backup.snapshot.parse().ok());
        let mut payload = Payload { restores, child: None };
        desk.wrote(id, step);
        for effect in step.effects() {
            match effect {
                Effect::StoreChild => {
                    let child = desk.new_sandbox();
                    let name = child.to_string();
                    let record = self.rows[&id].fork_child(name.clone(), name, desk.now());
                    self.rows.insert(child, record);
                    payload.child = Some(child);
                }
                Effect::RaiseParent => {
                    let parent = self.rows[&id].parent_id().map(|name| name.parse().expect("the name of a sandbox"));
                    if let Some(parent) = parent.and_then(|parent: SandboxId| self.rows.get_mut(&parent)) {
                        parent.raise_revision();
                    }
                }
                Effect::Purge => drop(self.rows.remove(&id)),
                _ => {}
            }
        }
        let entries: Vec<_> = entries.into_iter().collect();
        for entry in &entries {
            self.store(id, entry, payload, desk);
        }
        entries.iter().try_for_each(|entry| desk.send(id, entry, payload))
    }

    fn store(&mut self, id: SandboxId, entry: &OutboxEntry, payload: Payload, desk: &mut Desk<'_>) {
        desk.stored(id, entry);
        if !self.sends_once {
            self.outbox.insert((id, entry.key.clone()), (entry.clone(), payload));
        }
    }

    fn command(&mut self, id: SandboxId, command: Command, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let context = self.context(id, desk);
        let decided = self.rows[&id].decide(command, &self.policy, context, desk.now());
        decided.map_or(Ok(()), |step| self.write(id, &step, None, desk))
    }

    /// A pass of the controller.
    fn pass(&mut self, id: SandboxId, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let row = &self.rows[&id];
        if let Some(step) = row.due(&self.policy, self.context(id, desk), desk.now()) {
            return self.write(id, &step, None, desk);
        }
        let own = runner_of(row);
        let owing: Vec<_> = self.owed(id).collect();
        let has_room = desk.ready_runners().iter().any(|it| Some(*it) != own && !owing.contains(it));
        let view = RunnerView {
            runner: own.map_or(RunnerStanding::Ready, |it| desk.standing(it)),
            placement: if has_room { Placement::Warm } else { Placement::NoRoom },
            image: own.map_or_else(Default::default, |it| desk.image(it, id)),
            live_fork_children: self.live_children(id),
            warm_pool: self.pool.contains(&id),
            ..RunnerView::of(row.lifecycle())
        };
        self.reconcile(id, view, desk)
    }

    fn reconcile(&mut self, id: SandboxId, view: RunnerView, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let row = &self.rows[&id];
        match row.reconcile(&view, &self.policy, desk.now()) {
            Next::Ask(question) => {
                let number = match (question, runner_of(row)) {
                    (Question::Runner { epoch }, Some(runner)) => desk.ask_runner(runner, id, epoch)?,
                    (Question::Store { attempt }, _) => desk.ask_store(id, attempt)?,
                    (Question::Runner { .. }, None) => return Ok(()),
                };
                self.questions.insert((desk.process(), id), (number, question, view));
                Ok(())
            }
            Next::Apply(step) => {
                let stored = view.stored == Stored::Whole;
                let backup = stored.then(|| row.lifecycle().backup_attempt());
                self.write(id, &step, backup, desk)
            }
            // The outbox still has the call.
            Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => Ok(()),
        }
    }

    /// Goes on with the answer to a question, or with its absence.
    fn answered(&mut self, id: SandboxId, answer: Option<Answer>, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let Some((_, question, view)) = self.questions.remove(&(desk.process(), id)) else { return Ok(()) };
        let view = match (answer, question) {
            (Some(Answer::Copy(copy)), _) => view.answered(copy),
            (Some(Answer::Store(stored)), _) => RunnerView { stored, ..view },
            (None, Question::Runner { .. }) => RunnerView { observed: Observed::NoAnswer, ..view },
            (None, Question::Store { .. }) => RunnerView { stored: Stored::NoAnswer, ..view },
        };
        if self.rows.contains_key(&id) { self.reconcile(id, view, desk) } else { Ok(()) }
    }

    fn find(&mut self, id: SandboxId, runner: RunnerId, finding: &Finding, desk: &mut Desk<'_>) -> Result<(), Crash> {
        if let Finding::Apply(step) = finding {
            let row = self.rows.get_mut(&id).expect("a stored row");
            let name = runner.to_string();
            let entries = row.apply(step, StepDetails { reason: None, runner: Some(&name), backup: None });
            desk.wrote(id, step);
            for entry in entries.into_iter().flatten() {
                self.store(id, &entry, Payload::default(), desk);
            }
        } else if let Some(entry) = OutboxEntry::of_finding(&id.to_string(), &runner.to_string(), finding) {
            self.store(id, &entry, Payload::default(), desk);
        }
        Ok(())
    }
}

impl Host for Simple {
    type Work = ();

    fn rows(&self) -> impl Iterator<Item = (SandboxId, Row)> {
        self.rows.iter().map(|(id, row)| (*id, Row::of(row)))
    }

    fn request(&mut self, request: Request, desk: &mut Desk<'_>) -> Result<(), Crash> {
        match request {
            Request::Create(new) => {
                let ready = desk.ready_runners();
                let runner = desk.random().one_of(&ready);
                let sandbox = new.sandbox(runner, &self.policy, desk.now()).expect("a sound request");
                self.rows.insert(new.sandbox, sandbox);
                self.owners.extend(new.owner.map(|owner| (new.sandbox, owner)));
                self.pool.extend(new.pooled.then_some(new.sandbox));
            }
            Request::Command { sandbox, command } => return self.command(sandbox, command, desk),
            Request::Edit { sandbox } => {
                if let Some(row) = self.rows.get_mut(&sandbox) {
                    let _ = row.edit(RecordEdit::Public(row.dto().public), desk.now());
                }
            }
            Request::Claim { sandbox } => {
                let row = &self.rows[&sandbox];
                let columns = row.lifecycle().columns();
                let (now, revision) = (desk.now(), columns.revision.wrapping_add(1));
                let columns = Columns { created_at: now, last_activity_at: now, revision, ..columns };
                let texts = ServerTexts { backup: row.backup().cloned(), ..ServerTexts::default() };
                self.rows.insert(sandbox, Sandbox::from_row(row.dto().clone(), columns.into(), texts));
                self.pool.remove(&sandbox);
            }
            Request::Evict { sandbox } => {
                let context = self.context(sandbox, desk);
                let decided = self.rows[&sandbox].decide(Timer::SpotEviction, &self.policy, context, desk.now());
                return decided.map_or(Ok(()), |step| self.write(sandbox, &step, None, desk));
            }
        }
        Ok(())
    }

    fn hear(&mut self, heard: Heard, desk: &mut Desk<'_>) -> Result<(), Crash> {
        match heard {
            Heard::Report { sandbox, runner, report } => {
                let Some(row) = self.rows.get(&sandbox) else { return Ok(()) };
                let context = self.context(sandbox, desk);
                let decided = row.report(&runner.to_string(), report, &self.policy, context, desk.now());
                let backup = match report {
                    Report::Ended { job: Job::Backup { attempt }, outcome: Outcome::Completed, .. } => attempt,
                    _ => None,
                };
                decided.map_or(Ok(()), |step| self.write(sandbox, &step, backup, desk))
            }
            Heard::Acknowledged { sandbox, key } => {
                self.outbox.remove(&(sandbox, key));
                Ok(())
            }
            Heard::Connected { runner } => {
                let owes = |(id, _): &(SandboxId, OutboxKey)| self.owed(*id).any(|it| it == runner);
                if self.outbox.keys().any(owes) { Ok(()) } else { desk.list(runner) }
            }
            Heard::Inventory { runner, copies } => {
                desk.listed(runner);
                let (name, now) = (runner.to_string(), desk.now());
                let ids: BTreeSet<_> = copies.iter().map(|(id, _)| *id).chain(self.rows.keys().copied()).collect();
                for id in ids {
                    let listed = copies.iter().find(|(of, _)| *of == id).map(|(_, listed)| listed);
                    let own = |row: &Sandbox| runner_of(row) == Some(runner);
                    let finding = match (self.rows.get(&id), listed) {
                        (Some(row), _) if listed.is_some() || own(row) => {
                            row.compare(&name, listed, self.context(id, desk), now)
                        }
                        (None, Some(listed)) => Finding::of_unknown(listed),
                        _ => continue,
                    };
                    self.find(id, runner, &finding, desk)?;
                }
                Ok(())
            }
            Heard::Answer { question, answer } => {
                let of = self.questions.iter().find(|(_, (number, ..))| *number == question);
                of.map(|((_, id), _)| *id).map_or(Ok(()), |id| self.answered(id, Some(answer), desk))
            }
        }
    }

    fn tick(&mut self, desk: &mut Desk<'_>) -> Result<(), Crash> {
        for ((id, _), (entry, payload)) in self.outbox.clone() {
            if entry.message.is_still_owed(self.rows.get(&id).map(Sandbox::lifecycle)) {
                desk.send(id, &entry, payload)?;
            } else {
                self.outbox.remove(&(id, entry.key));
            }
        }
        let ids: Vec<_> = self.rows.keys().copied().collect();
        for id in ids {
            if self.questions.contains_key(&(desk.process(), id)) {
                self.answered(id, None, desk)?;
            } else {
                self.pass(id, desk)?;
            }
        }
        let leaves = |row: &Sandbox| row.lifecycle().desired_state() == DesiredState::Destroyed;
        let owned = self.owners.iter().filter(|(id, _)| self.rows.get(id).is_some_and(|row| !leaves(row)));
        let bereaved: Vec<_> =
            owned.filter(|(_, owner)| self.rows.get(owner).is_none_or(leaves)).map(|(id, _)| *id).collect();
        bereaved.into_iter().try_for_each(|id| self.command(id, Command::Destroy { force: false }, desk))
    }

    fn crash(&mut self, process: ProcessId) {
        self.questions.retain(|(of, _), _| *of != process);
    }
}
