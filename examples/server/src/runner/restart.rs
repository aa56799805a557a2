//! What a restart finds: the promises in the ledgers, disks, and processes that kept running.

use super::{
    core::{Failure, Runner, Sandbox},
    processes::Scan,
};
use sandbox_lifecycle::{
    rules::Task,
    runner::{Departure, End, FinishVerdict},
    vocabulary::CopyState,
};
use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};

/// What an interrupted call has left.
enum Left {
    /// The copy shows that the work is complete.
    Whole,
    /// The work can begin again.
    Interrupted,
    /// The work can begin again without what it has left.
    ToDelete,
}

/// Takes over the sandboxes that an older process of this runner has left.
pub async fn take_over(runner: &Arc<Runner>) -> io::Result<()> {
    for id in runner.known_ids().await? {
        let folder = runner.folder(&id);
        let state = runner.blocking(move || {
            folder.clean()?;
            folder.read_state()
        });
        runner.add(id, state.await?);
    }
    let scan = runner.processes.look().await?;
    let looks = runner.sandboxes().into_iter().map(async |sandbox| look_after(runner, &sandbox, &scan).await);
    let looked = futures_util::future::join_all(looks).await;
    looked.into_iter().collect::<Result<(), Failure>>().map_err(|Failure { reason, .. }| io::Error::other(reason))
}

async fn look_after(runner: &Arc<Runner>, sandbox: &Arc<Sandbox>, scan: &Scan) -> Result<(), Failure> {
    let state = sandbox.state().await;
    let seen = runner.seen(sandbox, &state, scan).await?;
    match state.ledger.departure() {
        Some(Departure::Removed { .. }) => runner.delete_copy(sandbox).await?,
        Some(Departure::Released { .. }) => {
            runner.stop(sandbox, runner.options.stop_grace, &AtomicBool::new(false)).await?
        }
        // Processes without a disk.
        None if seen.state == CopyState::None => runner.delete_copy(sandbox).await?,
        None => {}
    }
    if state.not_run_yet {
        // The fork was interrupted before it started the child, and makes it again. A child at rest would look like one that
        // failed. After a message with a newer epoch the disk may be in use.
        let is_untouched = state.ledger.newest_epoch().is_none_or(|newest| state.made_by == Some(newest));
        if seen.state == CopyState::AtRest && is_untouched {
            runner.delete_copy(sandbox).await?;
        }
        runner.update(sandbox, |state| state.not_run_yet = false).await?;
    }
    let Some(call) = state.ledger.call_under_way() else { return Ok(()) };
    let made = state.made_by == Some(call.epoch);
    let left = match (call.task, seen.state) {
        // Before its end was told, nobody could use what it made.
        (Task::Create | Task::Restore, CopyState::Running) if made => Left::Whole,
        // This disk is older than the call. It may be the only one with the user's data.
        (Task::Create, _) if !made => Left::Interrupted,
        (Task::Create | Task::Restore, _) => Left::ToDelete,
        (Task::Start | Task::Resume, CopyState::Running) => Left::Whole,
        (Task::Stop { .. } | Task::Recover { .. }, CopyState::AtRest) => Left::Whole,
        (Task::Pause, CopyState::Paused) => Left::Whole,
        (Task::Resize { to }, _) if seen.size == Some(to) => Left::Whole,
        (Task::Destroy, CopyState::None) => Left::Whole,
        (Task::Destroy, _) => Left::ToDelete,
        (Task::Start | Task::Resume | Task::Stop { .. } | Task::Recover { .. } | Task::Pause, _) => Left::Interrupted,
        (Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Build | Task::Pull, _) => Left::Interrupted,
        (Task::Backup { .. }, _) => Left::Interrupted,
    };
    if let Left::ToDelete = left {
        runner.delete_copy(sandbox).await?;
    }
    let is_done = matches!(left, Left::Whole) || matches!(call.task, Task::Destroy);
    tracing::info!(sandbox = %sandbox.id, %call, is_done, "a call was under way when the runner ended");
    if is_done {
        if let FinishVerdict::Send(report) = runner.enter_end(sandbox, call.epoch, End::Completed, None).await {
            runner.report(&sandbox.id, report, None, None);
        }
    } else {
        runner.update(sandbox, |state| state.ledger = state.ledger.interrupted()).await?;
    }
    Ok(())
}
