//! Stops a sandbox: reads its API record, decides, and prints the record as the API would answer and what happens next.
//!
//! `stop [FILE|-] [--force] [--now RFC3339]`. The record goes to standard output, the events after it to standard error.
//! Exit status: 0 stopped, 1 refused, 2 bad input.

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Command, Context, Effect, Lifecycle, Next, Policy, Refusal, Report, RunnerView, Sandbox, SandboxDto, SandboxState,
    Step,
    controller::Observed,
    record::{Kept, StepDetails},
    rules::{Answer, Call, Job, Outcome, Task},
};
use std::{
    ffi::OsString,
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

/// The record that is read if the command line names no file: a started sandbox.
const SAMPLE: &str = include_str!("data/sandbox.json");
const USAGE: &str = "usage: stop [FILE|-] [--force] [--now RFC3339]";
const HELP: &str = "
  FILE           the API record of a sandbox, as JSON; - is standard input; the default is a sample record
  --force        stop it with SIGKILL instead of SIGTERM
  --now RFC3339  the time of the stop, such as 2024-10-01T16:45:00Z; the default is the current time

The record as the API would answer goes to standard output, and what happens next to standard error.
Exit status: 0 stopped, 1 refused, 2 bad input.";

/// The UTF-8 byte order mark, which some editors write at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

type Record = SandboxDto<Kept<serde_json::Value>>;

/// Writes a line to standard error and ignores an error, because the record matters even if standard error is closed.
macro_rules! say {
    ($($what:tt)*) => {
        writeln!(io::stderr(), $($what)*).unwrap_or_default()
    };
}

/// The arguments of the command line.
struct Arguments {
    file: Option<PathBuf>,
    force: bool,
    now: DateTime<Utc>,
    help: bool,
}

fn main() -> ExitCode {
    let asked = match arguments(std::env::args_os().skip(1)) {
        Ok(asked) if asked.help => return print(&format!("{USAGE}\n{HELP}")),
        Ok(asked) => asked,
        Err(error) => return fail(2, &error),
    };
    let mut sandbox = match sandbox(asked.file.as_deref()) {
        Ok(sandbox) => sandbox,
        Err(error) => return fail(2, &error),
    };
    let decided = decide(sandbox.lifecycle(), Command::Stop { force: asked.force }, asked.now);
    let written = decided.map_err(|refusal| refusal.to_string()).and_then(|step| {
        let before = *sandbox.lifecycle();
        sandbox.apply(&step, StepDetails::default()).map_err(|error| error.to_string())?;
        Ok((before, step))
    });
    match written {
        Ok((before, step)) => {
            Story { now: asked.now }.print(&before, &step);
            print(&serde_json::to_string_pretty(sandbox.dto()).expect("a record has a JSON form"))
        }
        Err(reason) => fail(1, &reason),
    }
}

fn fail(code: u8, reason: &str) -> ExitCode {
    say!("stop: {reason}");
    ExitCode::from(code)
}

/// Prints the answer. A closed pipe is not an error.
fn print(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => fail(2, &format!("cannot write: {error}")),
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}

fn arguments(words: impl Iterator<Item = OsString>) -> Result<Arguments, String> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|error| error.to_string())?;
    let micros = i64::try_from(since_1970.as_micros()).map_err(|error| error.to_string())?;
    let now = DateTime::from_timestamp_micros(micros).ok_or("the clock is out of range")?;
    let mut asked = Arguments { file: None, force: false, now, help: false };
    let mut words = words;
    while let Some(word) = words.next() {
        match word.to_string_lossy().as_ref() {
            "--force" => asked.force = true,
            "--now" => {
                asked.now = time(&words.next().ok_or(format!("--now needs a time\n{USAGE}"))?.to_string_lossy())?
            }
            "--help" | "-h" => asked.help = true,
            option if option.starts_with("--now=") => asked.now = time(&option["--now=".len()..])?,
            option if option.starts_with('-') && option != "-" => {
                return Err(format!("unknown option {option}\n{USAGE}"));
            }
            _ if asked.file.is_some() => return Err(format!("more than one file\n{USAGE}")),
            _ => asked.file = Some(word.into()),
        }
    }
    Ok(asked)
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text).map_err(|error| format!("--now {text}: {error}\n{USAGE}"))?;
    Ok(time.to_utc())
}

fn sandbox(file: Option<&Path>) -> Result<Sandbox<Kept<serde_json::Value>>, String> {
    let (name, text) = match file {
        None => ("the sample".to_owned(), Ok(SAMPLE.as_bytes().to_vec())),
        Some(path) if path == Path::new("-") => {
            let mut text = Vec::new();
            ("standard input".to_owned(), io::stdin().read_to_end(&mut text).map(|_| text))
        }
        Some(path) => (path.display().to_string(), std::fs::read(path)),
    };
    let text = text.map_err(|error| format!("{name}: {error}"))?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let record: Record = serde_json::from_slice(text).map_err(|error| format!("{name}: {error}"))?;
    Sandbox::try_from(record).map_err(|error| format!("{name}: {error}"))
}

fn decide(row: &Lifecycle, command: Command, now: DateTime<Utc>) -> Result<Step, Refusal> {
    row.decide(command, &Policy::default(), Context::of(row), now)
}

/// Prints what happens after the answer: it asks the crate for the next action and simulates a runner without faults.
struct Story {
    now: DateTime<Utc>,
}

impl Story {
    fn print(&self, before: &Lifecycle, step: &Step) {
        let stopped = step.apply(*before).expect("the step was decided on this row");
        say!("decided  stop of a sandbox in state {}, desired state {}", before.state(), before.desired_state());
        self.written(before, step, &stopped);
        let rest = self.work(stopped);
        self.held(before, &rest);
        self.restart(rest);
    }

    /// Prints what a step writes and emits.
    fn written(&self, before: &Lifecycle, step: &Step, after: &Lifecycle) {
        if !step.writes() {
            return say!("written  nothing: the sandbox is already in this state");
        }
        if before.state() != after.state() {
            say!("written  state {} -> {}", before.state(), after.state());
        }
        if before.desired_state() != after.desired_state() {
            let (old, new, shown) = (before.desired_state(), after.desired_state(), after.reported_state());
            say!("written  desired state {old} -> {new}; the API shows {shown}");
        }
        for effect in step.effects() {
            match effect {
                Effect::GiveUpName => say!("         its name can be used again"),
                Effect::RotateToken => say!("         it gets a new auth token"),
                Effect::Emit(event) => say!("event    {}", event.name()),
                _ => {}
            }
        }
    }

    /// Reconciles until nothing is left to do, with a runner that accepts each call and completes each job.
    fn work(&self, mut row: Lifecycle) -> Lifecycle {
        let policy = Policy::default();
        let mut view = RunnerView::default();
        let mut on_runner = row.state();
        loop {
            let step = match row.reconcile(&view, &policy, self.now) {
                Next::Ask => {
                    view.observed = Observed::State(on_runner);
                    continue;
                }
                Next::Call(Call { task, epoch }) => {
                    say!("call     the runner: {} (epoch {epoch})", verb(task));
                    let accepted = Report::Answered { task, answer: Answer::Accepted, from: None, epoch: Some(epoch) };
                    row = self.report(row, accepted);
                    let Some((job, state)) = ends(task) else { return row };
                    on_runner = state;
                    Report::Ended { job, outcome: Outcome::Completed, epoch: Some(epoch) }
                }
                Next::Apply(step) => {
                    row = self.apply(row, &step);
                    continue;
                }
                Next::Wait { .. } | Next::Nothing => return row,
            };
            row = self.report(row, step);
            view.observed = Observed::NotAsked;
        }
    }

    fn report(&self, row: Lifecycle, report: Report) -> Lifecycle {
        let decided = row.decide(report, &Policy::default(), Context::of(&row), self.now);
        self.apply(row, &decided.expect("the answer to a call is never refused"))
    }

    fn apply(&self, row: Lifecycle, step: &Step) -> Lifecycle {
        let after = step.apply(row).expect("the step was decided on this row");
        self.written(&row, step, &after);
        after
    }

    fn held(&self, before: &Lifecycle, rest: &Lifecycle) {
        let (was, is) = (before.held_size(), rest.held_size());
        say!(
            "at rest  {}: it held {} cpu, {} GB memory, {} GB disk; it holds {} cpu, {} GB memory, {} GB disk",
            rest.state(),
            was.cpu,
            was.memory,
            was.disk,
            is.cpu,
            is.memory,
            is.disk
        );
    }

    fn restart(&self, rest: Lifecycle) {
        match decide(&rest, Command::Start, self.now) {
            Ok(step) => {
                say!("later    it can be started again:");
                let started = self.work(self.apply(rest, &step));
                say!("         and is {}", started.state());
            }
            Err(refusal) => say!("later    it cannot be started again: {refusal}"),
        }
    }
}

/// Returns the end of a task: the job, and the state of the runner's copy after it.
fn ends(task: Task) -> Option<(Job, SandboxState)> {
    match task {
        Task::Stop { .. } => Some((Job::Stop, SandboxState::Stopped)),
        Task::Start => Some((Job::Start, SandboxState::Started)),
        Task::Destroy => Some((Job::Destroy, SandboxState::Destroyed)),
        _ => None,
    }
}

fn verb(task: Task) -> String {
    match task {
        Task::Stop { force: true } => "stop it with SIGKILL".to_owned(),
        Task::Stop { force: false } => "stop it with SIGTERM".to_owned(),
        Task::Start => "start it".to_owned(),
        Task::Destroy => "destroy it".to_owned(),
        other => format!("{other:?}"),
    }
}
