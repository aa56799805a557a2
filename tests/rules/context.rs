//! The context: every field that is set is read back, and a cleared field is as if it was never set.

use super::NOW;
use sandbox_lifecycle::{
    Acceptance, Columns, Command, Context, Input, Lifecycle, Policy, Reason, Refusal, Report, Retry, SandboxState,
    Timer, Verb,
};

/// The context of an ordinary sandbox that was not written yet.
fn ordinary() -> Context {
    Context::of(&Lifecycle::from(Columns::default()))
}

fn everything_set() -> Context {
    ordinary()
        .with_revision(7)
        .with_live_fork_children(2)
        .with_organization_suspended(true)
        .with_owed_departures(3)
        .with_linked(true)
        .with_runner_unready(true)
        .with_runner_draining(true)
        .with_warm_pool(true)
}

#[test]
fn every_field_is_read_back() {
    let context = everything_set();
    assert_eq!((context.revision(), context.live_fork_children(), context.owed_departures()), (7, 2, 3));
    assert!(context.organization_suspended() && context.linked() && context.warm_pool());
    assert!(context.runner_unready() && context.runner_draining());
}

#[test]
fn every_field_is_taken_back_without_the_others() {
    let taken_back = everything_set()
        .with_warm_pool(false)
        .with_revision(0)
        .with_live_fork_children(0)
        .with_runner_draining(false)
        .with_organization_suspended(false)
        .with_runner_unready(false)
        .with_linked(false)
        .with_owed_departures(0);
    assert_eq!(taken_back, ordinary());
}

#[test]
fn a_stored_context_is_read_back_equal() {
    for context in [ordinary(), everything_set()] {
        let json = serde_json::to_string(&context).expect("it is written");
        assert_eq!(serde_json::from_str::<Context>(&json).expect(&json), context);
    }
    assert_eq!(serde_json::from_str::<Context>("{}").expect("every field has a default"), ordinary());
}

/// Each kind of input, with what the refusal says was asked.
fn inputs() -> [(Input, &'static str); 3] {
    let report = Report::State { state: SandboxState::Stopped, fault: None, recoverable: false, epoch: None };
    [
        (Command::Stop { force: false }.into(), "stop"),
        (report.into(), "report state"),
        (Timer::AutoStop.into(), "timer autoStop"),
    ]
}

#[test]
fn a_context_of_another_revision_is_refused_for_every_kind_of_input() {
    let row = Lifecycle::from(Columns { revision: 7, ..Columns::default() });
    for (input, asked) in inputs() {
        let refused = |revision| row.decide(input, &Policy::default(), ordinary().with_revision(revision), NOW).err();
        assert_eq!(refused(7), None, "{asked}");
        let answer = |refusal: Refusal| {
            let answer = (refusal.asked().to_string(), refusal.code(), refusal.http_status(), refusal.retry());
            assert_eq!(refusal.cause(), "the context was gathered for another revision of the sandbox");
            (answer, refusal.failing_checks().count(), refusal.to_string())
        };
        let message = format!(
            "cannot decide on {asked}: the context was gathered for another revision of the sandbox, which has changed since: \
             read the sandbox and gather the context again"
        );
        let expected = ((asked.to_owned(), "conflict", 409, Retry::ReadAgain), 0, message);
        assert_eq!(refused(6).map(answer), Some(expected));
    }
}

#[test]
fn no_command_is_accepted_with_a_context_of_another_revision() {
    let row = Lifecycle::from(Columns { revision: 7, ..Columns::default() });
    let (policy, late) = (Policy::default(), ordinary().with_revision(6));
    for command in [Command::Start, Command::Stop { force: false }, Command::Touch] {
        let decided = row.decide(command, &policy, late, NOW).map_err(|refusal| refusal.reason());
        assert_eq!(decided, Err(Reason::Conflict));
        let explained = row.explain(command, &policy, late, NOW);
        assert_eq!((explained.acceptance(), explained.reason()), (Acceptance::Refused, Some(Reason::Conflict)));
        assert_eq!(explained.checks().count(), 0, "no check is made");
        let expected = "refused: the context was gathered for another revision of the sandbox";
        assert_eq!(explained.to_string(), format!("{}: {expected}", command.verb()));
    }
    assert_eq!(row.accepted_commands(&policy, late, NOW).next(), None);
    assert!(row.acceptances(&policy, late, NOW).all(|(_, acceptance)| acceptance == Acceptance::Refused));
    assert!(row.accepted_commands(&policy, Context::of(&row), NOW).any(|verb| verb == Verb::Stop));
}

#[test]
fn no_timer_is_due_for_a_context_of_another_revision() {
    let row = Lifecycle::from(Columns { revision: 7, ..Columns::default() });
    let due = |context| row.due(&Policy::default(), context, NOW).map(|step| step.cause().to_string());
    assert_eq!(due(Context::of(&row)), Some("timer autoStop".to_owned()));
    assert_eq!(due(Context::of(&row).with_revision(6)), None);
}
