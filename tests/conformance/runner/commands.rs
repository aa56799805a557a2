//! The rows of `commands`: a command, and for some rows the answer of the runner within the call.

use crate::{
    judge::{Answer as Columns_, applied, flag, list},
    states::{columns, fault},
    table::Row,
};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, Context, Effect, Lifecycle, Policy, Refusal, Report, Step,
    rules::{Answer, Call, Event, RunnerChange, Task, TaskKind},
    vocabulary::{AutoArchive, AutoDelete, AutoStop, Fault, IntervalError, SizeChange},
};

/// The instant of every recorded decision. The row was last written a minute before.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).expect("a time in chrono's range")
}

/// The parts of an `arg` column: variant, runner generation and outcome.
struct Argument<'a> {
    variant: &'a str,
    by_job: bool,
    outcome: Option<&'a str>,
}

impl<'a> Argument<'a> {
    fn of(text: &'a str) -> Self {
        let mut parts = text.split('_');
        let mut argument = Self { variant: parts.next().unwrap_or_default(), by_job: false, outcome: None };
        for part in parts {
            match part {
                "v0" => argument.by_job = false,
                "v2" => argument.by_job = true,
                outcome => argument.outcome = Some(outcome),
            }
        }
        if argument.variant == "fail" {
            (argument.variant, argument.outcome) = ("", Some("fail"));
        }
        argument
    }

    fn fails(&self) -> bool {
        self.outcome == Some("fail")
    }
}

/// The result of the inputs of a row.
struct Conversation {
    row: Lifecycle,
    outcome: Result<(), (String, u16)>,
    effects: Vec<Effect>,
    soft_deleted: bool,
    child: Option<Lifecycle>,
}

impl Conversation {
    fn begun(row: Lifecycle) -> Self {
        Self { row, outcome: Ok(()), effects: Vec::new(), soft_deleted: false, child: None }
    }

    fn take(&mut self, step: Step) {
        self.effects.extend(step.effects());
        self.soft_deleted |= step.is_soft_delete();
        self.row = applied(&step, self.row);
    }

    fn refused(&mut self, refusal: &Refusal) {
        let code = match refusal.code() {
            code @ ("fork_children" | "recover_cooldown") => format!("other:{code}"),
            code => code.to_owned(),
        };
        self.outcome = Err((code, refusal.http_status()));
    }

    fn runner_failed(&mut self) {
        self.outcome = Err(("other:runner_failed".to_owned(), 0));
    }
}

const REFUSED: Answer = Answer::Refused { fault: Fault::Other, recoverable: false };

pub fn judge(row: &Row) -> Option<Columns_> {
    let argument = Argument::of(row.get("arg"));
    let before = Lifecycle::from(Columns {
        last_recovery: (argument.outcome == Some("cooldown")).then(|| now() - Duration::minutes(30)),
        pending: row.is("pending"),
        class: row.read("class"),
        gpu: row.read("gpu"),
        auto_delete: AutoDelete::try_from(row.read::<i64>("auto_delete")).expect("any number is an auto-delete"),
        has_runner: row.is("runner"),
        backup_state: row.read("backup"),
        has_backup_ref: row.is("has_backup_ref"),
        fault: fault(row),
        recoverable: row.is("recoverable"),
        cpu: 2,
        memory: 4,
        disk: 10,
        created_at: (now() - Duration::days(1)),
        last_activity_at: (now() - Duration::minutes(1)),
        state_since: (now() - Duration::minutes(1)),
        ..columns(row)
    });
    let mut talk = Conversation::begun(before);
    match command(row.get("command"), &argument) {
        Ok(command) => converse(&mut talk, command, &argument),
        Err(error) => talk.outcome = Err((error.code().to_owned(), error.http_status())),
    }
    Some(answer(row, &before, talk))
}

fn context(row: &Lifecycle, argument: &Argument) -> Context {
    Context::of(row).with_live_fork_children(u32::from(argument.variant == "children"))
}

fn command(word: &str, argument: &Argument) -> Result<Command, IntervalError> {
    let minutes = || argument.variant.parse::<i64>().expect("minutes");
    Ok(match word {
        "start" => Command::Start,
        "stop" => Command::Stop { force: argument.variant == "force1" },
        "pause" => Command::Pause,
        "archive" => Command::Archive,
        "destroy" => Command::Destroy { force: false },
        "resize" => Command::Resize(size_change(argument.variant)),
        "fork" => Command::Fork,
        "snapshot" => Command::Snapshot { include_memory: argument.variant == "mem1" },
        "recover" => Command::Recover { start: argument.variant == "start" },
        "backup" => Command::Backup,
        "autostop" => Command::AutoStop { interval: AutoStop::try_from(minutes())? },
        "autoarchive" => Command::AutoArchive { interval: AutoArchive::try_from(minutes())? },
        "autodelete" => Command::AutoDelete { interval: AutoDelete::try_from(minutes())? },
        other => panic!("no such command: {other}"),
    })
}

fn size_change(variant: &str) -> SizeChange {
    let json = match variant {
        "cpu+1" => r#"{"cpu":3}"#,
        "cpu-1" => r#"{"cpu":1}"#,
        "mem+1" => r#"{"memory":5}"#,
        "mem-1" => r#"{"memory":3}"#,
        "disk+1" => r#"{"disk":11}"#,
        "disk-1" => r#"{"disk":9}"#,
        "none" => "{}",
        "same" => r#"{"cpu":2,"memory":4,"disk":10}"#,
        "samecpu" => r#"{"cpu":2,"memory":4}"#,
        other => panic!("no such size: {other}"),
    };
    serde_json::from_str(json).expect("a size change")
}

fn converse(talk: &mut Conversation, command: Command, argument: &Argument) {
    let policy = Policy::recorded();
    let context = context(&talk.row, argument);
    let step = match talk.row.decide(command, &policy, context, now()) {
        Ok(step) => step,
        Err(refusal) => return talk.refused(&refusal),
    };
    let call = step.effects().find_map(|effect| match effect {
        Effect::Call(Call { task: Task::Backup { .. }, .. }) => None,
        Effect::Call(call) => Some(call.task),
        _ => None,
    });
    let Some(task) = call else { return talk.take(step) };
    if step.effects().any(|effect| effect == Effect::StoreChild) {
        talk.child = Some(talk.row.fork_child(now()));
    }
    match task {
        // A recovery within the call happens before any write, so a refusal leaves nothing to undo.
        Task::Recover { start } if !argument.by_job => {
            talk.effects.extend(step.effects().filter(|effect| matches!(effect, Effect::Call(_))));
            if argument.fails() {
                return talk.runner_failed();
            }
            answered(talk, Report::answered(&step, task, Answer::Done));
            if start && talk.outcome.is_ok() {
                converse(talk, Command::Start, argument);
            }
        }
        Task::Fork if !argument.fails() => {
            talk.take(step);
            answered(talk, Report::answered(&step, task, Answer::Accepted));
        }
        _ if argument.fails() => {
            talk.take(step);
            answered(talk, Report::answered(&step, task, REFUSED));
            // The server answers success even when a runner of the first generation fails to snapshot.
            if !matches!(task, Task::Snapshot { .. }) || argument.by_job {
                talk.runner_failed();
            }
        }
        Task::Resize { .. } if !argument.by_job => {
            talk.take(step);
            answered(talk, Report::answered(&step, task, Answer::Done));
        }
        Task::Snapshot { .. } if argument.outcome == Some("done") => {
            talk.take(step);
            answered(talk, Report::answered(&step, task, Answer::Done));
        }
        _ => talk.take(step),
    }
}

fn answered(talk: &mut Conversation, report: Report) {
    match talk.row.decide(report, &Policy::recorded(), Context::of(&talk.row), now()) {
        Ok(step) => talk.take(step),
        Err(refusal) => talk.refused(&refusal),
    }
}

/// Returns the name of an event without its prefix.
pub fn event(event: Event) -> String {
    event.name().as_str().trim_start_matches("sandbox.").to_owned()
}

/// Returns the name that the server gives a runner call.
pub fn call(task: TaskKind) -> &'static str {
    match task {
        TaskKind::Create | TaskKind::Restore => "createSandbox",
        TaskKind::Start | TaskKind::Resume => "startSandbox",
        TaskKind::Stop => "stopSandbox",
        TaskKind::Pause => "pauseSandbox",
        TaskKind::Destroy => "destroySandbox",
        TaskKind::Resize => "resizeSandbox",
        TaskKind::Snapshot => "createSnapshotFromSandbox",
        TaskKind::Fork => "forkSandbox",
        TaskKind::Recover => "recoverSandbox",
        TaskKind::Build => "buildSnapshot",
        // The server notes the runner, which fetches the image by itself, and asks for a backup by an event.
        TaskKind::Pull | TaskKind::Backup => "-",
    }
}

fn answer(row: &Row, before: &Lifecycle, talk: Conversation) -> Columns_ {
    let after = talk.row;
    let error = match (before.fault(), after.fault()) {
        (_, None) => "none",
        (old, new) if old == new => "kept",
        _ => "other",
    };
    let interval = match row.get("command") {
        "autostop" => after.auto_stop().as_minutes().to_string(),
        "autoarchive" => after.auto_archive().as_minutes().to_string(),
        "autodelete" => after.auto_delete().as_minutes().to_string(),
        _ => "-".to_owned(),
    };
    let child = talk.child.map_or("-".to_owned(), |child| {
        let (state, desired) = (child.state(), child.desired_state());
        format!("{state}|{desired}|{}|{}", flag(child.pending()), flag(child.has_runner()))
    });
    let calls: Vec<String> = talk
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Call(Call { task: Task::Backup { .. }, .. }) => None,
            Effect::Call(made) => Some(call(made.task.into()).to_owned()),
            _ => None,
        })
        .collect();
    let events: Vec<String> = talk
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Emit(emitted) => Some(event(*emitted)),
            _ => None,
        })
        .collect();
    let previous = talk.effects.contains(&Effect::Runner(RunnerChange::ReleasedAsPrevious));
    let (outcome, http) = talk.outcome.err().unwrap_or_else(|| ("ok".to_owned(), 0));
    Columns_::from([
        ("outcome", outcome),
        ("http", http.to_string()),
        ("state'", after.state().to_string()),
        ("desired'", after.desired_state().to_string()),
        ("pending'", flag(after.pending())),
        ("runner'", flag(after.has_runner())),
        ("prev_runner'", flag(previous)),
        ("backup'", after.backup_state().to_string()),
        ("recoverable'", flag(after.recoverable())),
        ("error'", error.to_owned()),
        ("soft_deleted", flag(talk.soft_deleted)),
        ("token_rotated", flag(talk.effects.contains(&Effect::RotateToken))),
        ("runner_calls", list(&calls)),
        ("events", list(&events)),
        ("interval'", interval),
        ("child'", child),
    ])
}
