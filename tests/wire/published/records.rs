//! Records of every published version, one per line, written by hand from the published field lists.

use sandbox_lifecycle::{
    Goal, Lifecycle, Observation, Policy, Sandbox, SandboxDto, Wait,
    client::Evidence,
    record::{
        Kept, LifecycleView, NumberedSandboxPage, SandboxCreated, SandboxListItem, SandboxPage, SandboxStateUpdated,
    },
    vocabulary::Open,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

const V0_190: &str = include_str!("../data/0.190.jsonl");
const V0_205: &str = include_str!("../data/0.205.jsonl");
const V0_226: &str = include_str!("../data/0.226.jsonl");
const NEWER: &str = include_str!("../data/newer.jsonl");
const PUBLISHED: [&str; 3] = [V0_190, V0_205, V0_226];

fn written<T: DeserializeOwned + Serialize>(line: &str) -> String {
    let read: T = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    serde_json::to_string(&read).unwrap()
}

#[test]
fn every_record_is_written_back_byte_for_byte() {
    for line in PUBLISHED.iter().chain(&[NEWER]).flat_map(|version| version.lines()) {
        assert_eq!(written::<SandboxDto>(line), line);
        assert_eq!(written::<SandboxDto<Kept<Box<RawValue>>>>(line), line);
    }
}

#[test]
fn every_record_with_states_becomes_a_sandbox_that_shows_the_reported_state_and_keeps_all_other_fields() {
    for line in PUBLISHED.iter().flat_map(|version| version.lines()) {
        let mut dto: SandboxDto = serde_json::from_str(line).unwrap();
        if dto.state.value().is_none() {
            continue; // The API description allows a record without a state. It cannot become a sandbox.
        }
        let sandbox = Sandbox::try_from(dto.clone()).unwrap_or_else(|error| panic!("{error}: {line}"));
        dto.state = Open::from(sandbox.lifecycle().reported_state()).into();
        assert_eq!(SandboxDto::from(sandbox), dto);
    }
}

#[test]
fn view_record_and_list_item_give_the_same_lifecycle() {
    for line in PUBLISHED.iter().flat_map(|version| version.lines()) {
        let dto: SandboxDto = serde_json::from_str(line).unwrap();
        let view: LifecycleView = serde_json::from_str(line).unwrap();
        let expected = Lifecycle::try_from(&dto);
        assert_eq!(Lifecycle::try_from(&view), expected);
        assert_eq!(Lifecycle::try_from(&SandboxListItem::from(&dto)), expected);
    }
}

#[test]
fn every_published_record_is_sound() {
    for line in PUBLISHED.iter().flat_map(|version| version.lines()) {
        let view: LifecycleView = serde_json::from_str(line).unwrap();
        if let Ok(row) = Lifecycle::try_from(&view) {
            let broken: Vec<_> = row.violations().iter().map(|violation| violation.to_string()).collect();
            assert_eq!(broken, Vec::<&str>::new(), "{line}");
        }
    }
}

#[test]
fn lists_and_webhooks_are_written_back_byte_for_byte() {
    for line in include_str!("../data/lists.jsonl").lines() {
        assert_eq!(written::<SandboxPage>(line), line);
    }
    for line in include_str!("../data/numbered-lists.jsonl").lines() {
        assert_eq!(written::<NumberedSandboxPage>(line), line);
    }
    let [created, updated] = include_str!("../data/webhooks.jsonl").lines().collect::<Vec<_>>()[..] else {
        panic!("two webhooks");
    };
    assert_eq!(written::<SandboxCreated>(created), created);
    assert_eq!(written::<SandboxStateUpdated>(updated), updated);
}

#[test]
fn converting_a_newer_record_fails_and_names_every_unknown_word() {
    let faults: Vec<String> = NEWER
        .lines()
        .map(|line| {
            let view: LifecycleView = serde_json::from_str(line).unwrap();
            let errors = Lifecycle::try_from(&view).unwrap_err();
            errors.iter().map(|error| format!("{} is {}", error.field, error.value)).collect::<Vec<_>>().join(", ")
        })
        .collect();
    let expected = [
        "gpuType is \"H9000\", state is \"hibernated\", desiredState is \"hibernated\", \
         backupState is \"Verified\", sandboxClass is \"mainframe\"",
        "lastActivityAt is \"yesterday\"",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn every_form_of_a_record_shows_the_same() {
    let now = "2024-10-01T17:00:00Z".parse().unwrap();
    for line in PUBLISHED.iter().flat_map(|version| version.lines()) {
        let dto: SandboxDto = serde_json::from_str(line).unwrap();
        let view: LifecycleView = serde_json::from_str(line).unwrap();
        let seen = Observation::new(&dto, now);
        assert_eq!(Observation::new(&SandboxListItem::from(&dto), now), seen);
        let assess = |first| Wait::watching(Goal::Stopped, first, None).assess(&Policy::default(), now);
        let evicted = dto.spot_evicted_at.value().is_some() || dto.queue_timed_out_at.value().is_some();
        if !evicted {
            assert_eq!(Observation::new(&view, now), seen, "a view does not show why a sandbox is gone");
        }
        if let (Ok(row), Some(_)) = (Lifecycle::try_from(&dto), Evidence::from(seen).is_ephemeral()) {
            assert_eq!(assess(Observation::new(&row, now)), assess(seen), "{line}");
        }
    }
}
