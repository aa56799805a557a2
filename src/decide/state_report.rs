//! A state that a runner reports without being asked (recorded: table `reports`).

use crate::{
    lifecycle::Lifecycle,
    rules::{Cause, Ignored, Refusal, ReportKind, Step, refusal::value::ReportReason, step::draft::Draft},
    vocabulary::{DesiredState, Fault, Micros, SandboxState},
};

/// Checked in the recorded order; what the word may be is asked last (difference D15).
pub(super) fn decide(
    row: &Lifecycle,
    state: SandboxState,
    fault: Option<Fault>,
    recoverable: bool,
    now: Micros,
) -> Result<Step, Refusal> {
    let status = row.status;
    if state == status.state {
        return Ok(Step::ignored(row, Ignored::SameState, now));
    }
    // Difference D7: a paused sandbox can die too.
    if !matches!(status.state, SandboxState::Started | SandboxState::Stopped | SandboxState::Paused) {
        return Err(Refusal::of_report(row, ReportKind::State, ReportReason::BadState));
    }
    if status.desired == DesiredState::Destroyed {
        return Ok(Step::ignored(row, Ignored::ToBeDestroyed, now));
    }
    if status.pending {
        return Err(Refusal::of_report(row, ReportKind::State, ReportReason::Conflict));
    }
    let Some(desired) = reportable(row, state) else {
        return Err(Refusal::of_report(row, ReportKind::State, ReportReason::BadState));
    };
    let draft = Draft::new(row, Cause::Report(ReportKind::State), now).state(state);
    let draft = match desired {
        NextDesired::Stays => draft,
        NextDesired::Is(desired) => draft.desired(desired),
        NextDesired::Gone => draft.soft_delete(),
    };
    let draft = match fault {
        Some(fault) => draft.reported(fault, recoverable && state == SandboxState::Error),
        None => draft.recoverable(false),
    };
    Ok(draft.finish_or_drop(row, now))
}

/// What becomes of the desired state with a reported state.
enum NextDesired {
    Stays,
    Is(DesiredState),
    Gone,
}

/// The words that a report may say of this sandbox (difference D15), with what becomes of its desired state.
fn reportable(row: &Lifecycle, state: SandboxState) -> Option<NextDesired> {
    match state {
        SandboxState::Started => Some(NextDesired::Is(DesiredState::Started)),
        SandboxState::Stopped => Some(NextDesired::Is(DesiredState::Stopped)),
        SandboxState::Destroyed => Some(NextDesired::Gone),
        SandboxState::Error => Some(NextDesired::Stays),
        SandboxState::Paused => row.class.is_vm().then_some(NextDesired::Is(DesiredState::Paused)),
        SandboxState::Archived => row.status.has_usable_backup().then_some(NextDesired::Is(DesiredState::Archived)),
        SandboxState::Creating | SandboxState::Restoring | SandboxState::Destroying | SandboxState::Starting => None,
        SandboxState::Stopping | SandboxState::BuildFailed | SandboxState::PendingBuild => None,
        SandboxState::BuildingSnapshot | SandboxState::Unknown | SandboxState::PullingSnapshot => None,
        SandboxState::Archiving | SandboxState::Resizing | SandboxState::Snapshotting => None,
        SandboxState::Forking | SandboxState::Pausing | SandboxState::Resuming => None,
    }
}
