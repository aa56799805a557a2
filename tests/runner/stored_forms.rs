//! The stored form of the ledger, and the forms of what a runner sends. A difference breaks the ledgers of every runner.

use crate::{AT_REST, RUNNING, Runner, after, older, restore, start, under_way};
use sandbox_lifecycle::{
    rules::{Call, Task},
    runner::{CopyAnswer, End, EpochRefusal, Ledger, Listed},
    vocabulary::{CopyState, Fault, Size},
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// Asserts that a value is written as this text and read back equal.
fn kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, text: &str) {
    assert_eq!(serde_json::to_string(&value).expect("it is written"), text);
    assert_eq!(serde_json::from_str::<T>(text).expect(text), value);
}

#[test]
fn an_absent_ledger_is_the_default() {
    kept(Ledger::default(), "{}");
}

#[test]
fn a_ledger_is_stored_as_newest_epoch_work_and_departure() {
    kept(under_way(start(7)).stored, r#"{"newest":7,"work":{"call":{"task":"start","epoch":7}}}"#);
    kept(after(restore(7)).stored, r#"{"newest":7,"work":{"call":{"task":"restore","epoch":7},"end":"completed"}}"#);
    let mut asked = under_way(Call { task: Task::Stop { force: true }, epoch: 7 });
    let _ = asked.ask(8, RUNNING);
    kept(asked.stored, r#"{"newest":8,"work":{"call":{"task":"stop","force":true,"epoch":7}}}"#);
    let to = Size { cpu: 1, memory: 2, disk: 3 };
    let mut failed = under_way(Call { task: Task::Resize { to }, epoch: 7 });
    let _ = failed.finish(7, End::Failed { fault: Fault::Runner, recoverable: true });
    kept(
        failed.stored,
        r#"{"newest":7,"work":{"call":{"task":"resize","to":{"cpu":1,"memory":2,"disk":3},"epoch":7},"end":{"failed":{"fault":"runner","recoverable":true}}}}"#,
    );
    let mut released = after(start(7));
    let _ = released.release(8);
    kept(released.stored, r#"{"newest":8,"departure":{"released":{"epoch":8}}}"#);
    let mut removed = Runner::default();
    let _ = removed.remove(u32::MAX);
    kept(removed.stored, r#"{"newest":4294967295,"departure":{"removed":{"epoch":4294967295}}}"#);
}

#[test]
fn what_a_runner_sends_has_these_forms() {
    kept(End::Done, r#""done""#);
    kept(
        End::Refused { fault: Fault::Refused, recoverable: false },
        r#"{"refused":{"fault":"refused","recoverable":false}}"#,
    );
    kept(RUNNING, r#"{"state":"running","size":{"cpu":2,"memory":4,"disk":10}}"#);
    kept(CopyAnswer::NONE, r#"{"state":"none"}"#);
    kept(
        Listed { epoch: Some(7), state: CopyState::AtRest, size: AT_REST.size, released: true },
        r#"{"epoch":7,"state":"at-rest","size":{"cpu":2,"memory":4,"disk":10},"released":true}"#,
    );
    kept(older(6, 7), r#"{"refusal":"olderEpoch","epoch":6,"newest":7}"#);
    kept(EpochRefusal::Released { newest: 7 }, r#"{"refusal":"released","newest":7}"#);
    kept(EpochRefusal::Removed { newest: 7 }, r#"{"refusal":"removed","newest":7}"#);
    kept(EpochRefusal::OtherCall { call: start(7) }, r#"{"refusal":"otherCall","call":{"task":"start","epoch":7}}"#);
}

#[test]
fn a_broken_ledger_is_an_error_that_names_the_field() {
    let cases = [
        (r#"{"newest":-1}"#, "newest: "),
        (r#"{"newest":7,"tomorrow":1}"#, "unknown field `tomorrow`"),
        (r#"{"newest":7,"work":{"call":{"task":"start","epoch":"7"}}}"#, "work: call: "),
        (r#"{"newest":7,"work":{"call":{"task":"start","epoch":7},"ends":1}}"#, "work: unknown field `ends`"),
        (
            r#"{"newest":7,"work":{"call":{"task":"start","force":true,"epoch":7}}}"#,
            "work: call: unknown field `force`",
        ),
        (
            r#"{"newest":7,"work":{"call":{"task":"start","epoch":7},"end":"over"}}"#,
            "work: end: unknown variant `over`",
        ),
        (r#"{"newest":7,"departure":{"lost":{"epoch":7}}}"#, "departure: unknown variant `lost`"),
        (r#"{"newest":7,"departure":{"released":{"epoch":7,"x":1}}}"#, "departure: unknown field `x`"),
        (r#"{"newest":7,"departure":{"released":{"epoch":1.5}}}"#, "departure: epoch: "),
    ];
    for (text, complaint) in cases {
        let error = serde_json::from_str::<Ledger>(text).expect_err(text).to_string();
        assert!(error.starts_with(complaint), "{text}: {error}");
    }
}
