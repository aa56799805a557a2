//! The typestate view: it decides as `Lifecycle::decide` does, for the states that the rule table names.
//!
//! The `compile_fail` doc tests of `Typed` check that other commands do not compile.

use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Policy, Refusal, SandboxState, Step, Verb,
    render::{Typed, at},
};

fn in_state(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    Lifecycle::from(Columns { state, desired_state, ..Columns::default() })
}

#[test]
fn a_typed_command_decides_as_lifecycle_decide_does() {
    let row = in_state(SandboxState::Started, DesiredState::Started);
    let (policy, context, now) = (Policy::default(), Context::of(&row), chrono::DateTime::UNIX_EPOCH);
    let running = Typed::<at::Started>::new(row).expect("the state is started");
    let door = row.decide(Command::Stop { force: true }, &policy, context, now);
    assert_eq!(running.stop(true, &policy, context, now), door);
}

#[test]
fn a_typed_command_can_still_be_refused() {
    let row = in_state(SandboxState::Started, DesiredState::Stopped);
    let running = Typed::<at::Started>::new(row).expect("the state is started");
    let now = chrono::DateTime::UNIX_EPOCH;
    let refusal =
        running.stop(false, &Policy::default(), Context::of(&row), now).expect_err("a stop is already in progress");
    assert_eq!(refusal.code(), "in_progress");
}

#[test]
fn a_sandbox_in_another_state_is_returned_in_the_error() {
    let row = in_state(SandboxState::Paused, DesiredState::Paused);
    let elsewhere = Typed::<at::Started>::new(row).expect_err("the state is paused");
    assert_eq!(elsewhere.lifecycle, row);
    assert_eq!(elsewhere.to_string(), "the sandbox is paused, not started");
}

#[test]
fn a_typed_sandbox_gives_its_lifecycle_back() {
    let row = in_state(SandboxState::Started, DesiredState::Started);
    let running = Typed::<at::Started>::new(row).expect("the state is started");
    assert_eq!((*running.lifecycle(), running.into_inner(), Lifecycle::from(running)), (row, row, row));
}

/// Compiles only where the state accepts each verb, and compares that with the states that the verb names.
macro_rules! takes {
    ($state:ident: $($verb:ident),+) => {{
        fn takes<S: sandbox_lifecycle::render::Accepts<V>, V>() -> SandboxState {
            S::STATE
        }
        $(
            let state = takes::<at::$state, sandbox_lifecycle::render::verb::$verb>();
            assert!(Verb::$verb.from_states().any(|from| from == state), "{state} accepts {}", Verb::$verb);
        )+
    }};
}

#[test]
fn the_commands_that_compile_are_those_of_the_rule_table() {
    takes!(Started: Stop, Destroy, ForceDestroy, Pause, Resize, Fork, Snapshot, Backup, Ttl, Touch);
    takes!(Stopped: Start, Destroy, ForceDestroy, Archive, Resize, Snapshot);
    takes!(Error: Destroy, ForceDestroy, Recover);
    takes!(Paused: Start, Stop, Destroy, ForceDestroy);
}

/// These methods exist: the accepted counterparts of the doc tests that must not compile.
#[test]
fn a_command_that_the_state_accepts_compiles() {
    let (policy, now) = (Policy::default(), chrono::DateTime::UNIX_EPOCH);
    let taken = |decided: Result<Step, Refusal>| decided.map(|step| step.desired_state());
    let running = Typed::<at::Started>::new(in_state(SandboxState::Started, DesiredState::Started)).expect("started");
    let stopped = running.stop(false, &policy, Context::of(running.lifecycle()), now);
    assert_eq!(taken(stopped), Ok(DesiredState::Stopped));
    let resting = in_state(SandboxState::Archived, DesiredState::Archived);
    let resting = Typed::<at::Archived>::new(resting).expect("archived");
    let started = resting.start(&policy, Context::of(resting.lifecycle()), now);
    assert_eq!(taken(started), Ok(DesiredState::Started));
    let starting = in_state(SandboxState::Starting, DesiredState::Started);
    let starting = Typed::<at::Starting>::new(starting).expect("starting");
    let destroyed = starting.force_destroy(&policy, Context::of(starting.lifecycle()), now);
    assert_eq!(taken(destroyed), Ok(DesiredState::Destroyed));
}
