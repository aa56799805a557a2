//! What the typestate view lets through, and what the compiler says where it does not.
//!
//! That a command is refused at compile time is held by `compile_fail` doctests on `Typed`, on every compiler. Here the
//! words are held too, since they are why the view exists: "a sandbox in state `at::Archived` does not accept
//! `verb::Stop`". How a compiler frames them changes from one version to the next, and the frame quotes the rule table,
//! so the files in `tests/typed/` are compared only on the version that wrote them; on another the test says so and
//! passes. Where only the frame has changed, run `TRYBUILD=overwrite cargo test --test typed` on that version, or on a
//! newer one and name it below.

use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Policy, SandboxState, Verb,
    render::{Typed, at},
};

/// The compiler that wrote `tests/typed/*.stderr`.
const WRITTEN_BY: &str = "rustc 1.95.";

#[test]
fn the_compiler_says_what_a_state_does_not_accept() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = std::process::Command::new(rustc).arg("--version").output().expect("a compiler");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(WRITTEN_BY) {
        println!("not compared: the messages were written by {WRITTEN_BY}x, this is {version}");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.pass("tests/typed/accepted.rs");
    cases.compile_fail("tests/typed/start_what_runs.rs");
    cases.compile_fail("tests/typed/stop_what_is_archived.rs");
    cases.compile_fail("tests/typed/destroy_what_is_starting.rs");
}

fn in_state(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    Lifecycle::from(Columns { state, desired_state, ..Columns::default() })
}

#[test]
fn a_typed_command_decides_as_the_door_does() {
    let (policy, context, now) = (Policy::default(), Context::default(), chrono::DateTime::UNIX_EPOCH);
    let row = in_state(SandboxState::Started, DesiredState::Started);
    let running = Typed::<at::Started>::new(row).expect("it runs");
    let door = row.decide(Command::Stop { force: true }, &policy, context, now);
    assert_eq!(running.stop(true, &policy, context, now), door);
}

#[test]
fn the_facts_beside_the_state_still_decide() {
    let row = in_state(SandboxState::Started, DesiredState::Stopped);
    let running = Typed::<at::Started>::new(row).expect("it runs still");
    let now = chrono::DateTime::UNIX_EPOCH;
    let refusal = running.stop(false, &Policy::default(), Context::default(), now).expect_err("it stops already");
    assert_eq!(refusal.code(), "in_progress");
}

#[test]
fn a_sandbox_that_is_elsewhere_is_handed_back() {
    let row = in_state(SandboxState::Paused, DesiredState::Paused);
    let elsewhere = Typed::<at::Started>::new(row).expect_err("it is paused");
    assert_eq!(elsewhere.lifecycle, row);
    assert_eq!(elsewhere.to_string(), "the sandbox is paused, not started");
}

/// `S: Accepts<V>` where it can be asked as a question: the marker of a state beside the states its verbs name.
macro_rules! takes {
    ($state:ident: $($verb:ident),+) => {{
        fn takes<S: sandbox_lifecycle::render::Accepts<V>, V>() -> SandboxState {
            S::STATE
        }
        $(
            let state = takes::<at::$state, sandbox_lifecycle::render::verb::$verb>();
            assert!(Verb::$verb.from_states().contains(&state), "{state} takes {}", Verb::$verb);
        )+
    }};
}

#[test]
fn what_compiles_is_what_the_table_names() {
    takes!(Started: Stop, Destroy, ForceDestroy, Pause, Resize, Fork, Snapshot, Backup, Ttl, Touch);
    takes!(Stopped: Start, Destroy, ForceDestroy, Archive, Resize, Snapshot);
    takes!(Error: Destroy, ForceDestroy, Recover);
    takes!(Paused: Start, Stop, Destroy, ForceDestroy);
}
