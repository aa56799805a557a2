//! The rows of `reports`: unsolicited state reports of a runner.

use crate::{
    commands::{event, now},
    judge::{Answer, applied, flag, list},
    states::{columns, fault},
    table::Row,
};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Context, Effect, Lifecycle, Policy, Report, SandboxClass, Step,
    rules::ReasonText,
    vocabulary::{AutoDelete, Fault},
};

/// Returns the row before, for a table that does not read the class.
pub fn before(row: &Row) -> Columns {
    Columns {
        pending: row.is("pending"),
        class: SandboxClass::LinuxVm,
        has_runner: row.is("runner"),
        backup_state: row.read("backup"),
        fault: fault(row),
        created_at: (now() - Duration::days(1)),
        last_activity_at: (now() - Duration::minutes(1)),
        state_since: (now() - Duration::minutes(1)),
        ..columns(row)
    }
}

/// Renders the error reason after a step: kept, none or other.
pub fn error_after(before: &Lifecycle, steps: &[Step]) -> String {
    let mut error = if before.fault().is_some() { "kept" } else { "none" };
    for effect in steps.iter().flat_map(Step::effects) {
        match effect {
            Effect::Reason(ReasonText::Cleared) => error = "none",
            Effect::Reason(ReasonText::Reported | ReasonText::Ours(_)) => error = "other",
            _ => {}
        }
    }
    error.to_owned()
}

/// Returns the names of the events of some steps.
pub fn events(steps: &[Step]) -> String {
    let names: Vec<String> = steps
        .iter()
        .flat_map(Step::effects)
        .filter_map(|effect| match effect {
            Effect::Emit(emitted) => Some(event(emitted)),
            _ => None,
        })
        .collect();
    list(&names)
}

pub fn judge(row: &Row) -> Option<Answer> {
    let auto_delete = AutoDelete::try_from(row.read::<i64>("auto_delete")).expect("any number is an auto-delete");
    let before = Lifecycle::from(Columns {
        auto_delete,
        has_backup_ref: row.is("has_backup_ref"),
        recoverable: row.is("recoverable"),
        ..before(row)
    });
    let reason = match row.get("reason") {
        "0" => None,
        "plain" => Some(Fault::recognize("no space left on device")),
        "timeout" => Some(Fault::recognize("Timeout while starting sandbox")),
        other => panic!("a reason of unknown kind: {other}"),
    };
    let report = Report::State {
        state: row.read("new_state"),
        fault: reason,
        recoverable: row.is("recoverable_in"),
        epoch: None,
    };
    let decided = before.decide(report, &Policy::recorded(), Context::of(&before), now());
    let (outcome, http, step) = match decided {
        Ok(step) => ("ok", 0, Some(step)),
        Err(refusal) => (refusal.code(), refusal.http_status(), None),
    };
    let steps: Vec<Step> = step.into_iter().collect();
    let after = steps.iter().fold(before, |row, step| applied(step, row));
    Some(Answer::from([
        ("outcome", outcome.to_owned()),
        ("http", http.to_string()),
        ("state'", after.state().to_string()),
        ("desired'", after.desired_state().to_string()),
        ("pending'", flag(after.pending())),
        ("recoverable'", flag(after.recoverable())),
        ("error'", error_after(&before, &steps)),
        ("soft_deleted", flag(steps.iter().any(Step::is_soft_delete))),
        ("backup'", after.backup_state().to_string()),
        ("runner'", flag(after.has_runner())),
        ("events", events(&steps)),
        ("no_write", flag(!steps.iter().any(Step::writes))),
    ]))
}
