//! What the page shows of the fleet: states, resources, deadlines and answers, all of them from the crate.

use super::{
    Look, Seen,
    actions::{Button, Offer},
};
use sandbox_lifecycle::{
    DesiredState, Policy, SandboxClass, SandboxState, Timer,
    chrono::{DateTime, Utc},
    client::{Contents, Forecast},
    lifecycle::HeldResources,
    record::TextMap,
    vocabulary::{BackupState, Size},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// The fleet. It has no `now`, so that two views are equal if nothing that matters has changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fleet {
    /// The buttons, in the order of the offers.
    buttons: Vec<Button>,
    /// The answers to all buttons, each list once: most sandboxes in one state have the same.
    offers: Vec<Vec<Offer>>,
    /// The sandboxes, the newest first.
    sandboxes: Vec<Row>,
    /// How many more there are.
    more: u64,
}

/// A sandbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    name: String,
    class: SandboxClass,
    snapshot: Option<String>,
    labels: TextMap,
    /// The reported state, as the API shows it.
    state: SandboxState,
    desired_state: DesiredState,
    /// Whether nothing is under way.
    settled: bool,
    /// The colour of the state.
    tone: Tone,
    error_reason: Option<String>,
    runner: Option<String>,
    size: Size,
    /// The GPUs that it holds.
    gpus: u8,
    /// What it holds of its runner, which is billed.
    holds: HeldResources,
    holds_words: String,
    /// What it carries that its owner may want to keep.
    contents: String,
    backup: BackupState,
    deadlines: Vec<Deadline>,
    warnings: Vec<String>,
    /// The number of its answers in [`Fleet::offers`].
    offers: usize,
    /// The states that the API may show next: of the open commands, and of the change under way.
    next: BTreeSet<SandboxState>,
    created_at: DateTime<Utc>,
    state_since: DateTime<Utc>,
}

/// What a state means to a person who looks at many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Tone {
    Runs,
    Rests,
    Moves,
    Failed,
    Gone,
}

/// What a timer will do, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Deadline {
    timer: Timer,
    /// `will be stopped`.
    what: String,
    /// `it is used`.
    unless: Option<&'static str>,
    at: Option<DateTime<Utc>>,
}

impl Fleet {
    /// Returns what the page shows of a look.
    pub fn of(look: &Look, policy: &Policy) -> Self {
        let mut offers = Vec::new();
        let sandboxes = look.seen.iter().map(|seen| Row::of(seen, policy, look.now, &mut offers)).collect();
        Self { buttons: Button::all(policy.profile), offers, sandboxes, more: look.more }
    }
}

impl Row {
    fn of(seen: &Seen, policy: &Policy, now: DateTime<Utc>, known: &mut Vec<Vec<Offer>>) -> Self {
        let (sandbox, context) = (&seen.sandbox, seen.context);
        let (row, record) = (sandbox.lifecycle(), sandbox.dto());
        let columns = row.columns();
        let forecasts = Forecast::of(row, policy, context);
        let answers = Offer::all(row, policy, context, now);
        let next = next(row.reported_state(), row.desired_state(), &answers);
        let offers = known.iter().position(|known| *known == answers).unwrap_or_else(|| {
            known.push(answers);
            known.len() - 1
        });
        Self {
            id: record.id.clone(),
            name: sandbox.name().to_owned(),
            class: columns.class,
            snapshot: record.snapshot.value().cloned(),
            labels: record.labels.clone(),
            state: row.reported_state(),
            desired_state: row.desired_state(),
            settled: row.is_settled(),
            tone: Tone::of(row.reported_state()),
            error_reason: sandbox.error_reason().map(str::to_owned),
            runner: sandbox.runner_id().map(str::to_owned),
            size: row.size(),
            gpus: row.held_gpus(),
            holds: row.held_resources(),
            holds_words: row.held_resources().to_string(),
            contents: Contents::from(row).to_string(),
            backup: row.backup_state(),
            deadlines: forecasts.iter().map(Deadline::of).collect(),
            warnings: row.warnings(now).map(|warning| warning.to_string()).collect(),
            offers,
            next,
            created_at: columns.created_at,
            state_since: columns.state_since,
        }
    }
}

/// Returns the states that the API may show next.
fn next(state: SandboxState, desired: DesiredState, answers: &[Offer]) -> BTreeSet<SandboxState> {
    let by_command = answers.iter().filter_map(|offer| offer.leads_to);
    let by_change = desired.fulfilled_by().filter(|_| !state.is_failed());
    by_command.chain(by_change).filter(|next| *next != state).collect()
}

impl Tone {
    const fn of(state: SandboxState) -> Self {
        match state {
            SandboxState::Started => Self::Runs,
            SandboxState::Destroyed | SandboxState::Destroying => Self::Gone,
            _ if state.is_failed() => Self::Failed,
            _ if state.is_transient() => Self::Moves,
            _ => Self::Rests,
        }
    }
}

impl Deadline {
    fn of(forecast: &Forecast) -> Self {
        Self {
            timer: forecast.timer,
            what: forecast.outcome.to_string(),
            unless: forecast.exception(),
            at: forecast.at,
        }
    }
}
