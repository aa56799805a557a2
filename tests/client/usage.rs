//! What a sandbox held over its history, from rows, records, polls and webhooks.

use crate::{at, not_found, record, seen, written};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Command, Context, Input, Observation, Policy, Report, Sandbox,
    client::Usage,
    record::{SandboxStateUpdated, StepDetails},
    rules::{Job, Outcome},
    vocabulary::Size,
};
use serde_json::json;

fn webhook(state: &str, at: DateTime<Utc>) -> Observation {
    let fields = json!({
        "event": "sandbox.state.updated", "timestamp": at, "id": "s1", "organizationId": "o1", "oldState": "started",
        "newState": state, "updatedAt": at,
    });
    seen(&serde_json::from_value::<SandboxStateUpdated>(fields).expect("a webhook"), at)
}

/// CPU, memory, disk and unknown seconds.
fn totals(usage: Usage) -> [u64; 4] {
    [usage.cpu_seconds(), usage.memory_gb_seconds(), usage.disk_gb_seconds(), usage.unknown_seconds()]
}

#[test]
fn a_history_of_webhooks_is_summed() {
    // One core, 1 GB, 3 GB of disk. Ten minutes running, five stopping, twenty stopped, then gone.
    let history = [
        seen(&written("started", "started", at(0)), at(0)),
        webhook("stopping", at(10)),
        webhook("stopped", at(15)),
        webhook("destroyed", at(35)),
    ];
    let expected = [15 * 60, 15 * 60, 3 * 35 * 60, 0];
    assert_eq!(totals(Usage::between(history, at(0), at(100))), expected);
    let mut shuffled = history;
    shuffled.reverse();
    assert_eq!(totals(Usage::between(shuffled, at(0), at(100))), expected);
    let twice = history.into_iter().chain(history);
    assert_eq!(totals(Usage::between(twice, at(0), at(100))), expected);
    let (first, second) = (Usage::between(history, at(0), at(12)), Usage::between(history, at(12), at(100)));
    assert_eq!(totals(first.plus(second)), expected);
}

#[test]
fn what_is_not_shown_is_unknown_and_not_zero() {
    let only_webhooks = [webhook("started", at(10)), webhook("stopped", at(20))];
    assert_eq!(totals(Usage::between(only_webhooks, at(0), at(30))), [0, 0, 0, 30 * 60], "no size was shown");
    let gone = [webhook("destroyed", at(10))];
    assert_eq!(totals(Usage::between(gone, at(0), at(30))), [0, 0, 0, 10 * 60], "nothing needs no size");
    let newer = [seen(&record("hibernated", "started", json!({})), at(0))];
    assert_eq!(totals(Usage::between(newer, at(0), at(30))), [0, 0, 0, 30 * 60]);
    let resized = [
        seen(&written("started", "started", at(0)), at(0)),
        webhook("resizing", at(10)),
        webhook("started", at(20)),
        seen(&record("started", "started", json!({"updatedAt": at(30), "lastActivityAt": at(30), "cpu": 4})), at(30)),
    ];
    // The webhook of a change in place does not show whether it runs; after it, the old size may not hold.
    assert_eq!(totals(Usage::between(resized, at(0), at(40))), [10 * 60 + 4 * 10 * 60, 20 * 60, 3 * 20 * 60, 20 * 60]);
}

#[test]
fn polls_count_from_the_write_that_they_show() {
    let polls = [
        seen(&written("started", "started", at(0)), at(5)),
        seen(&written("stopped", "stopped", at(12)), at(20)),
        not_found(at(60)),
    ];
    assert_eq!(totals(Usage::between(polls, at(0), at(100))), [12 * 60, 12 * 60, 3 * 60 * 60, 0]);
}

#[test]
fn gpus_are_held_while_it_runs() {
    let gpu = json!({"gpu": 2, "autoDeleteInterval": 0});
    let history = [seen(&record("started", "started", gpu), at(0)), webhook("destroying", at(10))];
    assert_eq!(Usage::between(history, at(0), at(60)).gpu_seconds(), 2 * 10 * 60);
}

/// A command, and the end of the job that it leads to.
fn life() -> [(Command, Job); 4] {
    let grow = Command::Resize(serde_json::from_value(json!({"cpu": 4})).expect("a change"));
    let to = Size { cpu: 4, memory: 1, disk: 3 };
    [
        (Command::Stop { force: false }, Job::Stop),
        (Command::Start, Job::Start),
        (grow, Job::Resize { to }),
        (Command::Stop { force: true }, Job::Stop),
    ]
}

#[test]
fn rows_and_records_of_one_life_give_the_same_sums() {
    let mut sandbox = Sandbox::try_from(written("started", "started", at(0))).expect("a sandbox");
    let (mut rows, mut records) = (Vec::new(), Vec::new());
    let mut look = |sandbox: &Sandbox, minute| {
        rows.push(seen(sandbox.lifecycle(), at(minute)));
        records.push(seen(sandbox.dto(), at(minute)));
    };
    look(&sandbox, 0);
    // A command every ten minutes, and its end three minutes later.
    for (begin, (command, job)) in (10..).step_by(10).zip(life()) {
        let end = Report::Ended { job, outcome: Outcome::Completed, epoch: None };
        for (minute, input) in [(begin, Input::from(command)), (begin + 3, Input::from(end))] {
            let row = *sandbox.lifecycle();
            let step = row.decide(input, &Policy::default(), Context::of(&row), at(minute)).expect("it is accepted");
            let _ = sandbox.apply(&step, StepDetails::default()).expect("there is no other writer");
            look(&sandbox, minute);
        }
    }
    let by_rows = Usage::between(rows, at(0), at(60));
    assert_eq!(by_rows, Usage::between(records, at(0), at(60)));
    // Running with one core from 0 to 13 and from 20 to 33, with four from 33 to 43.
    assert_eq!(totals(by_rows), [(13 + 13 + 4 * 10) * 60, (13 + 23) * 60, 3 * 60 * 60, 0]);
}
