//! Plays a story: decides each line and writes the outcome below it.

use crate::{
    read::{self, Read},
    view,
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Changes, Columns, Context, Effect, Input, Lifecycle, Next, Policy, Refusal, Step, Timer,
    controller::{Finding, Question},
    rules::{Call, Cause},
};

/// Returns the story with its outcomes, or an error for the first invalid line.
pub fn with_outcomes(story: &str) -> Result<String, String> {
    let mut stage = Stage { row: None, context: Context::of(&Columns::default().into()), now: begin(), held: None };
    let mut text = String::new();
    for (index, line) in story.lines().enumerate() {
        if is_outcome(line) {
            continue;
        }
        let outcome = stage.play(line.trim()).map_err(|error| format!("{}: {error}", index + 1))?;
        text += line;
        text.push('\n');
        for line in outcome {
            text += &line;
            text.push('\n');
        }
    }
    Ok(text)
}

fn is_outcome(line: &str) -> bool {
    ["= ", "+ ", "! "].iter().any(|mark| line.starts_with(mark))
}

fn begin() -> DateTime<Utc> {
    "2025-10-09T08:00:00Z".parse().expect("a time")
}

struct Stage {
    row: Option<Lifecycle>,
    context: Context,
    now: DateTime<Utc>,
    held: Option<Step>,
}

impl Stage {
    fn row(&self) -> Read<Lifecycle> {
        self.row.ok_or_else(|| "there is no sandbox yet: begin with `given`".to_owned())
    }

    /// Returns the context that the story gives, gathered again for the current row.
    fn context(&self) -> Read<Context> {
        Ok(self.context.with_revision(self.row()?.revision()))
    }

    fn play(&mut self, line: &str) -> Read<Vec<String>> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(Vec::new());
        }
        if let Some(row) = line.strip_prefix("given ") {
            let row = read::row(row, self.now)?;
            self.row = Some(row);
            return Ok(vec![format!("= {}", shown(&row))]);
        }
        if let Some(context) = line.strip_prefix("context ") {
            self.context = read::context(context)?;
            return Ok(Vec::new());
        }
        if let Some(length) = line.strip_prefix("after ") {
            self.now += read::length(length)?;
            return Ok(Vec::new());
        }
        if let Some(commands) = line.strip_prefix("client tries: ") {
            return commands.split(" | ").map(|command| self.tried(command.trim())).collect();
        }
        if let Some(held) = line.strip_prefix("held ") {
            let decided = self.decided(self.input(held)?)?;
            return Ok(match decided {
                Ok(step) => {
                    self.held = Some(step);
                    vec![format!("= decided, not written: {}", cause(step.cause()))]
                }
                Err(refusal) => vec![refused(&refusal)],
            });
        }
        match line {
            "write" => {
                let step = self.held.take().ok_or("nothing is held")?;
                return self.accepted(step);
            }
            "the child" => {
                let child = self.row()?.fork_child(self.now);
                self.row = Some(child);
                return Ok(vec![format!("= {}", shown(&child))]);
            }
            "clock" => {
                return match self.row()?.due(&Policy::default(), self.context()?, self.now) {
                    Some(step) => self.accepted(step),
                    None => Ok(vec![self.nothing_due()?]),
                };
            }
            _ => {}
        }
        if let Some(view) = line.strip_prefix("controller: ") {
            return self.pass(view);
        }
        if let Some(listed) = line.strip_prefix("inventory: ") {
            return self.compared(listed);
        }
        let input = self.input(line)?;
        match self.decided(input)? {
            Ok(step) => self.accepted(step),
            Err(refusal) => Ok(vec![refused(&refusal)]),
        }
    }

    fn input(&self, line: &str) -> Read<Input> {
        let (who, what) = line.split_once(": ").ok_or_else(|| format!("not understood: {line}"))?;
        self.row()?;
        match who {
            "client" => Ok(read::command(what)?.into()),
            "runner" => Ok(read::report(what)?.into()),
            "clock" => what.parse::<Timer>().map(Input::from).map_err(|_| format!("no such timer: {what}")),
            _ => Err(format!("not understood: {line}")),
        }
    }

    fn decided(&self, input: Input) -> Read<Result<Step, Refusal>> {
        Ok(self.row()?.decide(input, &Policy::default(), self.context()?, self.now))
    }

    fn tried(&self, command: &str) -> Read<String> {
        Ok(match self.decided(read::command(command)?.into())? {
            Ok(step) if step.is_noop() => format!("= nothing, {}", cause(step.cause())),
            Ok(_) => format!("= {command} would be accepted"),
            Err(refusal) => refused(&refusal),
        })
    }

    fn nothing_due(&self) -> Read<String> {
        let next = self.row()?.next_deadline(&Policy::default(), self.context()?);
        Ok(match next {
            Some((timer, at)) => format!("= nothing is due; {timer} acts after {}", time(at)),
            None => "= nothing is due, now or later".to_owned(),
        })
    }

    fn pass(&mut self, view: &str) -> Read<Vec<String>> {
        let view = view::view(view, &self.row()?)?;
        match self.row()?.reconcile(&view, &Policy::default(), self.now) {
            Next::Ask(Question::Runner { epoch }) => Ok(vec![format!("= asks the runner, epoch {epoch}")]),
            Next::Ask(Question::Store { attempt }) => Ok(vec![format!("= asks the backup store, attempt {attempt}")]),
            Next::Resend { task, epoch } => Ok(vec![format!("= sends {task} again, epoch {epoch}")]),
            Next::Apply(step) => self.accepted(step),
            Next::Wait { until } => Ok(vec![format!("= waits until {}", time(until))]),
            Next::Nothing => Ok(vec!["= nothing to do".to_owned()]),
        }
    }

    fn compared(&mut self, listed: &str) -> Read<Vec<String>> {
        let (by, copy) = view::inventory(listed)?;
        match self.row()?.compare(by, copy.as_ref(), self.context()?, self.now) {
            Finding::Agrees => Ok(vec!["= nothing to do about the copy".to_owned()]),
            Finding::Apply(step) => self.accepted(step),
            Finding::Remove { epoch } => Ok(vec![format!("= that runner removes its copy, epoch {epoch}")]),
            Finding::Release { epoch } => Ok(vec![format!("= that runner releases its copy, epoch {epoch}")]),
        }
    }

    fn accepted(&mut self, step: Step) -> Read<Vec<String>> {
        let row = match step.apply(self.row()?) {
            Ok(row) => row,
            Err(stale) => return Ok(vec![format!("! stale: {stale}")]),
        };
        if step.is_noop() {
            return Ok(vec![match step.cause() {
                Cause::Timer(timer) => format!("= nothing, {timer} does not act"),
                other => format!("= nothing, {}", cause(other)),
            }]);
        }
        self.row = Some(row);
        let effects: Vec<String> = step.effects().map(effect).collect();
        let mut lines = vec![format!("= {}{}", shown(&row), settings(step.before(), &step.changes()))];
        if !effects.is_empty() {
            lines.push(format!("+ {}", effects.join("; ")));
        }
        Ok(lines)
    }
}

/// Renders a row in one line.
fn shown(row: &Lifecycle) -> String {
    let mut text = format!("{}/{}", row.state(), row.desired_state());
    let mut say = |holds: bool, words: &str| {
        if holds {
            text.push(' ');
            text += words;
        }
    };
    say(row.pending(), "pending");
    say(true, &format!("epoch {}", row.epoch()));
    say(row.reported_state() != row.state(), &format!("shown {}", row.reported_state()));
    say(!row.has_runner(), "no runner");
    say(row.backup_state().as_str() != "None", &format!("backup {}", row.backup_state()));
    say(row.fault().is_some(), &format!("fault {}", row.fault().map_or("", |fault| fault.as_str())));
    say(row.recoverable(), "recoverable");
    say(row.force_stop(), "by force");
    say(row.must_ask(), "must ask");
    say(row.must_ask_store(), "must ask the store");
    say(row.repair().is_some(), &format!("repair {}", row.repair().map_or("", |repair| repair.as_str())));
    say(row.kept_backup(), "backup kept");
    say(row.restore_attempts() > 1, &format!("restore {}", row.restore_attempts()));
    text
}

/// Renders the settings that a step writes in addition to the states.
fn settings(before: &Lifecycle, changes: &Changes) -> String {
    let minutes = |name, minutes: Option<i32>| minutes.map(|minutes| format!(" {name} {minutes}"));
    let size = before.columns().changed_by(changes).size();
    let size = (size != before.size()).then(|| format!(" size {}/{}/{}", size.cpu, size.memory, size.disk));
    let destroyed = changes.auto_destroy_at.map(|at| match at {
        Some(at) => format!(" lives until {}", time(at)),
        None => " lives without a limit".to_owned(),
    });
    let touched = changes.last_activity_at.filter(|_| changes.state.is_none());
    [
        size,
        minutes("auto-stop", changes.auto_stop.map(|minutes| minutes.as_minutes())),
        minutes("auto-pause", changes.auto_pause.map(|minutes| minutes.as_minutes())),
        minutes("auto-archive", changes.auto_archive.map(|minutes| minutes.as_minutes())),
        minutes("auto-delete", changes.auto_delete.map(|minutes| minutes.as_minutes())),
        destroyed,
        touched.map(|at| format!(" used {}", time(at))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%m-%d %H:%M:%S%.f").to_string()
}

fn refused(refusal: &Refusal) -> String {
    format!("! refused {} {}: {refusal}", refusal.code(), refusal.http_status())
}

/// Renders a stored form without quotes and braces.
fn plain(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_string(value).expect("it can be stored");
    let spaced = json.replace("\":", " ").replace(',', ", ");
    spaced.chars().filter(|letter| !['"', '{', '}'].contains(letter)).collect()
}

fn cause(cause: Cause) -> String {
    match cause {
        Cause::Timer(timer) => format!("the clock's {timer}"),
        other => plain(&other),
    }
}

fn called(Call { task, epoch }: Call) -> String {
    format!("call {}, epoch {epoch}", plain(&task).trim_start_matches("task "))
}

fn effect(effect: Effect) -> String {
    match effect {
        Effect::Call(call) => called(call),
        Effect::Emit(event) => plain(&event).replace("event sandbox.", "emit "),
        other => plain(&other),
    }
}
