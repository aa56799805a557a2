//! A second, simple implementation of the rules, which the tests compare with the first.
//!
//! It shares the vocabulary and the public columns with the rest of the crate, but no rule: no facts, no masks, no table,
//! no deltas. It follows `docs/LIFECYCLE.md` sentence by sentence and writes columns in place.

mod answers;
mod clock;
mod commands;
mod reports;
mod write;

pub use write::Taken;
use write::Write;

use super::{SystemUnderTest, Verdict};
use crate::{
    lifecycle::Columns,
    policy::Policy,
    rules::{Context, Input},
    vocabulary::{DesiredState, Fault, Micros, SandboxState},
};
use chrono::{DateTime, Utc};

/// The model's result of an input, or the code of its refusal.
type Answered = Result<Taken, &'static str>;

/// The naive model. It is also an example of a [`SystemUnderTest`].
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The policy of the model.
    pub policy: Policy,
}

impl Model {
    /// Returns the row after `input` with its effects, or the code of the refusal.
    ///
    /// # Errors
    /// The code, as [`Reason::code`](crate::Reason::code) spells it.
    pub fn decide(
        &self,
        row: &Columns,
        input: Input,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Taken, &'static str> {
        let now = DateTime::from(Micros::from(now)); // A row is exact to the microsecond.
        let mut row = *row;
        if row.auto_destroy_at == Some(Micros::MAX.into()) {
            row.auto_destroy_at = None; // The last instant means never.
        }
        if row.backup_since == Some(Micros::MAX.into()) {
            row.backup_since = None;
        }
        match input {
            Input::Command(command) => commands::decide(&row, command, &self.policy, context, now),
            Input::Report(report) => reports::decide(&row, report, context, now),
            Input::Timer(timer) => Ok(clock::decide(&row, timer, &self.policy, context, now)),
        }
    }

    /// Returns the HTTP status of a code.
    pub fn http_status(code: &str, input: Input) -> u16 {
        let resize = matches!(input, Input::Command(crate::rules::Command::Resize(_)));
        match code {
            "in_progress" | "conflict" | "recover_cooldown" => 409,
            "unsupported_class" | "gpu_unsupported" => 422,
            "no_runner" if !resize => 404,
            "suspended" => 403,
            _bad_request => 400,
        }
    }
}

impl SystemUnderTest for Model {
    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    fn decide(&mut self, row: &Columns, input: Input, context: Context, now: DateTime<Utc>) -> Verdict {
        match Self::decide(self, row, input, context, now) {
            Ok(accepted) => Verdict::row(accepted.row),
            Err(code) => Verdict::refused(code),
        }
    }
}

/// Returns whether state and desired state are the same word.
fn settled(row: &Columns) -> bool {
    row.state.as_str() == row.desired_state.as_str()
}

fn at(row: &Columns, states: &[SandboxState]) -> bool {
    states.contains(&row.state)
}

fn desired_is(row: &Columns, desired: &[DesiredState]) -> bool {
    desired.contains(&row.desired_state)
}

fn is_vm(row: &Columns) -> bool {
    ["linux-vm", "windows"].contains(&row.class.as_str())
}

fn is_ephemeral(row: &Columns) -> bool {
    row.auto_delete.as_minutes() == 0
}

/// Returns whether the fault is a time limit and a completed backup with its reference exists.
fn restorable(row: &Columns) -> bool {
    row.fault == Some(Fault::Timeout) && row.backup_state.as_str() == "Completed" && row.has_backup_ref
}

/// Returns whether the states are coherent, as listed in `docs/LIFECYCLE.md#4-coherent-states`, and in addition error with
/// desired paused (difference D1).
fn coherent(state: SandboxState, desired: DesiredState) -> bool {
    let coherent = match desired.as_str() {
        "started" => {
            "started stopped starting archived creating unknown restoring pending_build building_snapshot \
             pulling_snapshot archiving error build_failed resizing snapshotting forking paused resuming"
        }
        "stopped" => "started stopping stopped error build_failed resizing snapshotting forking paused pausing",
        "archived" => "archived archiving stopped error build_failed",
        "destroyed" => {
            "destroyed destroying stopped started archived error build_failed archiving pending_build paused"
        }
        "paused" => "started pausing paused error",
        _never_checked => return true,
    };
    coherent.split_whitespace().any(|word| word == state.as_str())
}
