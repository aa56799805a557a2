//! What people read in a log: the text of a decision, of the next action, and of a timer.

use chrono::DateTime;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Lifecycle, Next, Policy, RunnerView, SandboxState, Timer, Verb,
    clock::{Deadline, Standing},
    controller::{Finding, Question, RunnerStanding},
    lifecycle::HeldResources,
    rules::{Call, Cause, Event, Ignored, ReasonText, RunnerChange, Stamp, Task, TaskKind},
    vocabulary::{AutoPause, AutoStop, Fault, Minutes},
};

#[test]
fn a_step_reads_as_its_cause_and_what_it_changes() {
    let row = Lifecycle::from(Columns::default());
    let step = row.decide(Command::Stop { force: true }, &Policy::default(), Context::of(&row), DateTime::UNIX_EPOCH);
    let text = step.expect("a started sandbox can be stopped").to_string();
    assert_eq!(text, "command stop: desiredState stopped, pending true, forceStop true, revision 1");
}

#[test]
fn the_next_action_of_a_controller_reads_as_an_instruction() {
    let next = |columns: Columns, ready: bool| {
        let runner = if ready { RunnerStanding::Ready } else { RunnerStanding::NotReady };
        let row = Lifecycle::from(columns);
        let view = RunnerView { runner, ..RunnerView::of(&row) };
        row.reconcile(&view, &Policy::default(), DateTime::UNIX_EPOCH).to_string()
    };
    let asked = Columns { desired_state: DesiredState::Stopped, pending: true, ..Columns::default() };
    let stops = "apply controller: state stopping, revision 1, epoch 1, changedSinceBackup true, lastActivityAt \
                 1970-01-01T00:00:00Z, stateSince 1970-01-01T00:00:00Z";
    assert_eq!(next(asked, true), stops);
    let stopping = Columns { state: SandboxState::Stopping, ..asked };
    assert_eq!(next(stopping, true), "ask the runner (epoch 0)");
    assert_eq!(next(stopping, false), "wait until 1970-01-01T00:01:00Z");
    let gone = Columns {
        state: SandboxState::Destroyed,
        desired_state: DesiredState::Destroyed,
        has_runner: false,
        ..Columns::default()
    };
    assert_eq!(next(gone, true), "wait until 1970-01-02T00:00:00.000001Z");
    assert_eq!(Next::Nothing.to_string(), "nothing");
    assert_eq!(Next::Resend { task: TaskKind::Stop, epoch: 7 }.to_string(), "send stop (epoch 7) again");
    let store = Next::Ask(Question::Store { attempt: 3 });
    assert_eq!(store.to_string(), "ask the backup store (attempt 3)");
}

#[test]
fn a_deadline_reads_as_its_timer_and_when_it_acts() {
    let text = |timer, standing| Deadline { timer, standing }.to_string();
    let at = DateTime::UNIX_EPOCH;
    assert_eq!(text(Timer::AutoStop, Standing::Armed { at }), "autoStop acts after 1970-01-01T00:00:00Z");
    assert_eq!(
        text(Timer::AutoDelete, Standing::Masked { by: Timer::AutoArchive }),
        "autoDelete never acts: autoArchive always acts first"
    );
    assert_eq!(text(Timer::Ttl, Standing::Off), "ttl is off");
}

#[test]
fn a_cause_reads_as_who_asked_for_what() {
    let cases = [
        (Cause::Command(Verb::Stop), "command stop"),
        (Cause::Already(Verb::Start), "command start, already so"),
        (Cause::Ignored(Ignored::OtherRunner), "report ignored: it comes from another runner"),
        (Cause::Timer(Timer::Ttl), "timer ttl"),
        (Cause::Controller, "controller"),
    ];
    for (cause, text) in cases {
        assert_eq!(cause.to_string(), text);
    }
}

#[test]
fn an_effect_reads_as_what_the_host_does() {
    let cases = [
        (Effect::GiveUpName, "give up the name"),
        (Effect::RotateToken, "replace the auth token"),
        (Effect::Reason(ReasonText::Kept), "keep the error reason"),
        (Effect::Reason(ReasonText::Cleared), "clear the error reason"),
        (Effect::Reason(ReasonText::Reported), "set the reported error reason"),
        (Effect::Reason(ReasonText::Ours(Fault::Runner)), "set the error reason of fault runner"),
        (Effect::Runner(RunnerChange::Kept), "keep the runner"),
        (Effect::Runner(RunnerChange::Released), "release the runner"),
        (Effect::Runner(RunnerChange::ReleasedAsPrevious), "release the runner, which becomes the previous one"),
        (Effect::Runner(RunnerChange::Assigned), "assign the runner of the placement"),
        (
            Effect::Runner(RunnerChange::AssignedKeepingPrevious),
            "assign the runner of the placement and keep the previous one",
        ),
        (Effect::Stamp(Stamp::QueueTimedOut), "set queueTimedOutAt"),
        (Effect::Stamp(Stamp::SpotEvicted), "set spotEvictedAt"),
        (Effect::StoreChild, "store the fork's child"),
        (Effect::Call(Call { task: Task::Stop { force: false }, epoch: 7 }), "call stop (epoch 7)"),
        (Effect::Remove { epoch: 7 }, "remove the copy on the runner left (epoch 7)"),
        (Effect::Release { epoch: 7 }, "release the copy on the runner left (epoch 7)"),
        (Effect::DiscardBackups { before: 3 }, "discard the backups before attempt 3"),
        (Effect::RaiseParent, "raise the revision of the parent"),
        (Effect::Emit(Event::Started), "emit sandbox.started"),
        (Effect::Purge, "remove the record"),
    ];
    for (effect, text) in cases {
        assert_eq!(effect.to_string(), text);
    }
}

#[test]
fn a_finding_reads_as_what_the_host_does_with_a_listed_copy() {
    let row = Lifecycle::from(Columns::default());
    let step = row.decide(Command::Touch, &Policy::default(), Context::of(&row), DateTime::UNIX_EPOCH);
    let step = step.expect("a started sandbox can be touched");
    let cases = [
        (Finding::Agrees, "agrees".to_owned()),
        (Finding::Apply(step), format!("apply {step}")),
        (Finding::Remove { epoch: 7 }, "remove the copy (epoch 7)".to_owned()),
        (Finding::Release { epoch: 7 }, "release the copy (epoch 7)".to_owned()),
    ];
    for (finding, text) in cases {
        assert_eq!(finding.to_string(), text);
    }
}

#[test]
fn held_resources_read_as_what_is_held() {
    let text = |compute, disk| HeldResources { compute, disk }.to_string();
    let all = [text(true, true), text(true, false), text(false, true), text(false, false)];
    assert_eq!(all, ["compute and disk", "compute", "disk", "nothing"]);
}

/// A failed assertion prints a value with `{:?}`.
#[test]
fn a_refusal_and_its_explanation_print_the_reason_and_every_failing_check() {
    let row = Lifecycle::from(Columns { has_runner: false, ..Columns::default() });
    let (policy, context, now) = (Policy::default(), Context::of(&row), DateTime::UNIX_EPOCH);
    let refusal = row.decide(Command::Pause, &policy, context, now).expect_err("it has no runner");
    assert_eq!(
        format!("{refusal:?}"),
        "Refusal { asked: Command(Pause), state: Started, desired_state: Started, reason: UnsupportedClass, \
         failing: [\"vm\", \"on_a_runner\"] }"
    );
    let explanation = row.explain(Command::Pause, &policy, context, now);
    assert_eq!(
        format!("{explanation:?}"),
        "Explanation { verb: Pause, acceptance: Refused, reason: Some(UnsupportedClass), \
         failing: [\"vm\", \"on_a_runner\"], unseen: [] }"
    );
}

#[test]
fn the_violations_of_a_row_print_as_a_list() {
    let sound = Lifecycle::from(Columns::default());
    assert_eq!(format!("{:?}", sound.violations()), "[]");
    let kept = Columns { state: SandboxState::Destroyed, desired_state: DesiredState::Destroyed, ..Columns::default() };
    let broken = Lifecycle::from(kept).violations();
    assert_eq!(format!("{broken:?}"), "[RunnerKept]");
    let both = Columns { auto_stop: AutoStop::default(), auto_pause: AutoPause::After(Minutes::MAX), ..kept };
    let text = "a destroyed or archived sandbox has a runner; auto-stop and auto-pause are both set";
    assert_eq!(Lifecycle::from(both).violations().to_string(), text);
    let words: Vec<String> = broken.into_iter().map(|violation| violation.to_string()).collect();
    assert_eq!(words, ["a destroyed or archived sandbox has a runner"]);
}

/// A lifecycle prints its columns by name, and its times as people write them.
#[test]
fn a_row_prints_its_columns_and_times() {
    let text = format!("{:?}", Lifecycle::from(Columns::default()));
    for part in ["state: Started", "has_runner: true", "1970-01-01T00:00:00Z"] {
        assert!(text.contains(part), "{text} has no {part}");
    }
    let row = Lifecycle::from(Columns::default());
    let context = format!("{:?}", Context::of(&row));
    assert!(context.contains("suspended: false"), "{context}");
}
