//! Lines for inventories: what to do about a copy that a runner lists, or does not list.

use crate::form::{Row, StepForm, context, line, now};
use sandbox_lifecycle::{
    Columns, Context, DesiredState, Lifecycle, Policy, SandboxState,
    chrono::{DateTime, Utc},
    controller::{Finding, ListedBy},
    runner::Listed,
    vocabulary::{BackupState, CopyState, Size},
};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Question {
    ask: &'static str,
    row: Row,
    by: ListedBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<Listed>,
    now: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Value>,
}

#[derive(Serialize)]
pub struct Answer {
    finding: FindingForm,
}

/// What to do about a copy. The crate writes everything but a step as `decide` does.
#[derive(Serialize)]
#[serde(untagged)]
enum FindingForm {
    Apply { apply: StepForm },
    Other(Finding),
}

impl From<Finding> for Answer {
    fn from(finding: Finding) -> Self {
        let finding = match finding {
            Finding::Apply(step) => FindingForm::Apply { apply: StepForm::of(&step) },
            Finding::Agrees | Finding::Remove { .. } | Finding::Release { .. } => FindingForm::Other(finding),
        };
        Self { finding }
    }
}

const EPOCH: u32 = 7;

/// Returns the columns of a sandbox with these states, as a write would leave them.
fn columns(state: SandboxState, desired_state: DesiredState) -> Columns {
    let times = Columns { created_at: now(), last_activity_at: now(), state_since: now(), ..Columns::default() };
    let holds_nothing = matches!(state, SandboxState::Destroyed | SandboxState::Archived | SandboxState::PendingBuild);
    let archived = state == SandboxState::Archived;
    let columns = Columns {
        state,
        desired_state,
        epoch: EPOCH,
        revision: 3,
        has_runner: !holds_nothing,
        backup_state: if archived { BackupState::Completed } else { BackupState::None },
        has_backup_ref: archived,
        backup_attempt: archived.into(),
        ..times
    };
    Lifecycle::from(columns).repaired().columns()
}

/// Returns every coherent pair of states. No rule sets the legacy word `resized`.
fn pairs() -> impl Iterator<Item = (SandboxState, DesiredState)> {
    let desired = DesiredState::ALL.iter().copied().filter(|desired| *desired != DesiredState::Resized);
    let pairs = desired.flat_map(|desired| SandboxState::ALL.iter().map(move |state| (*state, desired)));
    pairs.filter(|(state, desired)| Lifecycle::from(columns(*state, *desired)).violations().is_empty())
}

const SIZE: Size = Size { cpu: 2, memory: 4, disk: 10 };

const fn listed(state: CopyState) -> Listed {
    Listed { epoch: Some(EPOCH), state, size: Some(SIZE), released: false }
}

/// What the sandbox's own runner may list of it.
fn own_copies() -> Vec<(&'static str, Option<Listed>)> {
    let at_rest = listed(CopyState::AtRest);
    let running = listed(CopyState::Running);
    vec![
        ("nothing", None),
        ("running", Some(running)),
        ("at-rest", Some(at_rest)),
        ("paused", Some(listed(CopyState::Paused))),
        ("busy", Some(listed(CopyState::Busy))),
        ("running-released", Some(Listed { released: true, ..running })),
        ("at-rest-of-another-size", Some(Listed { size: Some(Size { disk: 20, ..SIZE }), ..at_rest })),
        ("running-of-unknown-size", Some(Listed { size: None, ..running })),
    ]
}

/// What another runner may list.
fn other_copies() -> Vec<(&'static str, Listed)> {
    let at_rest = listed(CopyState::AtRest);
    let older = Listed { epoch: Some(EPOCH - 1), ..at_rest };
    vec![
        ("of-this-epoch", at_rest),
        ("of-an-older-epoch", older),
        ("of-no-epoch", Listed { epoch: None, ..at_rest }),
        ("released-at-this-epoch", Listed { released: true, ..at_rest }),
        ("released-at-an-older-epoch", Listed { released: true, ..older }),
    ]
}

/// Which copies a row is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    /// Those of its own runner and of another one.
    All,
    /// A few of both: a pass asks about a change anyway, so that an inventory does nothing about it.
    Few,
    /// Those of its own runner.
    Own,
    /// Those of another runner.
    Other,
    /// Those of another runner, also where an operator has declared one to be the newest that is left.
    Survivors,
}

/// Returns the rows with the columns that an inventory is compared with.
fn rows() -> Vec<(String, Columns, With)> {
    use SandboxState as S;
    let mut rows: Vec<(String, Columns, With)> = Vec::new();
    for (state, desired) in pairs() {
        let with = if state.is_transient() { With::Few } else { With::All };
        rows.push((format!("{state}-to-{desired}"), columns(state, desired), with));
    }
    for (state, desired) in [(S::Started, DesiredState::Started), (S::Stopped, DesiredState::Stopped)] {
        let plain = columns(state, desired);
        rows.push((format!("{state}-must-ask"), Columns { must_ask: true, ..plain }, With::Own));
        rows.push((format!("{state}-without-runner"), Columns { has_runner: false, ..plain }, With::Own));
    }
    for desired in DesiredState::ALL.iter().copied().filter(|desired| *desired != DesiredState::Resized) {
        let error = columns(S::Error, desired);
        rows.push((format!("error-to-{desired}-recoverable"), Columns { recoverable: true, ..error }, With::Own));
        let lost = Columns { has_runner: false, ..error };
        rows.push((format!("error-to-{desired}-lost"), lost, With::Survivors));
        let backup = Columns { backup_state: BackupState::Completed, has_backup_ref: true, backup_attempt: 1, ..lost };
        rows.push((format!("error-to-{desired}-with-backup"), backup, With::Other));
    }
    rows
}

/// Returns the lines. No API profile changes a comparison.
pub fn lines(_: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, columns, with) in rows() {
        let row = Lifecycle::from(columns);
        let own = match with {
            With::All | With::Own => own_copies().len(),
            With::Few => 1,
            With::Other | With::Survivors => 0,
        };
        let other = match with {
            With::All | With::Other | With::Survivors => other_copies().len(),
            With::Few => 1,
            With::Own => 0,
        };
        let mut add = |by, who: &str, copy: &str, seen| {
            let id = format!("compare/{who}/{name}/{copy}");
            lines.push(answered(&id, row, by, seen, Context::of(&row)));
        };
        for (copy, seen) in own_copies().into_iter().take(own) {
            add(ListedBy::OwnRunner, "own-runner", copy, seen);
        }
        for (copy, seen) in other_copies().into_iter().take(other) {
            add(ListedBy::OtherRunner, "other-runner", copy, Some(seen));
            if with == With::Survivors {
                add(ListedBy::NewestSurvivor, "newest-survivor", copy, Some(seen));
            }
        }
    }
    let settled = Lifecycle::from(columns(SandboxState::Started, DesiredState::Started));
    let (copy, plain) = (Some(listed(CopyState::AtRest)), Context::of(&settled));
    for (by, who) in [(ListedBy::OtherRunner, "other-runner"), (ListedBy::NewestSurvivor, "newest-survivor")] {
        let mut add = |what: &str, copy, context| {
            let id = format!("compare/{who}/started-to-started/{what}");
            lines.push(answered(&id, settled, by, copy, context));
        };
        add("nothing", None, plain);
        add("with-live-forks", copy, plain.with_live_fork_children(1));
        add("context-of-another-revision", copy, plain.with_revision(2));
    }
    lines
}

fn answered(id: &str, row: Lifecycle, by: ListedBy, copy: Option<Listed>, given: Context) -> String {
    let answer = Answer::from(row.compare(by, copy.as_ref(), given, now()));
    let context = context(given, &row);
    line(id, Question { ask: "compare", row: Row(row), by, copy, now: now(), context }, answer)
}
