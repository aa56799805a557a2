//! Parses a line of a story: commands, reports and rows.

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Report, SandboxState,
    rules::{Answer, Job, Outcome, Task},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Fault, QueueTimeout, Size, SizeChange, Ttl},
};
use std::{fmt::Display, num::NonZeroU32, str::FromStr};

pub type Read<T> = Result<T, String>;

pub fn word<T: FromStr<Err: Display>>(text: &str) -> Read<T> {
    text.trim().parse().map_err(|error: T::Err| error.to_string())
}

fn interval<T: TryFrom<i64, Error: Display>>(text: &str) -> Read<T> {
    T::try_from(word::<i64>(text)?).map_err(|error| error.to_string())
}

/// Returns the text after the word `start`, if the text begins with it.
pub fn rest<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(start)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// `1d2h3m4s5us`
pub fn length(text: &str) -> Read<Duration> {
    let wrong = || format!("no such length of time: {text}");
    let (mut total, mut number, mut unit) = (Duration::zero(), String::new(), String::new());
    let mut add = |number: &mut String, unit: &mut String| -> Read<()> {
        let count: i64 = number.parse().map_err(|_| wrong())?;
        total += match unit.as_str() {
            "d" => Duration::days(count),
            "h" => Duration::hours(count),
            "m" => Duration::minutes(count),
            "s" => Duration::seconds(count),
            "us" => Duration::microseconds(count),
            _ => return Err(wrong()),
        };
        number.clear();
        unit.clear();
        Ok(())
    };
    for letter in text.chars() {
        if letter.is_ascii_digit() && !unit.is_empty() {
            add(&mut number, &mut unit)?;
        }
        if letter.is_ascii_digit() { number.push(letter) } else { unit.push(letter) }
    }
    add(&mut number, &mut unit)?;
    Ok(total)
}

/// `started/stopped linux-vm, auto-stop 0, no runner, …`. Columns that it does not name follow from the states.
pub fn row(text: &str, now: DateTime<Utc>) -> Read<Lifecycle> {
    let mut parts = parts(text);
    let mut head = parts.next().unwrap_or_default().split(' ');
    let pair = head.next().unwrap_or_default();
    let (state, desired) = pair.split_once('/').unwrap_or((pair, pair));
    let state: SandboxState = word(state)?;
    let desired_state: DesiredState = word(desired)?;
    let class = head.next().map_or(Ok(Default::default()), word)?;
    let base = Columns { state, desired_state, class, ..Columns::default() };
    let at = now;
    let mut columns = Columns { created_at: at, last_activity_at: at, state_since: at, ..base };
    let mut pending = None;
    for part in parts {
        let (name, value) = part.rsplit_once(' ').unwrap_or((part, ""));
        match (part, name) {
            ("no runner", _) => columns.has_runner = false,
            ("recoverable", _) => columns.recoverable = true,
            ("pending", _) => pending = Some(true),
            ("not pending", _) => pending = Some(false),
            ("backup reference", _) => columns.has_backup_ref = true,
            ("backup kept", _) => (columns.kept_backup, columns.has_backup_ref) = (true, true),
            ("disk changed", _) => columns.changed_since_backup = true,
            ("must ask", _) => columns.must_ask = true,
            ("must ask the store", _) => columns.must_ask_store = true,
            ("fork child", _) => columns.is_fork_child = true,
            (_, "repair") => columns.repair = Some(word(value)?),
            (_, "attempt") => columns.backup_attempt = word(value)?,
            (_, "failed archives") => columns.archive_attempts = word(value)?,
            (_, "restore") => columns.restore_attempts = word(value)?,
            (_, "backup") => columns.backup_state = word(value)?,
            (_, "fault") => columns.fault = Some(word(value)?),
            (_, "gpu") => columns.gpu = word(value)?,
            (_, "epoch") => columns.epoch = word(value)?,
            (_, "auto-stop") => columns.auto_stop = interval(value)?,
            (_, "auto-pause") => columns.auto_pause = interval(value)?,
            (_, "auto-archive") => columns.auto_archive = interval(value)?,
            (_, "auto-delete") => columns.auto_delete = interval(value)?,
            (_, "queue timeout") => columns.queue_timeout = Some(interval::<QueueTimeout>(value)?),
            (_, "lives for") => columns.auto_destroy_at = Some(now + length(value)?),
            _ => match rest(part, "recovered").and_then(|ago| ago.strip_suffix(" ago")) {
                Some(ago) => columns.last_recovery = Some(now - length(ago)?),
                None => return Err(format!("a sandbox has no `{part}`")),
            },
        }
    }
    let tidy = Lifecycle::from(columns).repaired();
    let pending = pending.unwrap_or(tidy.pending());
    Ok(Columns { pending, ..tidy.columns() }.into())
}

/// `fork children 2, owed 1, suspended, linked, draining, unready, warm pool`
pub fn context(text: &str) -> Read<Context> {
    let mut context = Context::of(&Columns::default().into());
    for part in parts(text) {
        context = match part {
            "nothing" => context,
            "suspended" => context.with_organization_suspended(true),
            "linked" => context.with_linked(true),
            "draining" => context.with_runner_draining(true),
            "unready" => context.with_runner_unready(true),
            "warm pool" => context.with_warm_pool(true),
            _ => {
                if let Some(count) = rest(part, "fork children") {
                    context.with_live_fork_children(word(count)?)
                } else if let Some(count) = rest(part, "owed") {
                    context.with_owed_departures(word(count)?)
                } else {
                    return Err(format!("the context has no `{part}`"));
                }
            }
        };
    }
    Ok(context)
}

pub fn command(text: &str) -> Read<Command> {
    let (verb, arguments) = text.split_once(' ').unwrap_or((text, ""));
    let alone = |command| if arguments.is_empty() { Ok(command) } else { Err(invalid_argument(verb, arguments)) };
    let flag = |name: &str| match arguments {
        "" => Ok(false),
        given if given == name => Ok(true),
        other => Err(invalid_argument(verb, other)),
    };
    Ok(match verb {
        "start" => alone(Command::Start)?,
        "stop" => Command::Stop { force: flag("force")? },
        "destroy" => Command::Destroy { force: flag("force")? },
        "pause" => alone(Command::Pause)?,
        "archive" => alone(Command::Archive)?,
        "resize" => Command::Resize(change(arguments)?),
        "fork" => alone(Command::Fork)?,
        "snapshot" => Command::Snapshot { include_memory: flag("with memory")? },
        "recover" => Command::Recover { start: !flag("to stopped")? },
        "backup" => alone(Command::Backup)?,
        "autostop" => Command::AutoStop { interval: interval::<AutoStop>(arguments)? },
        "autopause" => Command::AutoPause { interval: interval::<AutoPause>(arguments)? },
        "autoarchive" => Command::AutoArchive { interval: interval::<AutoArchive>(arguments)? },
        "autodelete" => Command::AutoDelete { interval: interval::<AutoDelete>(arguments)? },
        "ttl" => Command::Ttl { interval: interval::<Ttl>(arguments)? },
        "touch" => alone(Command::Touch)?,
        _ => return Err(format!("no such command: {verb}")),
    })
}

fn invalid_argument(verb: &str, argument: &str) -> String {
    format!("{verb} does not take `{argument}`")
}

/// `cpu 4 memory 8 disk 20`, or nothing.
fn change(text: &str) -> Read<SizeChange> {
    let mut change = SizeChange::default();
    let mut words = text.split_whitespace();
    while let Some(name) = words.next() {
        let count = Some(word::<NonZeroU32>(words.next().unwrap_or_default())?);
        match name {
            "cpu" => change.cpu = count,
            "memory" => change.memory = count,
            "disk" => change.disk = count,
            _ => return Err(invalid_argument("resize", name)),
        }
    }
    Ok(change)
}

/// `2/4/10`: cpu, memory, disk.
pub fn size(text: &str) -> Read<Size> {
    let numbers: Vec<u32> = text.split('/').map(word).collect::<Read<_>>()?;
    match numbers[..] {
        [cpu, memory, disk] => Ok(Size { cpu, memory, disk }),
        _ => Err(format!("a size is cpu/memory/disk, not `{text}`")),
    }
}

/// The optional parts of a report.
#[derive(Default)]
struct Details {
    fault: Option<Fault>,
    recoverable: bool,
    from: Option<SandboxState>,
    epoch: Option<u32>,
    attempt: Option<u32>,
}

pub fn report(text: &str) -> Read<Report> {
    let mut all = parts(text);
    let head = all.next().unwrap_or_default();
    let mut details = Details::default();
    for part in all {
        match part.split_once(' ') {
            None if part == "recoverable" => details.recoverable = true,
            Some(("fault", fault)) => details.fault = Some(word(fault)?),
            Some(("from", state)) => details.from = Some(word(state)?),
            Some(("epoch", epoch)) => details.epoch = Some(word(epoch)?),
            Some(("attempt", attempt)) => details.attempt = Some(word(attempt)?),
            _ => return Err(format!("a report does not say `{part}`")),
        }
    }
    let Details { fault, recoverable, from, epoch, attempt } = details;
    let failed = || fault.unwrap_or(Fault::Other);
    if let Some(state) = rest(head, "says") {
        return Ok(Report::State { state: word(state)?, fault, recoverable, epoch });
    }
    if let Some(ended) = rest(head, "job") {
        let (job, outcome) = ended.rsplit_once(' ').unwrap_or((ended, ""));
        let outcome = match outcome {
            "completed" => Outcome::Completed,
            "failed" => Outcome::Failed { fault: failed(), recoverable },
            _ => return Err(format!("a job ends `completed` or `failed`, not `{outcome}`")),
        };
        let job = if job == "backup" { Job::Backup { attempt } } else { self::job(job)? };
        return Ok(Report::Ended { job, outcome, epoch });
    }
    let answers = [
        ("accepts", Answer::Accepted),
        ("did", Answer::Done),
        ("refuses", Answer::Refused { fault: fault.unwrap_or(Fault::Refused), recoverable }),
    ];
    for (says, answer) in answers {
        if let Some(task) = rest(head, says) {
            return Ok(Report::Answered { task: self::task(task)?, answer, from, epoch });
        }
    }
    match head {
        "backup begun" => Ok(Report::BackupUnderWay { begun: true, attempt }),
        "backup queued" => Ok(Report::BackupUnderWay { begun: false, attempt }),
        _ => Err(format!("a runner does not say `{head}`")),
    }
}

fn job(text: &str) -> Read<Job> {
    Ok(match text {
        "create" => Job::Create,
        "start" => Job::Start,
        "stop" => Job::Stop,
        "destroy" => Job::Destroy,
        "pause" => Job::Pause,
        "snapshot" => Job::Snapshot,
        "fork of the source" => Job::ForkSource,
        "fork of the child" => Job::ForkChild,
        "recover" => Job::Recover { start: true },
        "recover to stopped" => Job::Recover { start: false },
        _ => match rest(text, "resize to") {
            Some(to) => Job::Resize { to: size(to)? },
            None => return Err(format!("no such job: {text}")),
        },
    })
}

fn task(text: &str) -> Read<Task> {
    Ok(match text {
        "create" => Task::Create,
        "restore" => Task::Restore,
        "start" => Task::Start,
        "resume" => Task::Resume,
        "stop" => Task::Stop { force: false },
        "stop force" => Task::Stop { force: true },
        "pause" => Task::Pause,
        "destroy" => Task::Destroy,
        "snapshot" => Task::Snapshot { include_memory: false },
        "snapshot with memory" => Task::Snapshot { include_memory: true },
        "fork" => Task::Fork,
        "recover" => Task::Recover { start: true },
        "recover to stopped" => Task::Recover { start: false },
        "build" => Task::Build,
        "pull" => Task::Pull,
        _ => match rest(text, "resize to") {
            Some(to) => Task::Resize { to: size(to)? },
            None => return Err(format!("no such task: {text}")),
        },
    })
}
