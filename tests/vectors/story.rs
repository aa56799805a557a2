//! Whole stories of one sandbox, made from the transcripts of `tests/transcripts/`: a line is a story.

use crate::{
    compare,
    form::{Answer, PassAnswer, Profile, Row, context, text, view as view_form},
    read::{self, Read},
    view,
};
use sandbox_lifecycle::{
    Columns, Context, Input, Lifecycle, Next, Policy, Step, Timer,
    chrono::{DateTime, Utc},
    controller::{Finding, ListedBy},
    runner::Listed,
};
use serde::Serialize;
use serde_json::Value;
use std::{fs, path::Path};

/// The folders whose stories are told.
const FOLDERS: [&str; 4] = ["commands", "differences", "protocol", "reports_and_timers"];

#[derive(Serialize)]
struct Story {
    id: String,
    about: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Profile>,
    /// The row at the begin.
    row: Row,
    steps: Vec<Happening>,
}

/// What happens in a story.
#[derive(Serialize)]
#[serde(untagged)]
enum Happening {
    /// A question without row and policy, with its answer. A step in the answer is written, unless it is held.
    Asked(Box<Asked>),
    /// The held step is written, or finds that the row has changed.
    Write { write: &'static str, stale: bool },
    /// The story goes on with the child of a fork.
    Child { child: Row, now: DateTime<Utc> },
}

#[derive(Serialize)]
struct Asked {
    ask: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Input>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<ListedBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<Listed>,
    now: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hold: bool,
    answer: Answered,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answered {
    Decided(Answer),
    Next(PassAnswer),
    Found(compare::Answer),
}

pub fn lines(policy: &Policy) -> Vec<String> {
    let transcripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut lines = Vec::new();
    for folder in FOLDERS {
        let entries = fs::read_dir(transcripts.join(folder)).expect("a folder");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        for file in files {
            let name = file.file_stem().expect("a name").to_string_lossy().replace('_', "-");
            let transcript = fs::read_to_string(&file).expect("a transcript");
            let told = stories(&format!("story/{}/{name}", folder.replace('_', "-")), &transcript, policy);
            let told = told.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            lines.extend(told.iter().map(text));
        }
    }
    lines
}

/// Returns the stories of a transcript. Each begins with `given`, and the comment before it says what it is about.
fn stories(file: &str, transcript: &str, policy: &Policy) -> Read<Vec<Story>> {
    let (mut told, mut stage, mut about) = (Vec::<Story>::new(), None::<Stage>, Vec::new());
    let mut comment_begins = true;
    let begin: DateTime<Utc> = "2025-10-09T08:00:00Z".parse().map_err(|error| format!("{error}"))?;
    let (mut now, mut given_context) = (begin, Context::of(&Lifecycle::from(Columns::default())));
    for line in transcript.lines().map(str::trim) {
        let is_outcome = ["= ", "+ ", "! "].iter().any(|mark| line.starts_with(mark));
        if line.is_empty() || is_outcome {
            continue;
        }
        if let Some(comment) = line.strip_prefix("# ") {
            if comment_begins {
                about.clear();
            }
            comment_begins = false;
            about.push(comment);
            continue;
        }
        comment_begins = true;
        if let Some(row) = line.strip_prefix("given ") {
            now = stage.as_ref().map_or(now, |stage| stage.now);
            given_context = stage.as_ref().map_or(given_context, |stage| stage.context);
            let row = read::row(row, now)?;
            let id = format!("{file}/{}", told.len() + 1);
            let (about, policy) = (about.join(" "), Profile::of(policy));
            told.push(Story { id, about, policy, row: Row(row), steps: Vec::new() });
            stage = Some(Stage { row, context: given_context, now, held: None });
            continue;
        }
        let (Some(stage), Some(story)) = (&mut stage, told.last_mut()) else {
            match line.strip_prefix("context ") {
                Some(context) => given_context = read::context(context)?,
                None => return Err(format!("no story has begun: {line}")),
            }
            continue;
        };
        story.steps.extend(stage.play(line, policy).map_err(|error| format!("{line}: {error}"))?);
    }
    told.retain(|story| !story.steps.is_empty());
    Ok(told)
}

struct Stage {
    row: Lifecycle,
    context: Context,
    now: DateTime<Utc>,
    held: Option<Step>,
}

impl Stage {
    /// Plays a line of a transcript and returns what happens in it, if it is told.
    fn play(&mut self, line: &str, policy: &Policy) -> Read<Option<Happening>> {
        if let Some(context) = line.strip_prefix("context ") {
            self.context = read::context(context)?;
            return Ok(None);
        }
        if let Some(length) = line.strip_prefix("after ") {
            self.now += read::length(length)?;
            return Ok(None);
        }
        // The refusals of one row are the lines of `decide.jsonl`.
        if line.starts_with("client tries: ") {
            return Ok(None);
        }
        self.happens(line, policy).map(Some)
    }

    fn happens(&mut self, line: &str, policy: &Policy) -> Read<Happening> {
        if line == "the child" {
            self.row = self.row.fork_child(self.now);
            return Ok(Happening::Child { child: Row(self.row), now: self.now });
        }
        if line == "write" {
            let step = self.held.take().ok_or("nothing is held")?;
            let written = step.apply(self.row);
            self.row = written.unwrap_or(self.row);
            return Ok(Happening::Write { write: "held", stale: written.is_err() });
        }
        let asked = if let Some(input) = line.strip_prefix("held ") {
            let (asked, step) = self.decided(input, policy)?;
            self.held = step;
            Asked { hold: true, ..asked }
        } else if line == "clock" {
            let step = self.row.due(policy, self.gathered(), self.now);
            let asked = self.asked("due", Answered::Decided(Answer::of_due(step.as_ref())));
            self.write(step)?;
            asked
        } else if let Some(known) = line.strip_prefix("controller: ") {
            self.pass(known, policy)?
        } else if let Some(listed) = line.strip_prefix("inventory: ") {
            self.compared(listed)?
        } else {
            let (asked, step) = self.decided(line, policy)?;
            self.write(step)?;
            asked
        };
        Ok(Happening::Asked(Box::new(asked)))
    }

    /// Returns the context that the story gives, gathered again for the present row.
    fn gathered(&self) -> Context {
        self.context.with_revision(self.row.revision())
    }

    fn asked(&self, ask: &'static str, answer: Answered) -> Asked {
        let context = context(self.gathered(), &self.row);
        Asked { ask, input: None, view: None, by: None, copy: None, now: self.now, context, hold: false, answer }
    }

    fn write(&mut self, step: Option<Step>) -> Read<()> {
        if let Some(step) = step {
            self.row = step.apply(self.row).map_err(|stale| stale.to_string())?;
        }
        Ok(())
    }

    fn decided(&self, line: &str, policy: &Policy) -> Read<(Asked, Option<Step>)> {
        let (who, what) = line.split_once(": ").ok_or_else(|| format!("not understood: {line}"))?;
        let input: Input = match who {
            "client" => read::command(what)?.into(),
            "runner" => read::report(what)?.into(),
            "clock" => what.parse::<Timer>().map_err(|error| error.to_string())?.into(),
            _ => return Err(format!("not understood: {line}")),
        };
        let decided = self.row.decide(input, policy, self.gathered(), self.now);
        let asked = self.asked("decide", Answered::Decided(Answer::of(&decided)));
        Ok((Asked { input: Some(input), ..asked }, decided.ok()))
    }

    fn pass(&mut self, known: &str, policy: &Policy) -> Read<Asked> {
        let known = view::view(known, &self.row)?;
        let next = self.row.reconcile(&known, policy, self.now);
        let asked = self.asked("reconcile", Answered::Next(next.into()));
        if let Next::Apply(step) = next {
            self.write(Some(step))?;
        }
        Ok(Asked { view: Some(view_form(&known)), context: None, ..asked })
    }

    fn compared(&mut self, listed: &str) -> Read<Asked> {
        let (by, copy) = view::inventory(listed)?;
        let finding = self.row.compare(by, copy.as_ref(), self.gathered(), self.now);
        let asked = self.asked("compare", Answered::Found(finding.into()));
        if let Finding::Apply(step) = finding {
            self.write(Some(step))?;
        }
        Ok(Asked { by: Some(by), copy, ..asked })
    }
}
