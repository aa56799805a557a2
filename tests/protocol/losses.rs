//! Sandboxes that were declared lost, or could not be recovered, although the store had their backup (contract 9).

use crate::{after, answered, row, time::noon};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Next, Policy, Report, RunnerView, SandboxState,
    controller::{Question, Stored},
    runner::CopyAnswer,
    vocabulary::{BackupState, CopyState, Fault},
};

fn stored(row: &Lifecycle, stored: Stored) -> RunnerView {
    RunnerView { stored, ..RunnerView::of(row) }
}

/// Returns a sandbox whose last attempt has this state, and whose runner has no copy any more.
fn without_a_copy(backup_state: BackupState) -> Lifecycle {
    let state = SandboxState::Error;
    let fault = Some(Fault::Runner);
    let asks = Columns { state, fault, must_ask: true, backup_attempt: 1, backup_state, ..Columns::default() };
    let row = row(asks);
    let none = RunnerView::of(&row).answered(CopyAnswer::NONE);
    after(row, &none)
}

/// A backup was being written, or was given up by a stop, when the copy was lost. The row was declared lost, and nobody asked
/// the store.
#[test]
fn the_store_is_asked_before_a_sandbox_is_declared_lost() {
    for state in [BackupState::None, BackupState::Pending, BackupState::InProgress] {
        let asking = without_a_copy(state);
        assert!(asking.must_ask_store() && asking.has_runner(), "{asking:?}");
        let next = asking.reconcile(&RunnerView::of(&asking), &Policy::default(), noon());
        assert_eq!(next, Next::Ask(Question::Store { attempt: 1 }));
        // While it does not answer, the sandbox is not lost.
        let silent = stored(&asking, Stored::NoAnswer).answered(CopyAnswer::NONE);
        let next = asking.reconcile(&silent, &Policy::default(), noon());
        assert!(matches!(next, Next::Wait { .. }), "{next}");
        let found = after(asking, &stored(&asking, Stored::Whole));
        let left = after(found, &RunnerView::of(&found).answered(CopyAnswer::NONE));
        assert!(left.recoverable() && !left.has_runner(), "{left:?}");
        let missing = after(asking, &stored(&asking, Stored::Missing));
        let lost = after(missing, &RunnerView::of(&missing).answered(CopyAnswer::NONE));
        assert_eq!((lost.fault(), lost.recoverable()), (Some(Fault::Lost), false));
    }
}

/// The store answered only after the sandbox had left its runner, and the backup that it had could not be used.
#[test]
fn a_backup_that_is_found_without_a_runner_makes_an_error_recoverable() {
    let errored = row(Columns {
        state: SandboxState::Error,
        fault: Some(Fault::RunnerGone),
        has_runner: false,
        backup_state: BackupState::Error,
        backup_attempt: 1,
        must_ask_store: true,
        ..Columns::default()
    });
    let found = after(errored, &stored(&errored, Stored::Whole));
    let recovered = found.decide(Command::Recover { start: true }, &Policy::default(), Context::of(&found), noon());
    assert_eq!(recovered.expect("it is recoverable").state(), SandboxState::Archived);
}

/// A runner reported that a stopped sandbox runs, and before it was asked, an archive or a restore elsewhere used the backup
/// and removed the newer disk.
#[test]
fn a_report_that_a_stopped_sandbox_runs_outdates_its_backup() {
    let stopped = row(Columns {
        state: SandboxState::Stopped,
        desired_state: DesiredState::Stopped,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        epoch: 4,
        ..Columns::default()
    });
    let runs =
        |epoch| Report::State { state: SandboxState::Started, fault: None, recoverable: false, epoch: Some(epoch) };
    let heard = |epoch| {
        let step = stopped.decide(runs(epoch), &Policy::default(), Context::of(&stopped), noon());
        step.expect("it is not refused").apply(stopped).expect("nobody else writes")
    };
    assert!(heard(4).must_ask() && heard(4).changed_since_backup() && heard(4).kept_backup());
    // A late report of an older call says nothing about the disk now.
    assert!(heard(3).must_ask() && !heard(3).changed_since_backup());
}

/// A failed sandbox that was to be destroyed waited for ever for a runner that did not answer, and force was "already so".
#[test]
fn force_destroys_a_failed_sandbox_whose_runner_does_not_answer() {
    let waiting = row(Columns {
        state: SandboxState::Error,
        desired_state: DesiredState::Destroyed,
        fault: Some(Fault::Runner),
        ..Columns::default()
    });
    let force = Command::Destroy { force: true };
    let step = waiting.decide(force, &Policy::default(), Context::of(&waiting), noon()).expect("force is accepted");
    assert_eq!(step.state(), SandboxState::Destroying);
    let destroying = step.apply(waiting).expect("nobody else writes");
    let later = noon() + chrono::Duration::hours(1);
    let gone = destroying.due(&Policy::default(), Context::of(&destroying), later).expect("its limit is over");
    assert_eq!(gone.state(), SandboxState::Destroyed);
}

/// A view of an older revision counted no live forks, and the archive removed the disk that a new fork read.
#[test]
fn a_view_of_another_revision_removes_nothing() {
    let archiving = row(Columns {
        state: SandboxState::Archiving,
        desired_state: DesiredState::Archived,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        revision: 3,
        ..Columns::default()
    });
    let old = RunnerView { revision: 2, ..answered(&archiving, CopyState::AtRest) };
    let next = archiving.reconcile(&old, &Policy::default(), noon());
    assert!(matches!(next, Next::Wait { .. }), "{next}");
    assert_eq!(after(archiving, &RunnerView::of(&archiving)).state(), SandboxState::Archived);
}
