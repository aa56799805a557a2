//! Deadlines for people: what happens, when, and what prevents it.

use crate::{at, record};
use sandbox_lifecycle::{
    Context, Lifecycle, Policy, Timer,
    client::{Forecast, Outcome},
    record::SandboxListItem,
};
use serde_json::{Value, json};

/// Everything that a person reads about this record three minutes after it was used.
fn said(state: &str, desired_state: &str, more: Value) -> Vec<String> {
    let forecasts =
        Forecast::of_record(&record(state, desired_state, more), &Policy::default()).expect("a valid record");
    forecasts.iter().map(|forecast| forecast.in_words(at(3)).to_string()).collect()
}

#[test]
fn a_record_says_what_happens_and_what_prevents_it() {
    let never = json!({"autoArchiveInterval": 100_000});
    let with = |mut more: Value| {
        for (name, value) in never.as_object().expect("an object") {
            more[name] = value.clone();
        }
        more
    };
    let cases = [
        ("started", "started", json!({"autoStopInterval": 15}), "will be stopped in 12 min unless it is used"),
        (
            "started",
            "started",
            json!({"autoStopInterval": 15, "autoDeleteInterval": 0}),
            "will be deleted in 12 min unless it is used",
        ),
        (
            "started",
            "started",
            json!({"autoStopInterval": 0, "autoPauseInterval": 600, "sandboxClass": "linux-vm"}),
            "will be paused in 10 h unless it is used",
        ),
        ("stopped", "stopped", json!({"autoDeleteInterval": 60}), "will be deleted in 57 min unless it is used"),
        ("stopped", "stopped", json!({"autoArchiveInterval": 10_080}), "will be archived in 7 days unless it is used"),
        (
            "started",
            "started",
            json!({"autoStopInterval": 0, "autoDestroyAt": at(63)}),
            "will be deleted in 60 min unless it gets a new time to live",
        ),
        ("starting", "started", json!({}), "will fail in 2 min unless its change ends"),
        ("building_snapshot", "started", json!({}), "will fail in 57 min unless its change ends"),
        ("resizing", "stopped", json!({}), "will be stopped in 27 min unless its change ends"),
        ("destroying", "destroyed", json!({}), "will be deleted in 27 min unless its change ends"),
        (
            "pending_build",
            "started",
            json!({"runnerId": null, "queueTimeout": 10}),
            "will be deleted in 7 min unless a runner takes it",
        ),
        ("destroyed", "destroyed", json!({"runnerId": null}), "will lose its record in 24 h"),
        ("started", "started", json!({"autoStopInterval": 2}), "will be stopped now unless it is used"),
    ];
    for (state, desired, more, expected) in cases {
        let more = if more.get("autoArchiveInterval").is_some() { more } else { with(more) };
        assert_eq!(said(state, desired, more).first().map(String::as_str), Some(expected), "{state}/{desired}");
    }
}

#[test]
fn an_unknown_time_is_said_to_be_unknown() {
    let unknown = json!({"autoStopInterval": 15, "lastActivityAt": null, "updatedAt": null, "createdAt": null});
    assert_eq!(said("started", "started", unknown), ["will be stopped at an unknown time unless it is used"]);
    let backup = json!({"autoStopInterval": 15, "backupState": "InProgress"});
    assert_eq!(
        said("started", "started", backup),
        [
            "will be stopped in 12 min unless it is used",
            "will lose the backup under way at an unknown time unless the backup ends"
        ]
    );
}

#[test]
fn an_unclaimed_member_of_a_warm_pool_has_no_automatic_timers() {
    let nobody = "00000000-0000-0000-0000-000000000000";
    for pool in [json!({"warmPoolId": "pool-1"}), json!({"organizationId": nobody})] {
        assert_eq!(said("started", "started", pool.clone()), Vec::<String>::new());
        let item = SandboxListItem::from(&record("started", "started", pool));
        assert_eq!(Forecast::of_record(&item, &Policy::default()), Ok(vec![]));
    }
    assert_eq!(said("started", "started", json!({})).len(), 1);
}

#[test]
fn a_masked_timer_is_no_forecast() {
    let masked = record("stopped", "stopped", json!({"autoArchiveInterval": 60, "autoDeleteInterval": 120}));
    let found = Forecast::of_record(&masked, &Policy::default()).expect("a valid record");
    let archived = Outcome::Becomes(sandbox_lifecycle::SandboxState::Archived);
    assert_eq!(found, [Forecast { timer: Timer::AutoArchive, outcome: archived, at: Some(at(60)) }]);
}

#[test]
fn a_faulty_record_has_no_forecast() {
    let faulty = record("hibernated", "started", json!({"autoStopInterval": -5}));
    let errors = Forecast::of_record(&faulty, &Policy::default()).expect_err("two faulty fields");
    assert_eq!(errors.iter().count(), 2);
}

/// The words of a forecast are those of the step that the clock applies.
#[test]
fn a_forecast_is_what_due_then_does() {
    let policy = Policy::default();
    let states = ["started", "stopped", "paused", "stopping", "resizing", "archiving", "destroying", "pausing"];
    let (mut compared, desired) = (0, ["started", "stopped", "destroyed", "archived", "paused"]);
    for (state, desired) in states.iter().flat_map(|state| desired.map(|desired| (state, desired))) {
        for auto_delete in [-1, 0, 30] {
            let dto = record(state, desired, json!({"autoDeleteInterval": auto_delete, "autoStopInterval": 15}));
            let row = Lifecycle::try_from(&dto).expect("a lifecycle");
            let Some(first) = Forecast::of(&row, &policy, Context::of(&row)).first().copied() else { continue };
            let now = first.at.expect("a known time") + chrono::Duration::microseconds(1);
            let step = row.due(&policy, Context::of(&row), now).expect("the timer acts");
            assert_eq!(step.cause(), sandbox_lifecycle::rules::Cause::Timer(first.timer));
            let expected = match (step.state(), step.desired_state()) {
                (_, sandbox_lifecycle::DesiredState::Destroyed) => Outcome::Deleted,
                (state, _) if state.is_failed() => Outcome::Becomes(state),
                (_, desired) => Outcome::Becomes(desired.fulfilled_by().expect("a state")),
            };
            assert_eq!(first.outcome, expected, "{state}/{desired} {auto_delete}");
            compared += 1;
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn a_record_that_hides_its_runner_has_the_same_forecasts() {
    for (state, more, expected) in [
        ("started", json!({"autoStopInterval": 15}), "will be stopped in 12 min unless it is used"),
        ("stopped", json!({"autoDeleteInterval": 60}), "will be deleted in 57 min unless it is used"),
        (
            "paused",
            json!({"sandboxClass": "linux-vm", "autoDestroyAt": at(63)}),
            "will be deleted in 60 min unless it gets a new time to live",
        ),
    ] {
        let mut hidden = more.clone();
        hidden["runnerId"] = Value::Null;
        let [shown, not_shown] = [more, hidden].map(|more| said(state, state, more));
        assert_eq!(not_shown, shown, "{state}");
        assert_eq!(shown.first().map(String::as_str), Some(expected), "{state}");
    }
}
