//! The JSON forms of a line: what `examples/decide` reads and writes, written a second time from the crate's own values.

use sandbox_lifecycle::{
    ApiProfile, Columns, Context, Effect, Lifecycle, Next, Policy, Refusal, RunnerView, Step,
    chrono::{DateTime, Utc},
    lifecycle::{Column, ColumnValue},
    rules::{Cause, Expects},
};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt::Display;

/// A question and the answer to it.
#[derive(Serialize)]
struct Line<Q, A> {
    id: String,
    question: Q,
    answer: A,
}

/// Returns the line of a question and its answer.
pub fn line(id: impl Display, question: impl Serialize, answer: impl Serialize) -> String {
    text(&Line { id: id.to_string(), question, answer })
}

pub fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("it can be written")
}

/// A stored row. It leaves out what a reader knows: columns that have their default, and a last activity and a begin of the state
/// that are the time before them.
#[derive(Clone, Copy)]
pub struct Row(pub Lifecycle);

/// The columns that every row names. What a reader takes in place of a missing one follows from others.
const ALWAYS: [&str; 6] = ["state", "desiredState", "pending", "hasRunner", "changedSinceBackup", "createdAt"];

impl Row {
    fn columns(self) -> impl Iterator<Item = (&'static Column, ColumnValue<'static>)> {
        let own = self.0.columns();
        let defaults =
            Columns { last_activity_at: own.created_at, state_since: own.last_activity_at, ..Columns::default() };
        let both = own.iter().zip(defaults.iter()).collect::<Vec<_>>().into_iter();
        let named = both.filter(|((column, value), (_, default))| ALWAYS.contains(&column.name) || value != default);
        named.map(|(own, _)| own)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.columns().map(|(column, value)| (column.name, value)))
    }
}

/// The policy of a question, as far as it is not the default.
#[derive(Clone, Copy, Serialize)]
pub struct Profile {
    profile: ApiProfile,
}

impl Profile {
    pub fn of(policy: &Policy) -> Option<Self> {
        (*policy != Policy::default()).then_some(Self { profile: policy.profile })
    }
}

/// Returns the context if it is not that of an ordinary sandbox, with the fields that a reader cannot leave out.
pub fn context(context: Context, row: &Lifecycle) -> Option<Value> {
    (context != Context::of(row))
        .then(|| without_defaults(&context, &Context::of(&Lifecycle::from(Columns::default()))))
}

/// Returns a view with its revision and what differs from a ready runner that was not asked.
pub fn view(view: &RunnerView) -> Value {
    without_defaults(view, &RunnerView::of(&Lifecycle::from(Columns::default())))
}

/// Returns an object with its revision and the fields that differ from their default.
fn without_defaults<T: Serialize>(value: &T, default: &T) -> Value {
    let json = |value| serde_json::to_value(value).expect("it can be written");
    let (Value::Object(mut fields), default) = (json(value), json(default)) else { panic!("an object") };
    fields.retain(|name, value| name == "revision" || default.get(name) != Some(value));
    Value::Object(fields)
}

/// A step. The row after it is the row with the values of `changes` in place of its own.
#[derive(Serialize)]
pub struct StepForm {
    cause: Cause,
    expects: Expects,
    changes: Changed,
    effects: Vec<Effect>,
}

struct Changed(Vec<(&'static str, ColumnValue<'static>)>);

impl Serialize for Changed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl StepForm {
    pub fn of(step: &Step) -> Self {
        let before = *step.before();
        let after = step.apply(before).expect("it was decided on this row");
        let both = before.columns().iter().zip(after.columns().iter()).collect::<Vec<_>>();
        let changed = both.into_iter().filter(|((_, old), (_, new))| old != new);
        let changes = Changed(changed.map(|(_, (column, value))| (column.name, value)).collect());
        Self { cause: step.cause(), expects: step.expects(), changes, effects: step.effects().collect() }
    }
}

/// The answer to `decide` and `due`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    Step(Option<StepForm>),
    Refusal(Refusal),
}

impl Answer {
    pub fn of(decided: &Result<Step, Refusal>) -> Self {
        match decided {
            Ok(step) => Self::Step(Some(StepForm::of(step))),
            Err(refusal) => Self::Refusal(*refusal),
        }
    }

    pub fn of_due(step: Option<&Step>) -> Self {
        Self::Step(step.map(StepForm::of))
    }
}

/// The answer to `reconcile`.
#[derive(Serialize)]
pub struct PassAnswer {
    next: NextForm,
}

/// What the controller does next. The crate writes everything but a step as `decide` does.
#[derive(Serialize)]
#[serde(untagged)]
pub enum NextForm {
    Apply { apply: StepForm },
    Other(Next),
}

impl From<Next> for NextForm {
    fn from(next: Next) -> Self {
        match next {
            Next::Apply(step) => Self::Apply { apply: StepForm::of(&step) },
            Next::Ask(_) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => Self::Other(next),
        }
    }
}

impl From<Next> for PassAnswer {
    fn from(next: Next) -> Self {
        Self { next: next.into() }
    }
}

/// The time of most questions, one day before the year 2026 begins.
pub fn now() -> DateTime<Utc> {
    "2025-12-31T00:00:00Z".parse().expect("a time")
}
