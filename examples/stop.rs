//! Stops a sandbox: reads its API record, decides, and prints the record as the API would answer and what happens next.
//!
//! `stop [FILE|-] [--force] [--now RFC3339]`. The record goes to standard output, the events after it to standard error.
//! Exit status: 0 stopped, 1 refused, 2 bad input.

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Command, Effect, Lifecycle, Next, Policy, RunnerView, SandboxDto, SandboxState, Step,
    controller::{Question, Stored},
    record::{self, Kept, Message, OutboxEntry, StepDetails, Target},
    rules::{Call, Task},
    runner::{CopyAnswer, End},
    vocabulary::CopyState,
};
use std::{
    ffi::OsString,
    io::{self, ErrorKind, Read, Write},
    mem,
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
type Sandbox = record::Sandbox<Kept<serde_json::Value>>;

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
    let sandbox = match sandbox(asked.file.as_deref()) {
        Ok(sandbox) => sandbox,
        Err(error) => return fail(2, &error),
    };
    let mut host = Host::new(sandbox, asked.now);
    if let Err(reason) = host.command(Command::Stop { force: asked.force }) {
        return fail(1, &reason);
    }
    let answer = serde_json::to_string_pretty(host.sandbox.dto()).expect("a record has a JSON form");
    host.finish();
    print(&answer)
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

fn sandbox(file: Option<&Path>) -> Result<Sandbox, String> {
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

/// A host of one sandbox: its stored record, its outbox, a controller, and a runner without faults.
struct Host {
    sandbox: Sandbox,
    outbox: Vec<OutboxEntry>,
    runner: Runner,
    policy: Policy,
    before: Lifecycle,
    now: DateTime<Utc>,
}

impl Host {
    fn new(sandbox: Sandbox, now: DateTime<Utc>) -> Self {
        let before = *sandbox.lifecycle();
        let runner = Runner { copy: copy_in(before.state()) };
        Self { sandbox, outbox: Vec::new(), runner, policy: Policy::default(), before, now }
    }

    /// Decides on a command and writes its step. What must be done then lies in the outbox.
    fn command(&mut self, command: Command) -> Result<(), String> {
        let row = self.sandbox.lifecycle();
        let decided = self.sandbox.decide(command, &self.policy, self.sandbox.context(), self.now);
        let step = decided.map_err(|refusal| refusal.to_string())?;
        say!("decided  {command} of a sandbox in state {}, desired state {}", row.state(), row.desired_state());
        self.write(&step);
        Ok(())
    }

    /// Writes a step. A server does this in one transaction, with the columns, the effects and the outbox.
    fn write(&mut self, step: &Step) {
        let before = *self.sandbox.lifecycle();
        let sent = self.sandbox.apply(step, StepDetails::default()).expect("the step was decided on this record");
        say_written(&before, step, self.sandbox.lifecycle());
        self.outbox.extend(sent);
    }

    /// Delivers the outbox and lets the controller look, until there is nothing left to do but wait.
    fn work(&mut self) {
        loop {
            self.deliver();
            if !self.pass() && self.outbox.is_empty() {
                return;
            }
        }
    }

    /// One look of the controller. Returns whether there is more to do at once.
    fn pass(&mut self) -> bool {
        // The answers count only for the revision that the view was made for.
        let mut view = RunnerView::of(self.sandbox.lifecycle());
        loop {
            match self.sandbox.reconcile(&view, &self.policy, self.now) {
                Next::Ask(Question::Runner { .. }) => view = view.answered(self.runner.answer()),
                Next::Ask(Question::Store { .. }) => view.stored = Stored::Missing,
                Next::Apply(step) => {
                    self.write(&step);
                    return true;
                }
                Next::Resend { .. } => return true, // The outbox still has the call and sends it again.
                Next::Wait { .. } | Next::Nothing => return false,
            }
        }
    }

    /// Sends what the outbox has. A call stays there, and is sent again, as long as the sandbox awaits its end.
    fn deliver(&mut self) {
        for entry in mem::take(&mut self.outbox) {
            match (&entry.target, entry.message) {
                (Target::Runner(runner), Message::Call(call)) if self.sandbox.lifecycle().awaits(&call) => {
                    say!("call     the runner: {} (epoch {})", verb(call.task), call.epoch);
                    let report = self.runner.work(call).report(call);
                    let decided = self.sandbox.report(runner, report, &self.policy, self.sandbox.context(), self.now);
                    self.write(&decided.expect("the end of a call is never refused"));
                    if self.sandbox.lifecycle().awaits(&call) {
                        self.outbox.push(entry);
                    }
                }
                (_, Message::Event(event)) => say!("event    {}", event.name()),
                (target, message @ (Message::Remove { .. } | Message::Release { .. })) => {
                    say!("tell     {target}: {message}")
                }
                (target, message @ Message::DiscardBackups { .. }) => say!("tell     {target}: {message}"),
                (_, Message::Call(_)) => {} // The sandbox does not await it any more.
            }
        }
    }

    /// Lets the controller finish the stop, and prints what the sandbox holds then and whether it can be started again.
    fn finish(&mut self) {
        self.work();
        let rest = *self.sandbox.lifecycle();
        let (was, is) = (self.before.held_size(), rest.held_size());
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
        match self.command(Command::Start) {
            Ok(()) => {
                self.work();
                say!("later    it can be started again, and is {}", self.sandbox.lifecycle().state());
            }
            Err(refusal) => say!("later    it cannot be started again: {refusal}"),
        }
    }
}

/// Prints what a step writes.
fn say_written(before: &Lifecycle, step: &Step, after: &Lifecycle) {
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
            _ => {} // `Sandbox::apply` carries out the rest, or puts it into the outbox.
        }
    }
}

/// A runner that completes each call at once. A real one keeps a `runner::Ledger`, so that it does nothing twice.
struct Runner {
    copy: CopyState,
}

impl Runner {
    fn answer(&self) -> CopyAnswer {
        CopyAnswer { state: self.copy, size: None }
    }

    fn work(&mut self, call: Call) -> End {
        self.copy = match call.task {
            Task::Stop { .. } => CopyState::AtRest,
            Task::Destroy => CopyState::None,
            _ => CopyState::Running,
        };
        End::Completed
    }
}

/// Returns what the runner has of a sandbox in this state.
fn copy_in(state: SandboxState) -> CopyState {
    match state {
        SandboxState::Started => CopyState::Running,
        SandboxState::Paused => CopyState::Paused,
        _ => CopyState::AtRest,
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
