//! The questions, each with its answer.

mod assess;
mod clock;
mod controller;
mod create;
mod decide;
mod ledger;
mod observed;

use crate::{
    error::{Code, Error},
    parts::Parts,
    row,
    step::{Refused, StepForm},
};
use sandbox_lifecycle::{
    Assessment, Context, Lifecycle, Policy,
    chrono::{DateTime, Utc},
    clock::Deadline,
    controller::Question,
    rules::TaskKind,
};
use serde::Serialize;

/// The answer to a question: an object whose first field says what it is.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    Step { step: Option<StepForm> },
    Refusal { refusal: Refused },
    Next { next: NextForm },
    Finding { finding: FindingForm },
    Deadlines { deadlines: Vec<Deadline> },
    Assessment(Assessment),
    Created(Box<create::Created>),
    NotCreated { refusal: create::NotCreated },
    Entry(ledger::Entered),
}

/// What the controller does next.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub enum NextForm {
    Ask(Question),
    Apply(StepForm),
    Resend { task: TaskKind, epoch: u32 },
    Wait { until: DateTime<Utc> },
    Nothing,
}

/// What to do about a copy that a runner lists.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FindingForm {
    Agrees,
    Apply(StepForm),
    Remove { epoch: u32 },
    Release { epoch: u32 },
}

/// A question: the word of its field `ask`, its other fields, and what answers it.
struct Asked {
    word: &'static str,
    fields: &'static [&'static str],
    answer: fn(&mut Parts) -> Result<Answer, Error>,
}

const QUESTIONS: [Asked; 8] = [
    Asked { word: "decide", fields: &["row", "input", "now", "context", "policy"], answer: decide::decide },
    Asked { word: "reconcile", fields: &["row", "now", "view", "policy"], answer: controller::reconcile },
    Asked { word: "due", fields: &["row", "now", "context", "policy"], answer: clock::due },
    Asked { word: "deadlines", fields: &["row", "context", "policy"], answer: clock::deadlines },
    Asked { word: "compare", fields: &["row", "by", "now", "copy", "context"], answer: controller::compare },
    Asked {
        word: "assess",
        fields: &["goal", "begin", "now", "seen", "snapshots", "timeoutSeconds", "policy"],
        answer: assess::assess,
    },
    Asked { word: "create", fields: &["request", "now", "choices", "policy"], answer: create::create },
    Asked { word: "ledger", fields: &["message", "ledger"], answer: ledger::ledger },
];

/// Answers the question of a line.
pub fn answer(line: &[u8]) -> Result<Answer, Error> {
    let mut parts = Parts::of_line(line)?;
    let word: String = parts.required("ask")?;
    let Some(asked) = QUESTIONS.iter().find(|asked| asked.word == word) else {
        let words = QUESTIONS.map(|asked| asked.word).join(", ");
        let shown: String = word.chars().take(100).collect();
        return Err(Error::new(Code::UnknownAsk, format!("ask: unknown question `{shown}`, expected one of {words}")));
    };
    (asked.answer)(&mut parts.only(asked.fields)?)
}

/// Takes the row of a question.
fn row_of(parts: &mut Parts) -> Result<Lifecycle, Error> {
    row::row("row", &parts.required_text("row")?)
}

/// Takes the context of a question; without one, that of an ordinary sandbox.
fn context_of(parts: &mut Parts, row: &Lifecycle) -> Result<Context, Error> {
    Ok(parts.optional("context")?.unwrap_or_else(|| Context::of(row)))
}

/// Takes the policy of a question; without one, the default. Fields that it lacks have their defaults.
fn policy_of(parts: &mut Parts) -> Result<Policy, Error> {
    Ok(parts.optional("policy")?.unwrap_or_default())
}
