//! What a runner does with each message. The ledger decides, and each verdict is stored before anything is done.

use super::{
    core::{Failure, Runner, Sandbox, locked},
    state::SandboxId,
    tasks::{Work, back_up, report_child},
    wire::{Ask, Delivery, Details, Taken},
};
use sandbox_lifecycle::{
    record::Message,
    rules::{Call, Task},
    runner::{AskVerdict, CallVerdict, CopyAnswer, EpochRefusal, LeaveVerdict},
    vocabulary::is_older,
};
use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};
use tracing::Instrument;

/// Why a message is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It is late.
    #[error(transparent)]
    Refused(#[from] EpochRefusal),
    /// It was sent in another session.
    #[error("this runner takes no messages of another session: read the outbox again")]
    OtherSession,
    /// It is no message for a runner.
    #[error("{0}")]
    Invalid(String),
    /// The runner cannot do it now. The message is sent again.
    #[error("the runner cannot do this now: {0}")]
    Failed(#[from] io::Error),
}

/// Takes a message of the current session.
pub async fn deliver(runner: &Arc<Runner>, delivery: Delivery) -> Result<Taken, NotTaken> {
    let sandbox = find(runner, &delivery.sandbox_id)?;
    let _one_at_a_time = sandbox.gate.lock().await;
    let taken = match delivery.message {
        Message::Call(call @ Call { task: Task::Backup { attempt }, .. }) => {
            request_backup(runner, &sandbox, call, attempt).await
        }
        Message::Call(call) => take_call(runner, &sandbox, call, delivery.details).await,
        Message::Remove { epoch } => leave(runner, &sandbox, epoch, true).await,
        Message::Release { epoch } => leave(runner, &sandbox, epoch, false).await,
        Message::DiscardBackups { .. } | Message::Event(_) => {
            Err(NotTaken::Invalid(format!("a runner does not take this message: {}", delivery.message)))
        }
    };
    match &taken {
        Ok(_) => tracing::info!(sandbox = %sandbox.id, message = %delivery.message, "taken"),
        Err(error) => tracing::warn!(sandbox = %sandbox.id, message = %delivery.message, %error, "not taken"),
    }
    taken
}

/// Answers an ask of the current session.
pub async fn answer(runner: &Arc<Runner>, ask: Ask) -> Result<CopyAnswer, NotTaken> {
    let sandbox = find(runner, &ask.sandbox_id)?;
    let _one_at_a_time = sandbox.gate.lock().await;
    match runner.enter_ask(&sandbox, |ledger, seen| ledger.ask(ask.epoch, seen)).await? {
        AskVerdict::Answer(answer) => {
            tracing::debug!(sandbox = %sandbox.id, epoch = ask.epoch, %answer, "asked");
            Ok(answer)
        }
        AskVerdict::Refuse(refusal) => Err(refusal.into()),
    }
}

fn find(runner: &Runner, id: &str) -> Result<Arc<Sandbox>, NotTaken> {
    let id: SandboxId = id.parse().map_err(|error: io::Error| NotTaken::Invalid(error.to_string()))?;
    Ok(runner.sandbox(&id))
}

async fn take_call(
    runner: &Arc<Runner>,
    sandbox: &Arc<Sandbox>,
    call: Call,
    details: Details,
) -> Result<Taken, NotTaken> {
    let verdict = runner.enter(sandbox, |ledger| ledger.call(call)).await?;
    tracing::debug!(sandbox = %sandbox.id, %call, %verdict);
    match verdict {
        // A restore replaces the copy as its first step, where an error becomes its end.
        CallVerdict::CarryOut { replaces_copy: _, supersedes: _ } => {
            // Also a job that nothing supersedes may still tell its end.
            sandbox.end_job().await;
            let given_up = Arc::new(AtomicBool::new(false));
            let span = tracing::info_span!("job", sandbox = %sandbox.id, epoch = call.epoch, task = %call.task);
            let work = Work {
                runner: Arc::clone(runner),
                sandbox: Arc::clone(sandbox),
                call,
                details,
                given_up: Arc::clone(&given_up),
            };
            sandbox.begin(given_up, runner.spawn(work.run().instrument(span)));
        }
        CallVerdict::Repeat(report) => {
            let reason = sandbox.state().await.reason;
            runner.report(&sandbox.id, report, reason.clone(), None);
            if let Task::Fork = call.task {
                report_child(runner, call.epoch, &details, report, reason).await;
            }
        }
        CallVerdict::UnderWay => {}
        CallVerdict::Refuse(refusal) => return Err(refusal.into()),
    }
    Ok(Taken::Call)
}

/// Takes a removal or a release, and returns when it is done.
async fn leave(runner: &Arc<Runner>, sandbox: &Arc<Sandbox>, epoch: u32, removes: bool) -> Result<Taken, NotTaken> {
    let entered = runner.enter(sandbox, |ledger| if removes { ledger.remove(epoch) } else { ledger.release(epoch) });
    let verdict = entered.await?;
    tracing::debug!(sandbox = %sandbox.id, epoch, %verdict);
    match verdict {
        LeaveVerdict::CarryOut { supersedes: _ } => {
            sandbox.end_job().await;
            let grace = runner.options.stop_grace;
            let done = if removes {
                runner.delete_copy(sandbox).await
            } else {
                runner.stop(sandbox, grace, &AtomicBool::new(false)).await
            };
            done.map_err(|Failure { reason, .. }| io::Error::other(reason))?;
            Ok(Taken::Acknowledged)
        }
        LeaveVerdict::WithoutEffect { newest: _ } => Ok(Taken::Outdated),
    }
}

/// Takes the request of an attempt. A repeated request is answered again, and an older one is not begun: it would save a newer
/// disk under the number of an older attempt, which is discarded sooner.
async fn request_backup(
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
        runner.spawn(back_up(Arc::clone(runner), Arc::clone(sandbox), attempt).instrument(span));
    }
    Ok(Taken::Call)
}
