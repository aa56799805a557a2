//! Backups: the runner is the backup maker of the sandboxes that it has.

use super::{
    core::{Runner, Sandbox, locked},
    messages::NotTaken,
    wire::Taken,
};
use sandbox_lifecycle::{
    Report,
    record::BackupRef,
    rules::{Call, Job, Outcome},
    runner::CallVerdict,
    vocabulary::{Fault, is_older},
};
use std::{io, sync::Arc};
use tracing::Instrument;

/// Takes the request of an attempt. A repeated request is answered again, and an older one is not begun: it would save a newer
/// disk under the number of an older attempt, which is discarded sooner.
pub async fn request(
    runner: &Arc<Runner>,
    sandbox: &Arc<Sandbox>,
    call: Call,
    attempt: u32,
) -> Result<Taken, NotTaken> {
    match runner.enter(sandbox, |ledger| ledger.call(call)).await? {
        CallVerdict::Refuse(refusal) => return Err(refusal.into()),
        CallVerdict::CarryOut { .. } | CallVerdict::Repeat(_) | CallVerdict::UnderWay => {}
    }
    if sandbox.state().await.newest_backup.is_some_and(|newest| is_older(attempt, newest)) {
        return Ok(Taken::Call);
    }
    runner.update(sandbox, |state| state.newest_backup = Some(attempt)).await?;
    if locked(&sandbox.backups).insert(attempt) {
        let span = tracing::info_span!("backup", sandbox = %sandbox.id, epoch = call.epoch, attempt);
        runner.spawn(make(Arc::clone(runner), Arc::clone(sandbox), attempt).instrument(span));
    }
    Ok(Taken::Call)
}

async fn make(runner: Arc<Runner>, sandbox: Arc<Sandbox>, attempt: u32) {
    let (outcome, reason, backup) = match upload(&runner, &sandbox, attempt).await {
        Ok(Some(backup)) => (Outcome::Completed, None, Some(backup)),
        // Nobody awaits it any more.
        Ok(None) => return forget(&sandbox, attempt, "the attempt was discarded"),
        Err(error) => (Outcome::Failed { fault: Fault::Runner, recoverable: false }, Some(error.to_string()), None),
    };
    forget(&sandbox, attempt, reason.as_deref().unwrap_or("completed"));
    // Without an epoch: a call between the request and its end does not make the report stale. Its number does.
    let report = Report::Ended { job: Job::Backup { attempt: Some(attempt) }, outcome, epoch: None };
    runner.report(&sandbox.id, report, reason, backup);
}

async fn upload(runner: &Arc<Runner>, sandbox: &Arc<Sandbox>, attempt: u32) -> io::Result<Option<BackupRef>> {
    if runner.options.faults.refuses() {
        return Err(io::Error::other("a fault on purpose"));
    }
    let (store, of) = (runner.backups.clone(), Arc::clone(sandbox));
    if !runner.blocking(move || store.has_whole(of.id.as_str(), attempt)).await? {
        let begun = Report::BackupUnderWay { begun: true, attempt: Some(attempt) };
        runner.report(&sandbox.id, begun, None, None);
    }
    let (store, of) = (runner.backups.clone(), Arc::clone(sandbox));
    runner.blocking(move || store.upload(of.id.as_str(), attempt, &of.folder.disk())).await
}

fn forget(sandbox: &Sandbox, attempt: u32, how: &str) {
    locked(&sandbox.backups).remove(&attempt);
    tracing::info!(how, "backup ended");
}
