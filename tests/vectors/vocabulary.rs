//! The words, columns, pairs, checks and codes: what a reader in another language types into its own tables.

use crate::form::text;
use sandbox_lifecycle::{
    Columns, DesiredState, Lifecycle, Policy, Reason, SandboxClass, SandboxState, Timer, Verb,
    lifecycle::{Column, ColumnKind, HeldResources},
    rules::EventName,
    vocabulary::{BackupState, CopyState, Fault, GpuType, Repair, Word},
};
use serde_json::{Value, json};

/// Returns the lines of one word list, with what is known of each word.
fn list<W: Word>(name: &str, known: impl Fn(W) -> Value) -> Vec<String> {
    let line = |word: &W| with_id(name, word.as_str(), &known(*word));
    W::ALL.iter().map(line).collect()
}

/// Returns a line with the id first: `{"id":"state/started","list":"state","word":"started",…}`.
fn with_id(list: &str, word: &str, known: &Value) -> String {
    let known = text(known);
    let rest = known.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let comma = if rest.is_empty() { "" } else { "," };
    let (id, list, word) = (text(&format!("{list}/{word}")), text(&list), text(&word));
    format!(r#"{{"id":{id},"list":{list},"word":{word}{comma}{rest}}}"#)
}

pub fn lines(policy: &Policy) -> Vec<String> {
    [
        list("state", |state: SandboxState| state_of(state, policy)),
        list("desiredState", |desired: DesiredState| json!({ "fulfilledBy": desired.fulfilled_by() })),
        pairs(),
        list("sandboxClass", |class: SandboxClass| json!({ "vm": class.is_vm() })),
        list("backupState", |_: BackupState| json!({})),
        list("copyState", |_: CopyState| json!({})),
        list("fault", |fault: Fault| json!({ "text": fault.text() })),
        list("gpuType", |_: GpuType| json!({})),
        list("repair", |_: Repair| json!({})),
        list("timer", |timer: Timer| json!({ "order": Timer::ALL.iter().position(|one| *one == timer) })),
        list("event", |_: EventName| json!({})),
        list("code", |reason: Reason| json!({ "http": reason.http_status(None) })),
        list("command", |verb: Verb| command(verb, policy)),
        Column::ALL.iter().map(column).collect(),
        vec![with_id("policy", &policy.profile.to_string(), &json!({ "policy": policy }))],
    ]
    .concat()
}

fn state_of(state: SandboxState, policy: &Policy) -> Value {
    json!({
        "transient": state.is_transient(),
        "failed": state.is_failed(),
        "terminal": state.is_terminal(),
        "carriesData": state.carries_data(),
        "timeLimit": policy.time_limits.of_state(state),
    })
}

/// Returns a line for each state and desired state: whether they may stand next to each other, and what follows.
fn pairs() -> Vec<String> {
    let desired = DesiredState::ALL.iter();
    let pairs = desired.flat_map(|desired| SandboxState::ALL.iter().map(move |state| (*state, *desired)));
    let line = |(state, desired_state): (SandboxState, DesiredState)| {
        let row = Lifecycle::from(Columns { state, desired_state, ..Columns::default() });
        let coherent = row.violations().iter().all(|found| !is_about_states(found));
        let known = json!({
            "state": state,
            "desiredState": desired_state,
            "coherent": coherent,
            "settled": row.is_settled(),
            "pending": row.repaired().pending(),
            "reported": row.reported_state(),
            "holds": HeldResources::in_state(state, desired_state),
        });
        with_id("pair", &format!("{state}/{desired_state}"), &known)
    };
    pairs.map(line).collect()
}

fn is_about_states(violation: sandbox_lifecycle::lifecycle::Violation) -> bool {
    violation == sandbox_lifecycle::lifecycle::Violation::IncoherentStates
}

/// Returns what a command demands, in the order in which it is checked: the first guard that fails gives the code.
fn command(verb: Verb, policy: &Policy) -> Value {
    let checks = verb.checks().iter().map(|check| {
        let guard = check.guard();
        let only = verb.flag().zip(check.only()).map(|([yes, no], only)| if only { yes } else { no });
        json!({
            "only": only,
            "guard": check.name(),
            "demands": guard.map(|guard| guard.to_string()),
            "asks": guard.map(|guard| guard.sources()),
            "code": check.reason(),
            "http": check.reason().http_status(Some(verb)),
            "why": check.why(),
        })
    });
    json!({
        "summary": verb.summary(),
        "from": verb.from_states().collect::<Vec<_>>(),
        "offered": verb.is_offered_by(policy.profile),
        "checks": checks.collect::<Vec<_>>(),
    })
}

fn column(column: &Column) -> String {
    let default = Columns::default().iter().find(|(other, _)| other.name == column.name).map(|(_, value)| value);
    let kind = match column.kind {
        ColumnKind::Text => "text",
        ColumnKind::Integer => "integer",
        ColumnKind::Boolean => "boolean",
        ColumnKind::Timestamp => "timestamp",
    };
    let known = json!({
        "sqlName": column.sql_name,
        "kind": kind,
        "nullable": column.nullable,
        "shown": column.shown,
        "default": default,
    });
    with_id("column", column.name, &known)
}
