//! A state that a runner reports unasked (recorded: table `reports`).

use crate::lifecycle::{Lifecycle, state_set::states};
use crate::rules::{
    Cause, Context, Ignored, Refusal, ReportKind, Step, refusal::value::ReportReason, step::draft::Draft,
};
use crate::vocabulary::{DesiredState as D, Fault, Micros, SandboxState as S};

/// Notes that the runner must be asked, because it reported a state that nobody waited for (contract 4 of
/// `docs/PROTOCOL.md`). The controller asks about a change under way without this note, and one note is enough.
pub(super) fn ask(row: &Lifecycle, state: S, epoch: u32, now: Micros) -> Step {
    let status = row.status;
    let rests = states![Started Stopped Paused].contains(status.state()) && status.is_settled();
    let why = if status.desired() == D::Destroyed {
        Ignored::ToBeDestroyed
    } else if state == status.state() {
        Ignored::SameState
    } else if !status.has_runner() {
        Ignored::NotAwaited
    } else if status.must_ask() || !(rests || status.state() == S::Error) {
        Ignored::AskedAnyway
    } else {
        let may_run = state == S::Started && epoch == row.epoch;
        let draft = Draft::new(row, Cause::Report(ReportKind::State), now);
        return draft.must_ask_about_copy(may_run).finish_or_drop();
    };
    Step::ignored(row, why, now)
}

/// Decides on the reported state. The checks have the recorded order, and the check of the state itself is the last
/// (difference D15).
pub(super) fn decide(
    row: &Lifecycle,
    state: S,
    fault: Option<Fault>,
    recoverable: bool,
    context: Context,
    now: Micros,
) -> Result<Step, Refusal> {
    let status = row.status;
    let refused = |reason| Err(Refusal::of_report(row, ReportKind::State, reason));
    if state == status.state() {
        return Ok(Step::ignored(row, Ignored::SameState, now));
    }
    // A paused sandbox can fail too (difference D7).
    if !matches!(status.state(), S::Started | S::Stopped | S::Paused) {
        return refused(ReportReason::BadState);
    }
    if status.desired() == D::Destroyed {
        return Ok(Step::ignored(row, Ignored::ToBeDestroyed, now));
    }
    if status.pending() {
        return refused(ReportReason::Conflict);
    }
    let Some(desired) = desired_after(row, state) else { return refused(ReportReason::BadState) };
    let draft = Draft::new(row, Cause::Report(ReportKind::State), now).state(state);
    let draft = draft.with_fork_children(context.live_fork_children());
    let draft = if desired == D::Destroyed { draft.soft_delete() } else { draft.desired(desired) };
    let draft = if state == S::Error {
        draft.ends_badly()
    } else if states![Archived Destroyed].contains(state) {
        draft // The copy is gone. The backup of an archived sandbox is all that it has.
    } else {
        draft.disk_changes() // Nobody waited for it, so the disk may have changed.
    };
    let draft = match fault {
        Some(fault) => draft.reported(fault, recoverable && state == S::Error),
        None => draft.recoverable(false),
    };
    Ok(draft.finish_or_drop())
}

/// Returns the desired state after a report of this state, or `None` if a report may not contain it (difference D15).
fn desired_after(row: &Lifecycle, state: S) -> Option<D> {
    match state {
        S::Started => Some(D::Started),
        S::Stopped => Some(D::Stopped),
        S::Destroyed => Some(D::Destroyed),
        S::Error => Some(row.status.desired()),
        S::Paused => row.class.is_vm().then_some(D::Paused),
        S::Archived => row.status.has_usable_backup().then_some(D::Archived),
        S::Creating | S::Restoring | S::Destroying | S::Starting | S::Stopping | S::Pausing | S::Resuming => None,
        S::BuildFailed | S::PendingBuild | S::BuildingSnapshot | S::Unknown | S::PullingSnapshot => None,
        S::Archiving | S::Resizing | S::Snapshotting | S::Forking => None,
    }
}
