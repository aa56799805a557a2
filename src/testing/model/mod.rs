//! The rules a second time, in the simplest form that could be right, to judge the first by.
//!
//! It shares the vocabulary and the open columns with the rest of the crate and no rule: no facts, no masks, no table,
//! no deltas. It reads as the domain's facts do, one sentence after the other, and writes columns in place.

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

/// What the model makes of an input, or the code it is refused with.
type Answered = Result<Taken, &'static str>;

/// The naive model. It is itself an [`SystemUnderTest`] system, and an example of one.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The policy it works under.
    pub policy: Policy,
}

impl Model {
    /// What `input` makes of `row`, with all that is to be done; or the code of its refusal.
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
            row.auto_destroy_at = None; // The last instant stands for never.
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

    /// The HTTP status that goes with a code.
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
            Ok(taken) => Verdict::row(taken.row),
            Err(code) => Verdict::refused(code),
        }
    }
}

/// State and desired state are the same word.
fn settled(row: &Columns) -> bool {
    row.state.as_str() == row.desired_state.as_str()
}

fn at(row: &Columns, states: &[SandboxState]) -> bool {
    states.contains(&row.state)
}

fn wants(row: &Columns, desired: &[DesiredState]) -> bool {
    desired.contains(&row.desired_state)
}

fn is_vm(row: &Columns) -> bool {
    ["linux-vm", "windows"].contains(&row.class.as_str())
}

fn is_ephemeral(row: &Columns) -> bool {
    row.auto_delete.as_minutes() == 0
}

/// It is in error for a timeout of ours, and its backup could bring it back.
fn restorable(row: &Columns) -> bool {
    row.fault == Some(Fault::Timeout) && row.backup_state.as_str() == "Completed" && row.has_backup_ref
}

/// Rule 4, as section 4 lists it, with error beside paused (difference D1).
fn may_stand(state: SandboxState, desired: DesiredState) -> bool {
    let beside = match desired.as_str() {
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
    beside.split_whitespace().any(|word| word == state.as_str())
}
