//! What is planned for later, and the messages that the network carries.

use crate::{
    record::OutboxKey,
    rules::Call,
    testing::simulation::{
        messages::{Answer, Heard, Payload, Request},
        names::{ProcessId, RunnerId, SandboxId},
    },
};

/// Something that happens at a time.
#[derive(Debug)]
pub enum Event {
    /// A process of the host goes on with the work of this number. If it has crashed since, nothing happens.
    Work {
        process: ProcessId,
        boot: u64,
        number: u64,
    },
    /// A process of the host looks for what is due.
    Tick {
        process: ProcessId,
        boot: u64,
    },
    /// A process of the host is up again.
    Restart {
        process: ProcessId,
    },
    /// A request reaches the host.
    Request(Request),
    Message(Message),
    /// A runner ends a job.
    JobEnds {
        runner: RunnerId,
        boot: u64,
        sandbox: SandboxId,
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
    /// Whether a runner answers is noticed.
    Heartbeat {
        runner: RunnerId,
    },
    /// The host hears that a runner is connected.
    Connect {
        runner: RunnerId,
    },
    /// The backup maker ends an upload.
    UploadEnds {
        sandbox: SandboxId,
        attempt: u32,
        number: u64,
    },
    /// An upload reaches the backup store.
    Put {
        sandbox: SandboxId,
        runner: RunnerId,
        attempt: u32,
        version: u64,
    },
    /// A caller wants something of some sandbox, or of this one.
    Caller,
    Wish {
        sandbox: SandboxId,
    },
    /// Something breaks.
    Mishap,
}

/// What the network carries.
#[derive(Debug, Clone)]
pub enum Message {
    ToHost(Heard),
    Answer {
        asker: Asker,
        answer: Answer,
    },
    ToRunner {
        runner: RunnerId,
        message: ToRunner,
    },
    /// The backup maker is asked for a backup.
    BackUp {
        sandbox: SandboxId,
        runner: RunnerId,
        attempt: u32,
    },
    /// The backup store discards old attempts.
    Discard {
        sandbox: SandboxId,
        before: u32,
        key: OutboxKey,
    },
    /// The backup store is asked for an attempt.
    AskStore {
        sandbox: SandboxId,
        attempt: u32,
        asker: Asker,
    },
    /// Subscribers see an event.
    See {
        sandbox: SandboxId,
        key: OutboxKey,
    },
}

/// The question of a process, to which the answer goes.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    pub process: ProcessId,
    pub boot: u64,
    pub question: u64,
}

/// What reaches a runner.
#[derive(Debug, Clone)]
pub enum ToRunner {
    Call { sandbox: SandboxId, call: Call, payload: Payload },
    Ask { sandbox: SandboxId, epoch: u32, asker: Asker },
    Leave { sandbox: SandboxId, removes: bool, epoch: u32, key: OutboxKey },
    List,
}
