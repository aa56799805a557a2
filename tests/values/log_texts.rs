//! What people read in a log: the text of a decision, of the next action, and of a timer.

use chrono::DateTime;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Next, Policy, RunnerView, SandboxState, Timer,
    clock::{Deadline, Standing},
    controller::{Question, RunnerStanding},
    rules::TaskKind,
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
