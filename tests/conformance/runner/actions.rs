//! The rows of `actions` and `placement`: one pass of the controller.
//!
//! The judge calls `reconcile`, answers each question and each call as the row says, and applies the steps. It stops where
//! the server's pass stopped: at the first write, or when there is nothing to do.

use crate::{
    commands::{call, now},
    judge::{Answer, applied, flag, list},
    reports::{before, error_after, events},
    table::Row,
};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Context, DesiredState, Effect, Lifecycle, Next, Policy, Report, RunnerView, SandboxClass, SandboxState,
    Step,
    controller::{Image, Observed, Placement, Question, RunnerStanding},
    rules::{Answer as RunnerAnswer, Call, RunnerChange, Task, TaskKind},
    vocabulary::BackupState,
};

/// The result of a pass.
struct Pass {
    after: Lifecycle,
    calls: Vec<String>,
    steps: Vec<Step>,
}

fn pass(before: Lifecycle, mut view: RunnerView, observed: Observed) -> Pass {
    let policy = Policy::recorded();
    let mut pass = Pass { after: before, calls: Vec::new(), steps: Vec::new() };
    let mut next = before.reconcile(&view, &policy, now());
    if let Next::Ask(Question::Runner { .. }) = next {
        pass.calls.push("sandboxInfo".to_owned());
        view.observed = observed;
        next = before.reconcile(&view, &policy, now());
    }
    match next {
        // A row has one answer: a controller that asks again would ask for ever.
        Next::Ask(question) => panic!("the row has no answer to {question:?}"),
        Next::Resend { task, .. } => {
            if task != TaskKind::Pull {
                pass.calls.push(call(task).to_owned()); // The server fetches an image by naming the runner.
            }
        }
        Next::Apply(step) => {
            pass.after = applied(&step, before);
            pass.steps.push(step);
            pass.make_calls(&policy);
        }
        Next::Wait { .. } | Next::Nothing => {}
    }
    pass
}

impl Pass {
    /// Makes the calls of the last step, which the runner accepts: the rest of the conversation of which the recorded
    /// pass has everything.
    fn make_calls(&mut self, policy: &Policy) {
        let effects: Vec<Effect> = self.steps.iter().flat_map(Step::effects).collect();
        for effect in effects {
            let Effect::Call(Call { task, epoch }) = effect else { continue };
            if matches!(task, Task::Backup { .. } | Task::Pull) {
                continue; // The server asks for a backup by an event, and for an image by naming the runner.
            }
            if task == Task::Restore {
                // The server looks up the backup itself and calls no runner.
                self.calls.push("inspectSnapshotInRegistry".to_owned());
            }
            self.calls.push(call(task.into()).to_owned());
            let accepted = Report::Answered { task, answer: RunnerAnswer::Accepted, from: None, epoch: Some(epoch) };
            let context = Context::of(&self.after);
            let step = self.after.decide(accepted, policy, context, now()).expect("an answer is never refused");
            self.after = applied(&step, self.after);
        }
    }
}

/// Renders the runner of a row: none, the one before, or another.
fn runner(pass: &Pass) -> &'static str {
    let assigned = [RunnerChange::Assigned, RunnerChange::AssignedKeepingPrevious].map(Effect::Runner);
    let moved = pass.steps.iter().flat_map(Step::effects).any(|effect| assigned.contains(&effect));
    match (pass.after.has_runner(), moved) {
        (false, _) => "0",
        (true, false) => "1",
        (true, true) => "2",
    }
}

pub fn actions(row: &Row) -> Option<Answer> {
    let base = before(row);
    let last = match row.get("elapsed") {
        "fresh" => now(),
        "stale" => now() - Duration::hours(2),
        other => panic!("no such elapsed: {other}"),
    };
    let before = Lifecycle::from(Columns {
        has_backup_ref: base.backup_state == BackupState::Completed,
        archive_attempts: row.read("archive_retries"),
        last_activity_at: last,
        state_since: last,
        ..base
    });
    let observed = match row.get("observed") {
        "notfound" => Observed::NotFound,
        _ => Observed::State(row.read("observed")),
    };
    // The rows name the image of a build. While an image is fetched, they name only the copy.
    let has_image = row.is("runner") && before.state() != SandboxState::PullingSnapshot;
    let view = RunnerView {
        runner: if row.is("runner_ready") { RunnerStanding::Ready } else { RunnerStanding::NotReady },
        placement: Placement::Warm,
        image: if has_image { Image::Ready } else { Image::Missing },
        ..RunnerView::of(&before)
    };
    let pass = pass(before, view, observed);
    let error = error_after(&before, &pass.steps);
    let mut answer = Answer::from([
        ("sync_state'", pass.after.state().to_string()),
        ("sync_pending'", flag(pass.after.pending())),
        ("sync_error'", error.clone()),
        ("sync_recoverable'", flag(pass.after.recoverable())),
    ]);
    let driven = before.desired_state() == DesiredState::Destroyed && before.state().is_failed();
    if !row.is("skipped") || driven {
        answer.insert("runner_calls", list(&pass.calls));
    }
    if !row.is("skipped") && !row.is("threw") {
        let previous = Effect::Runner(RunnerChange::AssignedKeepingPrevious);
        let kept = pass.steps.iter().flat_map(Step::effects).any(|effect| effect == previous);
        answer.extend([
            ("state'", pass.after.state().to_string()),
            ("desired'", pass.after.desired_state().to_string()),
            ("pending'", flag(pass.after.pending())),
            ("runner'", runner(&pass).to_owned()),
            ("prev_runner'", flag(kept)),
            ("backup'", pass.after.backup_state().to_string()),
            ("error'", error),
            ("recoverable'", flag(pass.after.recoverable())),
            ("events", events(&pass.steps)),
        ]);
    }
    Some(answer)
}

pub fn placement(row: &Row) -> Option<Answer> {
    let image = match row.get("snapshot_runner") {
        "none" => Image::Missing,
        "pulling_snapshot" => Image::Pulling,
        "building_snapshot" => Image::Building,
        "ready" => Image::Ready,
        "error" => Image::Failed,
        "removing" => Image::Removing,
        other => panic!("no such image: {other}"),
    };
    let assigned = row.get("placement") == "assigned";
    let placement = match row.get("placement") {
        "none" | "assigned" => Placement::NoRoom,
        "warm" => Placement::Warm,
        "cold" => Placement::Cold,
        "inflight" => Placement::InFlight(image),
        other => panic!("no such placement: {other}"),
    };
    let last = now() - Duration::minutes(row.read("elapsed_min"));
    let before = Lifecycle::from(Columns {
        state: row.read("state"),
        desired_state: DesiredState::Started,
        pending: row.is("pending"),
        class: SandboxClass::LinuxVm,
        has_runner: assigned,
        last_activity_at: last,
        state_since: last,
        ..Columns::default()
    });
    let view = RunnerView { placement, image, ..RunnerView::of(&before) };
    let pass = pass(before, view, Observed::NotAsked);
    Some(Answer::from([
        ("state'", pass.after.state().to_string()),
        ("desired'", pass.after.desired_state().to_string()),
        ("pending'", flag(pass.after.pending())),
        ("runner'", runner(&pass).to_owned()),
        ("error'", flag(error_after(&before, &pass.steps) != "none")),
        ("recoverable'", flag(pass.after.recoverable())),
        ("runner_calls", list(&pass.calls)),
    ]))
}
