//! Callers: what they want, and how a host decides on it.

use super::{
    Attempt, By, Row,
    process::Task,
    store::{runner_name, sandbox_name},
};
use crate::{
    network::{HostId, Id},
    random::{MINUTE, Random, SECOND},
    world::World,
};
use sandbox_lifecycle::{
    Columns, Command, Lifecycle, NewSandbox, Sandbox, SandboxClass, SandboxDto, Verb,
    controller::RunnerStanding,
    decide::{Link, Origin},
    record::{OutboxEntries, RecordEdit, ServerTexts},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, GpuType, Minutes, Size, SizeChange, Ttl},
};
use std::{num::NonZeroU32, rc::Rc};

impl World {
    /// A caller makes a new sandbox, or commands one.
    pub fn call_in(&mut self) {
        let live: Vec<Id> = self
            .store
            .rows
            .iter()
            .filter(|(_, row)| row.sandbox.lifecycle().desired_state() != sandbox_lifecycle::DesiredState::Destroyed)
            .map(|(id, _)| *id)
            .collect();
        if live.len() < self.plan.sandboxes {
            self.create();
        } else {
            let id = self.random.one_of(&live);
            self.wish(id);
        }
        let after = if self.random.happens(600) {
            self.random.between(SECOND, 40 * SECOND)
        } else {
            self.random.between(MINUTE, 9 * MINUTE)
        };
        self.plan(after, crate::network::Event::Caller);
    }

    /// A caller commands a sandbox, and often again soon after.
    pub fn wish(&mut self, id: Id) {
        if self.store.pool.contains(&id) {
            return self.claim(id);
        }
        let Some(host) = self.any_host() else { return };
        let Some(row) = self.store.rows.get(&id) else { return };
        let sandbox = Rc::clone(&row.sandbox);
        let context = self.context(id, &sandbox);
        let accepted: Vec<Verb> = sandbox.lifecycle().accepted_commands(&self.policy, context, self.time()).collect();
        let verb = if accepted.is_empty() || self.random.happens(300) {
            self.random.one_of(&WISHES)
        } else {
            self.random.one_of(&accepted)
        };
        let ends = matches!(verb, Verb::Destroy | Verb::ForceDestroy | Verb::Ttl | Verb::AutoDelete);
        if !ends || self.random.happens(80) {
            let command = command(verb, &mut self.random);
            self.go_on(host, Task::Act { id, command, tries: 0 });
        } else if self.random.happens(100) {
            self.edit(id);
        }
        if self.random.happens(500) {
            let soon = self.random.between(SECOND, 60 * SECOND);
            self.plan(soon, crate::network::Event::Wish { id });
        }
    }

    /// Decides on a command.
    pub fn act(&mut self, host: HostId, id: Id, command: Command, tries: u8) {
        let Some(row) = self.store.rows.get(&id) else { return };
        let read = Rc::clone(&row.sandbox);
        let context = self.context(id, &read);
        match read.decide(command, &self.policy, context, self.time()) {
            Ok(step) if step.is_noop() => {}
            Ok(step) => {
                self.tally.commands += u64::from(tries == 0);
                let attempt = Attempt { id, read, step, runner: None, backup: None, by: By::Caller(command), tries };
                self.go_on(host, Task::Commit(Box::new(attempt)));
            }
            Err(_) => self.tally.refused += 1,
        }
    }

    fn edit(&mut self, id: Id) {
        let now = self.time();
        if let Some(row) = self.store.rows.get_mut(&id) {
            let mut sandbox = (*row.sandbox).clone();
            // The flag does not change, so there is no event to send.
            let event = sandbox.edit(RecordEdit::Public(sandbox.dto().public), now);
            assert_eq!(event, OutboxEntries::default(), "nothing changed");
            row.sandbox = Rc::new(sandbox);
        }
    }

    fn create(&mut self) {
        let ready = |runner: &usize| self.store.standings[*runner] == RunnerStanding::Ready;
        let ready: Vec<_> = (0..self.runners.len()).filter(ready).collect();
        if ready.is_empty() {
            return;
        }
        let placed = self.random.happens(700).then(|| self.random.one_of(&ready));
        let class = if self.random.happens(600) { SandboxClass::LinuxVm } else { SandboxClass::Container };
        let spot = self.random.happens(80);
        let unlinked = self.store.rows.keys().filter(|id| !self.store.owners.contains_key(id));
        let owners: Vec<Id> = unlinked.copied().collect();
        let owner = (!spot && !owners.is_empty() && self.random.happens(150)).then(|| self.random.one_of(&owners));
        let ephemeral = spot || owner.is_some() || self.random.happens(100);
        let request = NewSandbox {
            origin: match (placed, class) {
                (Some(_), _) => Origin::OnRunner,
                (None, SandboxClass::Container) => Origin::ToBuild,
                (None, _) => Origin::ToPull,
            },
            class,
            auto_stop: self.random.happens(500).then(|| AutoStop::After(minutes(30))),
            auto_archive: self.random.happens(500).then(|| AutoArchive::After(minutes(45))),
            auto_delete: ephemeral.then_some(AutoDelete::AtOnce),
            gpu: u8::from(spot),
            gpu_type: spot.then_some(GpuType::H100),
            spot,
            link: owner.map(|_| Link { owner_is_linked: false }),
            ..NewSandbox::default()
        };
        let now = self.time();
        let row = Lifecycle::create(&request, &self.policy, now).expect("a sound request");
        // Numbers wrap, so they may as well begin shortly before that.
        let wrapping = Columns { revision: 0u32.wrapping_sub(20), epoch: 0u32.wrapping_sub(10), ..row.columns() };
        let row = if self.random.happens(300) { Lifecycle::from(wrapping) } else { row };
        let id = self.store.next;
        self.store.next += 1;
        if let Some(owner) = owner {
            self.store.owners.insert(id, owner);
        } else if self.random.happens(120) {
            self.store.pool.insert(id);
        }
        let mut record = SandboxDto::new(sandbox_name(id), "o", sandbox_name(id), "u", "eu", "", Size::default());
        record.runner_id = placed.map(runner_name).into();
        let sandbox = Sandbox::from_row(record, row, ServerTexts::default());
        let deadline = self.clock.next(&row);
        self.trace(id, || format!("created: {row:?}"));
        self.store.rows.insert(id, Row { sandbox: Rc::new(sandbox), deadline });
        self.tally.created += 1;
    }
}

fn minutes(count: u32) -> Minutes {
    Minutes::new(count).expect("an interval")
}

/// What callers want without asking whether it is possible.
const WISHES: [Verb; 8] =
    [Verb::Start, Verb::Stop, Verb::Pause, Verb::Archive, Verb::Recover, Verb::Backup, Verb::ForceDestroy, Verb::Touch];

/// Returns a command of this verb.
fn command(verb: Verb, random: &mut Random) -> Command {
    let yes = random.happens(500);
    match verb {
        Verb::Start => Command::Start,
        Verb::Stop => Command::Stop { force: yes },
        Verb::Destroy => Command::Destroy { force: false },
        Verb::ForceDestroy => Command::Destroy { force: true },
        Verb::Pause => Command::Pause,
        Verb::Archive => Command::Archive,
        Verb::Resize => {
            let cpu = NonZeroU32::new(1 + random.below(8) as u32);
            Command::Resize(SizeChange { cpu, memory: None, disk: None })
        }
        Verb::Fork => Command::Fork,
        Verb::Snapshot => Command::Snapshot { include_memory: yes },
        Verb::Recover => Command::Recover { start: yes },
        Verb::Backup => Command::Backup,
        Verb::AutoStop if yes => Command::AutoStop { interval: AutoStop::Never },
        Verb::AutoStop => Command::AutoStop { interval: AutoStop::After(minutes(40)) },
        Verb::AutoPause if yes => Command::AutoPause { interval: AutoPause::Never },
        Verb::AutoPause => Command::AutoPause { interval: AutoPause::After(minutes(40)) },
        Verb::AutoArchive => Command::AutoArchive { interval: AutoArchive::After(minutes(60)) },
        Verb::AutoDelete if yes => Command::AutoDelete { interval: AutoDelete::NEVER },
        Verb::AutoDelete => Command::AutoDelete { interval: AutoDelete::After(minutes(600)) },
        Verb::Ttl => Command::Ttl { interval: Ttl::After(minutes(600)) },
        Verb::Touch => Command::Touch,
        later => unreachable!("{later} is a command that this test does not know"),
    }
}
