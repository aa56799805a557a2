//! The filters of a list: which sandboxes each one admits.

use crate::{at, record};
use sandbox_lifecycle::{
    Columns, DesiredState, Lifecycle, Sandbox, SandboxClass, SandboxState,
    record::{ListQuery, ServerTexts, TextMap},
    vocabulary::GpuType,
};
use serde_json::{Value, json};

/// A sandbox with these columns, and a record with these other fields.
fn stored(columns: Columns, fields: Value) -> Sandbox {
    let record = serde_json::from_value(record(fields)).expect("a record");
    Sandbox::from_row(record, Lifecycle::from(columns), ServerTexts::default())
}

/// Three sandboxes that differ in every field that a filter reads.
fn fleet() -> [Sandbox; 3] {
    let small = Columns {
        created_at: at("2024-10-01T01:00:00Z"),
        last_activity_at: at("2024-10-02T01:00:00Z"),
        auto_destroy_at: Some(at("2024-10-03T01:00:00Z")),
        cpu: 1,
        memory: 1,
        disk: 1,
        ..Columns::default()
    };
    let middle = Columns {
        state: SandboxState::Error,
        class: SandboxClass::LinuxVm,
        recoverable: true,
        created_at: at("2024-10-01T02:00:00Z"),
        last_activity_at: at("2024-10-02T02:00:00Z"),
        auto_destroy_at: None,
        cpu: 2,
        memory: 2,
        disk: 2,
        gpu: 2,
        gpu_type: Some(GpuType::H100),
        ..small
    };
    let large = Columns {
        state: SandboxState::Stopped,
        desired_state: DesiredState::Stopped,
        class: SandboxClass::Windows,
        created_at: at("2024-10-01T03:00:00Z"),
        last_activity_at: at("2024-10-02T03:00:00Z"),
        auto_destroy_at: Some(at("2024-10-03T03:00:00Z")),
        cpu: 3,
        memory: 3,
        disk: 3,
        gpu: 3,
        gpu_type: Some(GpuType::H100),
        ..small
    };
    [
        stored(small, json!({ "id": "a1", "name": "web-1", "snapshot": "base", "labels": { "team": "a" } })),
        stored(middle, json!({ "id": "a2", "name": "web-2", "target": "us", "labels": { "team": "a", "tier": "db" } })),
        stored(large, json!({ "id": "b1", "name": "job-1", "snapshot": "gpu", "public": true })),
    ]
}

/// Returns the ids that the query of a request admits.
fn admitted(query: &str) -> Vec<String> {
    let query = ListQuery::from_query(query).expect(query);
    let found = fleet().into_iter().filter(|sandbox| query.admits(sandbox, None));
    found.map(|sandbox| sandbox.dto().id.clone()).collect()
}

#[test]
fn a_filter_admits_the_sandboxes_with_its_value() {
    let cases: [(&str, &[&str]); 13] = [
        ("", &["a1", "a2", "b1"]),
        ("id=a", &["a1", "a2"]),
        ("name=web-2", &["a2"]),
        ("states=started&states=stopped", &["a1", "b1"]),
        ("snapshots=base&snapshots=gpu", &["a1", "b1"]),
        ("regionIds=us", &["a2"]),
        ("sandboxClasses=windows", &["b1"]),
        ("isPublic=true", &["b1"]),
        ("isPublic=false", &["a1", "a2"]),
        ("isRecoverable=true", &["a2"]),
        ("isRecoverable=false", &["a1", "b1"]),
        ("id=a&states=stopped", &[]),
        ("limit=1&sort=name&order=desc&cursor=x", &["a1", "a2", "b1"]),
    ];
    for (query, ids) in cases {
        assert_eq!(admitted(query), ids, "{query}");
    }
}

#[test]
fn a_bound_of_a_size_includes_its_value() {
    for (least, most) in [("minCpu", "maxCpu"), ("minMemoryGiB", "maxMemoryGiB"), ("minDiskGiB", "maxDiskGiB")] {
        assert_eq!(admitted(&format!("{least}=2")), ["a2", "b1"], "{least}");
        assert_eq!(admitted(&format!("{most}=2")), ["a1", "a2"], "{most}");
        assert_eq!(admitted(&format!("{least}=2&{most}=2")), ["a2"], "{least} and {most}");
    }
    assert_eq!(admitted("minGpu=2"), ["a2", "b1"]);
    assert_eq!(admitted("maxGpu=2"), ["a1", "a2"]);
}

#[test]
fn a_bound_of_a_time_excludes_its_value_and_an_absent_time() {
    for (after, before, day) in
        [("createdAtAfter", "createdAtBefore", "2024-10-01"), ("lastEventAfter", "lastEventBefore", "2024-10-02")]
    {
        assert_eq!(admitted(&format!("{after}={day}T02:00:00Z")), ["b1"], "{after}");
        assert_eq!(admitted(&format!("{before}={day}T02:00:00Z")), ["a1"], "{before}");
        assert_eq!(admitted(&format!("{after}={day}T01:00:00Z&{before}={day}T03:00:00Z")), ["a2"], "{after}");
    }
    assert_eq!(admitted("autoDestroyAtAfter=2024-10-03T01:00:00Z"), ["b1"]);
    assert_eq!(admitted("autoDestroyAtBefore=2024-10-03T03:00:00Z"), ["a1"]);
}

#[test]
fn labels_admit_the_sandboxes_that_have_all_of_them() {
    let admitted = |labels: Value| -> Vec<String> {
        let labels: TextMap = serde_json::from_value(labels).expect("labels");
        let found = fleet().into_iter().filter(|sandbox| ListQuery::default().admits(sandbox, Some(&labels)));
        found.map(|sandbox| sandbox.dto().id.clone()).collect()
    };
    assert_eq!(admitted(json!({})), ["a1", "a2", "b1"]);
    assert_eq!(admitted(json!({ "team": "a" })), ["a1", "a2"]);
    assert_eq!(admitted(json!({ "team": "a", "tier": "db" })), ["a2"]);
    assert_eq!(admitted(json!({ "team": "b" })), [""; 0]);
}

#[test]
fn a_list_hides_what_is_gone_unless_the_query_or_its_record_asks_for_it() {
    let errored = ListQuery { include_errored_deleted: Some(true), ..ListQuery::default() };
    let warm = ListQuery { include_warm: Some(true), ..ListQuery::default() };
    // Whether a plain list, one with failed deletions and one with warm sandboxes admit the sandbox.
    let admitted = |state, desired_state, fields| {
        let sandbox = stored(Columns { state, desired_state, ..Columns::default() }, fields);
        [&ListQuery::default(), &errored, &warm].map(|query| query.admits(&sandbox, None))
    };
    let destroyed = (SandboxState::Destroyed, DesiredState::Destroyed);
    let evicted = json!({ "spotEvictedAt": "2024-10-01T16:45:00Z" });
    let timed_out = json!({ "queueTimedOutAt": "2024-10-01T16:45:00Z" });
    let claimed = json!({ "warmPoolId": "w1" });
    assert_eq!(admitted(destroyed.0, destroyed.1, json!({})), [false; 3]);
    assert_eq!(admitted(destroyed.0, destroyed.1, evicted), [true; 3]);
    assert_eq!(admitted(destroyed.0, destroyed.1, timed_out), [true; 3]);
    assert_eq!(admitted(SandboxState::Destroying, destroyed.1, json!({})), [true; 3]);
    assert_eq!(admitted(SandboxState::Error, destroyed.1, json!({})), [false, true, false]);
    assert_eq!(admitted(SandboxState::BuildFailed, destroyed.1, json!({})), [false, true, false]);
    assert_eq!(admitted(SandboxState::Error, DesiredState::Started, json!({})), [true; 3]);
    assert_eq!(admitted(SandboxState::Started, DesiredState::Started, claimed), [false, false, true]);
}
