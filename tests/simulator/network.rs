//! Messages, and the network that loses, repeats and delays them.

use crate::{
    host::Task,
    random::{MILLISECOND, MINUTE, SECOND},
    world::World,
};
use sandbox_lifecycle::{Report, record::OutboxKey, rules::Call, runner::Listed};

/// The number of a sandbox, of a runner and of a host process. Their names end in it.
pub type Id = usize;
pub type RunnerId = usize;
pub type HostId = usize;

/// How often in a thousand a message is lost, and how often it arrives twice.
const LOST: u64 = 250;
const REPEATED: u64 = 250;

/// Something that happens at a time.
#[derive(Clone)]
pub enum Event {
    /// A host process goes on with a task. If it has crashed since, nothing happens.
    Host {
        host: HostId,
        boot: u64,
        task: Box<Task>,
    },
    /// A host process looks for rows and outbox entries that are due.
    Sweep {
        host: HostId,
        boot: u64,
    },
    /// A host process is up again.
    Restart {
        host: HostId,
    },
    /// A host hears something.
    Hear(Heard),
    /// A message reaches a runner.
    Runner {
        runner: RunnerId,
        message: ToRunner,
    },
    /// A runner ends a job.
    Work {
        runner: RunnerId,
        boot: u64,
        id: Id,
        number: u64,
    },
    /// A runner starts again after a crash.
    Boot {
        runner: RunnerId,
    },
    /// A runner can be reached again.
    Reach {
        runner: RunnerId,
    },
    /// The operator decides about a runner that does not answer.
    Operate {
        runner: RunnerId,
    },
    /// The hosts notice whether a runner answers.
    Heartbeat {
        runner: RunnerId,
    },
    /// The hosts take a runner's inventory.
    Inventory {
        runner: RunnerId,
    },
    /// A message reaches the backup maker.
    Back {
        id: Id,
        runner: RunnerId,
        attempt: u32,
    },
    /// The backup maker ends an upload.
    Uploaded {
        id: Id,
        attempt: u32,
        number: u64,
    },
    /// An upload reaches the backup store.
    Put {
        id: Id,
        runner: RunnerId,
        attempt: u32,
        version: u64,
    },
    /// The host orders the backup store to discard attempts.
    Discard {
        id: Id,
        before: u32,
        key: OutboxKey,
    },
    /// The backup store is asked for an attempt.
    AskStore {
        id: Id,
        attempt: u32,
        asker: Asker,
    },
    /// Subscribers see an event.
    See {
        id: Id,
        key: OutboxKey,
    },
    /// A caller wants something of some sandbox, or of this one.
    Caller,
    Wish {
        id: Id,
    },
    /// Something breaks.
    Mishap,
}

/// The question of a host process, to which the answer goes.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    pub host: HostId,
    pub boot: u64,
    pub number: u64,
}

/// What reaches a runner.
#[derive(Debug, Clone)]
pub enum ToRunner {
    /// A call, with the attempt that a restore reads and the child that a fork makes.
    Call {
        id: Id,
        call: Call,
        restores: Option<u32>,
        child: Option<Id>,
    },
    Ask {
        id: Id,
        epoch: u32,
        asker: Asker,
    },
    Remove {
        id: Id,
        epoch: u32,
        key: OutboxKey,
    },
    Release {
        id: Id,
        epoch: u32,
        key: OutboxKey,
    },
    List,
}

/// What a host hears.
#[derive(Debug, Clone)]
pub enum Heard {
    Report { id: Id, runner: RunnerId, report: Report },
    Acknowledged { id: Id, key: OutboxKey },
    Inventory { runner: RunnerId, copies: Vec<(Id, Listed)> },
}

impl World {
    /// Sends a message over the network.
    pub fn send(&mut self, event: Event) {
        self.tally.messages += 1;
        if self.fails(LOST) {
            self.tally.lost += 1;
            return;
        }
        if self.fails(REPEATED) {
            self.tally.repeated += 1;
            let again = self.delay();
            self.plan(again, event.clone());
        }
        let delay = self.delay();
        self.plan(delay, event);
    }

    /// Returns how long a message takes. Some are overtaken by many others.
    fn delay(&mut self) -> i64 {
        let late = self.fails(40);
        if late { self.random.between(MINUTE, 20 * MINUTE) } else { self.random.between(5 * MILLISECOND, 3 * SECOND) }
    }
}
