//! The defaults of a policy, compared in the stored form.

use sandbox_lifecycle::{Policy, SandboxState};
use serde_json::{Value, json};

/// `docs/LIFECYCLE.md` lists the recorded limits. The other limits are ours; `TimeLimits` gives the reasons.
fn limits() -> Value {
    json!({
        "creating": 15, "restoring": 30, "starting": 5, "pullingSnapshot": 30, "buildingSnapshot": 60,
        "snapshotting": 60, "stopping": 15, "destroying": 30, "pausing": 30, "resuming": 30, "resizing": 30,
        "forking": 60, "archiving": 1_440, "recovering": 30, "backup": 120, "queuedBackup": 1_440,
    })
}

fn policy(profile: &str) -> Value {
    json!({
        "profile": profile, "maxAutoArchive": 43_200, "recoveryCooldown": 60, "maxArchiveAttempts": 3,
        "maxRestoreAttempts": 3, "lookAgain": 1, "timeLimits": limits(),
    })
}

#[test]
fn the_default_policies_have_the_documented_values() {
    assert_eq!(serde_json::to_value(Policy::default()).expect("it is written"), policy("0.226"));
    assert_eq!(serde_json::to_value(Policy::recorded()).expect("it is written"), policy("0.190"));
}

#[test]
fn each_time_limit_belongs_to_the_state_of_its_name() {
    let mut limits = limits();
    let found = SandboxState::ALL.iter().filter_map(|state| {
        let name = state.as_str().split('_').enumerate().map(|(place, word)| {
            let (first, rest) = word.split_at(usize::from(place > 0));
            first.to_uppercase() + rest
        });
        let limit = Policy::default().time_limits.of_state(*state)?;
        Some((name.collect::<String>(), json!(limit.get())))
    });
    let found: Value = Value::Object(found.collect());
    let of_no_state =
        ["backup", "queuedBackup", "recovering"].map(|name| limits.as_object_mut().expect("an object").remove(name));
    assert!(of_no_state.iter().all(Option::is_some), "a backup and a recovery in place have limits of their own");
    assert_eq!(found, limits);
}
