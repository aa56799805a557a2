//! A state that a runner reports without being asked (section 8, table `reports`).

use super::{
    Draft, Reason, Refusal, Step,
    report::ReportKind,
    step::{Cause, Ignored},
};
use crate::{
    lifecycle::Lifecycle,
    vocabulary::{DesiredState, Fault, Micros, SandboxState},
};

/// Checked in the recorded order; what the word may be is asked last (difference D15).
pub(crate) fn decide(
    row: &Lifecycle,
    state: SandboxState,
    fault: Option<Fault>,
    recoverable: bool,
    now: Micros,
) -> Result<Step, Refusal> {
    let status = row.status();
    if state == status.state {
        return Ok(Step::ignored(row, Ignored::SameState, now));
    }
    // Difference D7: a paused sandbox can die too.
    if !matches!(status.state, SandboxState::Started | SandboxState::Stopped | SandboxState::Paused) {
        return Err(Refusal::of_report(row, ReportKind::State, Reason::BadState));
    }
    if status.desired == DesiredState::Destroyed {
        return Ok(Step::ignored(row, Ignored::ToBeDestroyed, now));
    }
    if status.pending {
        return Err(Refusal::of_report(row, ReportKind::State, Reason::Conflict));
    }
    let Some(desired) = may_say(row, state) else {
        return Err(Refusal::of_report(row, ReportKind::State, Reason::BadState));
    };
    let draft = Draft::new(row, Cause::Report(ReportKind::State), now).state(state);
    let draft = match desired {
        Wish::Stays => draft,
        Wish::Is(desired) => draft.desired(desired),
        Wish::Gone => draft.soft_delete(),
    };
    let draft = match fault {
        Some(fault) => draft.reported(fault, recoverable && state == SandboxState::Error),
        None => draft.recoverable(false),
    };
    Ok(draft.finish_or_drop(row, now))
}

/// What becomes of the desired state with a reported state.
enum Wish {
    Stays,
    Is(DesiredState),
    Gone,
}

/// The words that a report may say of this sandbox (difference D15), with what becomes of its desired state.
fn may_say(row: &Lifecycle, state: SandboxState) -> Option<Wish> {
    match state {
        SandboxState::Started => Some(Wish::Is(DesiredState::Started)),
        SandboxState::Stopped => Some(Wish::Is(DesiredState::Stopped)),
        SandboxState::Destroyed => Some(Wish::Gone),
        SandboxState::Error => Some(Wish::Stays),
        SandboxState::Paused => row.class.is_vm().then_some(Wish::Is(DesiredState::Paused)),
        SandboxState::Archived => row.status().has_usable_backup().then_some(Wish::Is(DesiredState::Archived)),
        SandboxState::Creating | SandboxState::Restoring | SandboxState::Destroying | SandboxState::Starting => None,
        SandboxState::Stopping | SandboxState::BuildFailed | SandboxState::PendingBuild => None,
        SandboxState::BuildingSnapshot | SandboxState::Unknown | SandboxState::PullingSnapshot => None,
        SandboxState::Archiving | SandboxState::Resizing | SandboxState::Snapshotting => None,
        SandboxState::Forking | SandboxState::Pausing | SandboxState::Resuming => None,
    }
}
