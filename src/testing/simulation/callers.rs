//! The callers: what they want, mostly what the rules accept now, often again soon after.

use super::{
    fleet::{Event, Fleet, MINUTE, Random, SECOND, count},
    messages::{Creation, Request},
    names::SandboxId,
    row::Row,
    verdict::Fact,
};
use crate::{
    decide::{Link, NewSandbox},
    rules::{Command, Verb},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, GpuType, Minutes, SandboxClass, SizeChange, Ttl},
};
use alloc::vec::Vec;
use core::num::NonZeroU32;

/// What callers want without asking whether it is possible.
const WISHES: [Verb; 8] =
    [Verb::Start, Verb::Stop, Verb::Pause, Verb::Archive, Verb::Recover, Verb::Backup, Verb::ForceDestroy, Verb::Touch];

impl Fleet {
    /// A caller makes a new sandbox, or commands one.
    pub fn call_in(&mut self) {
        let live = self.shown.iter().filter(|(_, row)| !row.is_to_be_destroyed());
        let live: Vec<_> = live.map(|(sandbox, _)| *sandbox).collect();
        if live.len() < self.plan.sandboxes {
            let creation = self.creation();
            self.plan(0, Event::Request(Request::Create(creation)));
        } else if let Some(sandbox) = self.random.one_of(&live) {
            self.wish(sandbox);
        }
        let after = if self.random.happens(600) {
            self.random.between(SECOND, 40 * SECOND)
        } else {
            self.random.between(MINUTE, 9 * MINUTE)
        };
        self.plan(after, Event::Caller);
    }

    /// A caller commands a sandbox, and often again soon after.
    pub fn wish(&mut self, sandbox: SandboxId) {
        let Some(row) = self.shown.get(&sandbox).copied() else { return };
        if self.truth(sandbox).pooled {
            return self.plan(0, Event::Request(Request::Claim { sandbox }));
        }
        let context = self.context(sandbox, &row);
        let accepted: Vec<_> = row.lifecycle.accepted_commands(&self.policy, context, self.time()).collect();
        let choices: &[Verb] = if accepted.is_empty() || self.random.happens(300) { &WISHES } else { &accepted };
        let verb = self.random.one_of(choices).unwrap_or(Verb::Touch);
        let ends = matches!(verb, Verb::Destroy | Verb::ForceDestroy | Verb::Ttl | Verb::AutoDelete);
        if !ends || self.random.happens(80) {
            let command = command(verb, &mut self.random);
            self.plan(0, Event::Request(Request::Command { sandbox, command }));
        } else if self.random.happens(100) {
            self.plan(0, Event::Request(Request::Edit { sandbox }));
        }
        if self.random.happens(500) {
            let soon = self.random.between(SECOND, 60 * SECOND);
            self.plan(soon, Event::Wish { sandbox });
        }
    }

    /// Notes a request that reaches the host.
    pub fn requested(&mut self, request: &Request) {
        match request {
            Request::Create(Creation { sandbox, owner, pooled, .. }) => {
                let truth = self.truth(*sandbox);
                truth.owner = *owner;
                truth.pooled = *pooled;
                self.note(*sandbox, Fact::Requested(if *pooled { "create it for the warm pool" } else { "create it" }));
            }
            Request::Command { sandbox, command } => {
                count(&mut self.tally.commands);
                self.truth(*sandbox).end_was_asked |= matches!(command, Command::Destroy { .. });
                self.note(*sandbox, Fact::Commanded(*command));
            }
            Request::Edit { sandbox } => self.note(*sandbox, Fact::Requested("edit the record")),
            Request::Claim { sandbox } => {
                count(&mut self.tally.claims);
                self.truth(*sandbox).pooled = false;
                self.note(*sandbox, Fact::Requested("claim it from the warm pool"));
            }
            Request::Evict { sandbox } => self.note(*sandbox, Fact::Requested("evict it")),
        }
    }

    fn creation(&mut self) -> Creation {
        let class = if self.random.happens(600) { SandboxClass::LinuxVm } else { SandboxClass::Container };
        let spot = self.random.happens(80);
        let owns = |(sandbox, row): (&SandboxId, &Row)| {
            let linked = self.truths.get(sandbox).is_some_and(|truth| truth.owner.is_some());
            (!linked && !row.is_to_be_destroyed()).then_some(*sandbox)
        };
        let owners: Vec<_> = self.shown.iter().filter_map(owns).collect();
        let linked = !spot && self.random.happens(150);
        let owner = if linked { self.random.one_of(&owners) } else { None };
        let ephemeral = spot || owner.is_some() || self.random.happens(100);
        let wanted = NewSandbox {
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
        // Numbers wrap, so they may as well begin shortly before that.
        let (revision, epoch) =
            if self.random.happens(300) { (0u32.wrapping_sub(20), 0u32.wrapping_sub(10)) } else { (0, 0) };
        let pooled = owner.is_none() && self.random.happens(120);
        Creation { sandbox: self.next_sandbox(), wanted, owner, pooled, revision, epoch }
    }
}

fn minutes(count: u32) -> Minutes {
    Minutes::new(count).unwrap_or(Minutes::MAX)
}

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
            let cpu = u32::try_from(random.below(8)).ok().and_then(|more| NonZeroU32::new(more.saturating_add(1)));
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
    }
}
