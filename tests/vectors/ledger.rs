//! Lines for runners: every situation of a ledger, with every message that can arrive in it.

use crate::form::line;
use sandbox_lifecycle::{
    Policy,
    rules::{Call, Task},
    runner::{CopyAnswer, End, Entry, Ledger, Listed},
    vocabulary::{CopyState, Fault, Size},
};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Question {
    ask: &'static str,
    #[serde(skip_serializing_if = "is_absent")]
    ledger: Ledger,
    message: Message,
}

fn is_absent(ledger: &Ledger) -> bool {
    *ledger == Ledger::default()
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
enum Message {
    Call(Call),
    Ask { epoch: u32, seen: CopyAnswer },
    Release { epoch: u32 },
    Remove { epoch: u32 },
    Finish { epoch: u32, end: End },
    Interrupted {},
    List { seen: CopyAnswer },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Verdict { ledger: Ledger, verdict: Value },
    Ledger { ledger: Ledger },
    Listed { listed: Option<Listed> },
}

const FAULT: Fault = Fault::Runner;

/// Every task, with the word by which ids name it.
const TASKS: [(&str, Task); 14] = [
    ("create", Task::Create),
    ("restore", Task::Restore),
    ("start", Task::Start),
    ("resume", Task::Resume),
    ("stop", Task::Stop { force: false }),
    ("pause", Task::Pause),
    ("destroy", Task::Destroy),
    ("resize", Task::Resize { to: Size { cpu: 4, memory: 8, disk: 20 } }),
    ("snapshot", Task::Snapshot { include_memory: false }),
    ("fork", Task::Fork),
    ("recover", Task::Recover { start: true }),
    ("build", Task::Build),
    ("pull", Task::Pull),
    ("backup", Task::Backup { attempt: 2 }),
];

const ENDS: [(&str, End); 5] = [
    ("completed", End::Completed),
    ("failed", End::Failed { fault: FAULT, recoverable: false }),
    ("failed-recoverable", End::Failed { fault: FAULT, recoverable: true }),
    ("done", End::Done),
    ("refused", End::Refused { fault: Fault::Refused, recoverable: false }),
];

const SEEN: [(&str, CopyAnswer); 4] = [
    ("no-copy", CopyAnswer::NONE),
    ("running", CopyAnswer::new(CopyState::Running, Size { cpu: 2, memory: 4, disk: 10 })),
    ("at-rest-of-unknown-size", CopyAnswer { state: CopyState::AtRest, size: None }),
    ("busy", CopyAnswer::new(CopyState::Busy, Size { cpu: 2, memory: 4, disk: 10 })),
];

const fn call(task: Task, epoch: u32) -> Call {
    Call { task, epoch }
}

/// Every situation of a ledger, and the epoch that a message of the same age has.
fn situations() -> Vec<(&'static str, Ledger, u32)> {
    let taken = |ledger: Ledger, call: Call| ledger.call(call).ledger();
    let (absent, start) = (Ledger::default(), call(Task::Start, 7));
    let under_way = taken(absent, start);
    let ended = |end| under_way.finish(7, end).ledger();
    let completed = ended(End::Completed);
    let last = taken(absent, call(Task::Start, u32::MAX));
    vec![
        ("absent", absent, 7),
        ("under-way", under_way, 7),
        ("under-way-and-asked", under_way.ask(8, CopyAnswer::NONE).ledger(), 8),
        ("interrupted", under_way.interrupted(), 7),
        ("completed", completed, 7),
        ("failed", ended(End::Failed { fault: FAULT, recoverable: true }), 7),
        ("done-within-the-call", ended(End::Done), 7),
        ("refused", ended(End::Refused { fault: Fault::Refused, recoverable: false }), 7),
        ("completed-and-asked", completed.ask(8, CopyAnswer::NONE).ledger(), 8),
        ("released", completed.release(8).ledger(), 8),
        ("released-under-way", under_way.release(8).ledger(), 8),
        ("removed", completed.remove(8).ledger(), 8),
        ("removed-and-released", completed.remove(8).ledger().release(9).ledger(), 9),
        ("released-and-asked", completed.release(8).ledger().ask(9, CopyAnswer::NONE).ledger(), 9),
        ("removed-and-created-again", taken(completed.remove(8).ledger(), call(Task::Create, 9)), 9),
        // After the largest epoch comes 0.
        ("at-the-largest-epoch", last, u32::MAX),
    ]
}

/// Every message that makes a difference in a situation with this epoch.
fn messages(ledger: Ledger, same: u32) -> Vec<(String, Message)> {
    let ages = [("older", same.wrapping_sub(1)), ("same", same), ("newer", same.wrapping_add(1))];
    let mut found = Vec::new();
    let mut add = |id: String, message| found.push((id, message));
    for (age, epoch) in ages {
        add(format!("call-{age}"), Message::Call(call(Task::Start, epoch)));
        add(format!("ask-{age}"), Message::Ask { epoch, seen: SEEN[1].1 });
        add(format!("release-{age}"), Message::Release { epoch });
        add(format!("remove-{age}"), Message::Remove { epoch });
        add(format!("finish-{age}"), Message::Finish { epoch, end: End::Completed });
    }
    add("call-same-of-another-task".to_owned(), Message::Call(call(Task::Stop { force: true }, same)));
    add("call-newer-restore".to_owned(), Message::Call(call(Task::Restore, same.wrapping_add(1))));
    // A backup is no piece of the runner's work: the ledger does not record it.
    add("call-backup".to_owned(), Message::Call(call(Task::Backup { attempt: 2 }, same)));
    add("interrupted".to_owned(), Message::Interrupted {});
    for (seen, copy) in SEEN {
        add(format!("list-{seen}"), Message::List { seen: copy });
        if seen != "running" {
            add(format!("ask-same-{seen}"), Message::Ask { epoch: same, seen: copy });
        }
    }
    if let Some(work) = ledger.call_under_way() {
        for (end, how) in ENDS {
            add(format!("finish-its-work-{end}"), Message::Finish { epoch: work.epoch, end: how });
        }
    }
    found
}

/// Returns the lines. No API profile changes what a runner does.
pub fn lines(_: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    for (situation, ledger, epoch) in situations() {
        for (message, sent) in messages(ledger, epoch) {
            lines.push(answered(&format!("ledger/{situation}/{message}"), ledger, sent));
        }
    }
    for (task, asked) in TASKS {
        let taken = Ledger::default().call(call(asked, 7)).ledger();
        lines.push(answered(&format!("ledger/task/{task}/call"), Ledger::default(), Message::Call(call(asked, 7))));
        // An end is reported as that of a job or, for a task without one, as the answer to its call.
        for (end, how) in [ENDS[0], ENDS[2], ENDS[3]] {
            let finish = Message::Finish { epoch: 7, end: how };
            lines.push(answered(&format!("ledger/task/{task}/finish-{end}"), taken, finish));
        }
    }
    lines
}

fn answered(id: &str, ledger: Ledger, message: Message) -> String {
    let answer = match message {
        Message::Call(call) => Answer::of(ledger.call(call)),
        Message::Ask { epoch, seen } => Answer::of(ledger.ask(epoch, seen)),
        Message::Release { epoch } => Answer::of(ledger.release(epoch)),
        Message::Remove { epoch } => Answer::of(ledger.remove(epoch)),
        Message::Finish { epoch, end } => Answer::of(ledger.finish(epoch, end)),
        Message::Interrupted {} => Answer::Ledger { ledger: ledger.interrupted() },
        Message::List { seen } => Answer::Listed { listed: ledger.list(seen) },
    };
    line(id, Question { ask: "ledger", ledger, message }, answer)
}

impl Answer {
    fn of<V: Serialize>(entry: Entry<V>) -> Self {
        let ledger = entry.ledger();
        Self::Verdict { ledger, verdict: serde_json::to_value(entry.stored()).expect("it can be written") }
    }
}
