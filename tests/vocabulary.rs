//! The words, their predicates, the intervals' own rules for 0 and below, and the ends of time.

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, Columns, DesiredState, Fault, GpuType, HeldResources,
    IntervalError, Lifecycle, Micros, Minutes, Negative, Open, QueueTimeout, SandboxClass, SandboxState, Size, Ttl,
    UnknownWord, Word,
};

/// Every word of a list, as the wire spells it; read back it is the word it was.
fn spelled<W: Word + std::fmt::Display + serde::Serialize + serde::de::DeserializeOwned>() -> String {
    for word in W::ALL {
        assert_eq!(W::from_word(word.as_str()), Some(*word));
        assert_eq!(word.to_string(), word.as_str());
        let json = serde_json::to_string(word).expect("a word");
        assert_eq!(json, format!("\"{word}\""));
        assert_eq!(serde_json::from_str::<W>(&json).expect("a word"), *word);
    }
    W::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_words_are_those_of_the_api() {
    assert_eq!(
        spelled::<SandboxState>(),
        "creating restoring destroyed destroying started stopped starting stopping error build_failed pending_build \
         building_snapshot unknown pulling_snapshot archived archiving resizing snapshotting forking pausing paused \
         resuming"
    );
    assert_eq!(spelled::<DesiredState>(), "destroyed started stopped resized archived paused");
    assert_eq!(spelled::<BackupState>(), "None Pending InProgress Completed Error");
    assert_eq!(spelled::<SandboxClass>(), "container linux-vm windows android");
    assert_eq!(spelled::<GpuType>(), "H100 H200 B200 B300 RTX-PRO-6000 RTX-4090 RTX-5090 MI355X");
    assert_eq!(spelled::<Fault>(), "timeout runner refused lost other");
}

#[test]
fn a_word_that_is_almost_one_is_none() {
    for word in ["Started", "STARTED", " started", "started ", "", "build-failed", "startet"] {
        assert_eq!(SandboxState::from_word(word), None, "{word:?}");
    }
    assert_eq!(SandboxClass::from_word("linux_vm"), None);
    assert_eq!(BackupState::from_word("completed"), None);
}

#[test]
fn an_unknown_word_says_which_list_it_was_looked_for_in() {
    let error = "jumping".parse::<DesiredState>().expect_err("no such word");
    assert_eq!(
        error.to_string(),
        "unknown desired state `jumping`, expected one of destroyed, started, stopped, resized, archived, paused"
    );
    assert_eq!(error, UnknownWord::new::<DesiredState>("jumping"));
    assert_ne!(error, UnknownWord::new::<SandboxState>("jumping"));
}

#[test]
fn an_open_word_is_kept_as_it_came() {
    let read = |json: &str| serde_json::from_str::<Open<SandboxState>>(json).expect(json);
    assert_eq!(read("\"paused\""), Open::Known(SandboxState::Paused));
    let newer = read("\"hibernated\"");
    assert_eq!((newer.known(), newer.as_str()), (None, "hibernated"));
    assert_eq!(newer.closed(), Err(UnknownWord::new::<SandboxState>("hibernated")));
    assert_eq!(serde_json::to_string(&newer).expect("a word"), "\"hibernated\"");
}

/// The states of which this holds, by name.
fn states(holds: impl Fn(SandboxState) -> bool) -> String {
    let found = SandboxState::ALL.iter().filter(|state| holds(**state)).map(|state| state.as_str());
    found.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_predicates_of_a_state() {
    assert_eq!(
        states(SandboxState::is_transient),
        "creating restoring destroying starting stopping pending_build building_snapshot unknown pulling_snapshot \
         archiving resizing snapshotting forking pausing resuming"
    );
    assert_eq!(states(SandboxState::is_terminal), "destroyed");
    assert_eq!(states(SandboxState::is_failed), "error build_failed");
    assert_eq!(
        states(|state| !state.carries_data()),
        "creating destroyed destroying build_failed pending_build building_snapshot unknown pulling_snapshot"
    );
}

#[test]
fn a_desired_state_is_fulfilled_by_the_state_of_the_same_name() {
    for desired in DesiredState::ALL {
        let same = SandboxState::from_word(desired.as_str());
        assert_eq!(desired.fulfilled_by(), same, "{desired}");
    }
    assert_eq!(DesiredState::Resized.fulfilled_by(), None);
}

#[test]
fn the_classes_that_can_pause() {
    let vms: Vec<_> = SandboxClass::ALL.iter().filter(|class| class.is_vm()).map(|class| class.as_str()).collect();
    assert_eq!(vms, ["linux-vm", "windows"]);
}

fn minutes(count: u32) -> Minutes {
    Minutes::new(count).expect("an interval")
}

const LARGEST: i64 = i32::MAX as i64;

#[test]
fn minutes_are_1_to_the_largest_the_wire_carries() {
    assert_eq!(Minutes::new(0), None);
    assert_eq!(Minutes::new(1).map(Minutes::get), Some(1));
    assert_eq!(Minutes::new(2_147_483_647), Some(Minutes::MAX));
    assert_eq!(Minutes::new(2_147_483_648), None);
}

/// The field, the value and what is allowed, in the error for an interval of this many minutes.
fn refused<T: TryFrom<i64, Error = IntervalError> + std::fmt::Debug>(
    minutes: i64,
) -> (&'static str, i64, &'static str) {
    let error = T::try_from(minutes).expect_err("it is out of range");
    (error.field, error.value, error.allowed)
}

#[test]
fn each_interval_has_its_own_rule_for_0() {
    assert_eq!(AutoStop::try_from(0), Ok(AutoStop::Never));
    assert_eq!(AutoPause::try_from(0), Ok(AutoPause::Never));
    assert_eq!(AutoArchive::try_from(0), Ok(AutoArchive::AtOnce));
    assert_eq!(AutoDelete::try_from(0), Ok(AutoDelete::AtOnce));
    assert_eq!(Ttl::try_from(0), Ok(Ttl::None));
    assert_eq!(refused::<QueueTimeout>(0), ("queueTimeout", 0, "1 to 2147483647"));
}

#[test]
fn only_auto_delete_takes_a_negative_number_and_keeps_it() {
    assert_eq!(refused::<AutoStop>(-1), ("autoStopInterval", -1, "0 (never) or up to 2147483647"));
    assert_eq!(refused::<AutoPause>(-1), ("autoPauseInterval", -1, "0 (never) or up to 2147483647"));
    assert_eq!(refused::<AutoArchive>(-1), ("autoArchiveInterval", -1, "0 (the maximum) or up to 2147483647"));
    assert_eq!(refused::<Ttl>(-1), ("ttl", -1, "0 (none) or up to 2147483647"));
    assert_eq!(refused::<QueueTimeout>(-1), ("queueTimeout", -1, "1 to 2147483647"));
    assert_eq!(AutoDelete::try_from(-1), Ok(AutoDelete::NEVER));
    let smallest = AutoDelete::try_from(i64::from(i32::MIN)).expect("any negative number is never");
    assert_eq!(smallest, AutoDelete::Never(Negative::new(i32::MIN).expect("it is negative")));
    assert_eq!(smallest.as_minutes(), i32::MIN);
    assert_eq!(Negative::new(0), None);
}

#[test]
fn a_negative_interval_has_the_servers_code_and_one_too_large_has_ours() {
    let negative = AutoStop::try_from(-1).expect_err("negative");
    assert_eq!((negative.code(), negative.http_status()), ("negative_interval", 400));
    assert_eq!(negative.to_string(), "autoStopInterval is -1 minutes, expected 0 (never) or up to 2147483647");
    let large = AutoDelete::try_from(LARGEST + 1).expect_err("too large");
    assert_eq!((large.code(), large.http_status()), ("interval_out_of_range", 400));
}

#[test]
fn the_ends_of_the_wire_are_taken_and_what_lies_beyond_is_not() {
    assert_eq!(AutoStop::try_from(LARGEST), Ok(AutoStop::After(Minutes::MAX)));
    assert_eq!(AutoPause::try_from(LARGEST), Ok(AutoPause::After(Minutes::MAX)));
    assert_eq!(AutoArchive::try_from(LARGEST), Ok(AutoArchive::After(Minutes::MAX)));
    assert_eq!(AutoDelete::try_from(LARGEST), Ok(AutoDelete::After(Minutes::MAX)));
    assert_eq!(Ttl::try_from(LARGEST), Ok(Ttl::After(Minutes::MAX)));
    assert_eq!(QueueTimeout::try_from(LARGEST), Ok(QueueTimeout(Minutes::MAX)));
    for beyond in [LARGEST + 1, i64::MAX, i64::MIN, i64::from(i32::MIN) - 1] {
        assert!(AutoStop::try_from(beyond).is_err() && AutoPause::try_from(beyond).is_err(), "{beyond}");
        assert!(AutoArchive::try_from(beyond).is_err() && AutoDelete::try_from(beyond).is_err(), "{beyond}");
        assert!(Ttl::try_from(beyond).is_err() && QueueTimeout::try_from(beyond).is_err(), "{beyond}");
    }
}

#[test]
fn a_requested_archive_interval_is_cut_to_the_maximum_and_0_asks_for_it() {
    let maximum = minutes(43_200);
    let requested = |count| AutoArchive::requested(count, maximum).map(AutoArchive::as_minutes);
    assert_eq!(requested(0), Ok(43_200));
    assert_eq!(requested(1), Ok(1));
    assert_eq!(requested(43_200), Ok(43_200));
    assert_eq!(requested(43_201), Ok(43_200));
    assert_eq!(requested(LARGEST), Ok(43_200));
    assert!(requested(-1).is_err());
}

#[test]
fn the_defaults_are_the_servers() {
    let defaults =
        (AutoStop::default().as_minutes(), AutoPause::default().as_minutes(), AutoArchive::default().as_minutes());
    assert_eq!(defaults, (15, 0, 10_080));
    assert_eq!((AutoDelete::default().as_minutes(), Ttl::default().as_minutes()), (-1, 0));
    assert_eq!(Size::default(), Size { cpu: 2, memory: 4, disk: 10 });
}

#[test]
fn a_timeout_is_recognised_wherever_it_stands_in_the_text_and_however_it_is_written() {
    let timeouts = [
        "timeout while creating",
        "Timeout while starting sandbox",
        "runner-7: TIMEOUT WHILE PULLING image",
        "job timed out",
        "the Job timed out.",
    ];
    for text in timeouts {
        assert_eq!(Fault::recognize(text), Fault::Timeout, "{text}");
    }
    let others = ["", "timeout", "timeout while stopping", "timed out", "job  timed out", "job timed ou", "żółć"];
    for text in others {
        assert_eq!(Fault::recognize(text), Fault::Other, "{text}");
    }
}

#[test]
fn of_our_own_texts_only_the_timeouts_is_read_back_as_a_timeout() {
    for fault in Fault::ALL {
        assert_eq!(Fault::recognize(fault.text()) == Fault::Timeout, *fault == Fault::Timeout, "{fault}");
    }
}

#[test]
fn an_instant_keeps_to_the_range_of_chrono() {
    assert_eq!(DateTime::<Utc>::from(Micros::MIN), DateTime::<Utc>::MIN_UTC);
    assert_eq!(Micros::from(DateTime::<Utc>::MAX_UTC), Micros::MAX);
    assert_eq!(Micros::from_micros(i64::MAX), Micros::MAX);
    assert_eq!(Micros::from_micros(i64::MIN), Micros::MIN);
    assert_eq!(Micros::MAX.saturating_add_micros(1), Micros::MAX);
    assert_eq!(Micros::MIN.saturating_add_micros(-1), Micros::MIN);
    assert_eq!(Micros::MAX.saturating_add_minutes(i64::MAX), Micros::MAX);
    assert_eq!(Micros::MIN.saturating_add_minutes(i64::MIN), Micros::MIN);
    assert_eq!(Micros::EPOCH.saturating_add_minutes(1).as_micros(), 60_000_000);
}

#[test]
fn an_instant_is_written_as_rfc_3339_and_cut_to_the_microsecond() {
    let time: DateTime<Utc> = "2024-10-01T12:00:00.123456789+02:00".parse().expect("a time");
    let instant = Micros::from(time);
    assert_eq!(instant.to_string(), "2024-10-01T10:00:00.123456Z");
    assert_eq!(Micros::MIN.to_string(), "-262143-01-01T00:00:00Z");
    assert_eq!(Micros::MAX.to_string(), "+262142-12-31T23:59:59.999999Z");
    for instant in [Micros::MIN, Micros::EPOCH, instant, Micros::MAX] {
        let json = serde_json::to_string(&instant).expect("an instant");
        assert_eq!(serde_json::from_str::<Micros>(&json).expect(&json), instant);
    }
}

#[test]
fn the_last_instant_stands_for_never() {
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(Micros::MAX), ..Columns::default() });
    assert_eq!(row.auto_destroy_at(), None);
    let before = Micros::MAX.saturating_add_micros(-1);
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(before), ..Columns::default() });
    assert_eq!(row.auto_destroy_at(), Some(before.into()));
}

fn at(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    let size = Size { cpu: 2, memory: 4, disk: 10 };
    Lifecycle::from(Columns { state, desired_state, size, gpu: 1, ..Columns::default() })
}

#[test]
fn what_each_state_holds() {
    let holds =
        |compute, disk, desired| states(|state| at(state, desired).held_resources() == HeldResources { compute, disk });
    let running = "creating restoring started starting stopping pending_build building_snapshot unknown \
                   pulling_snapshot forking pausing resuming";
    let in_place = "creating restoring started starting stopping pending_build building_snapshot unknown \
                    pulling_snapshot resizing snapshotting forking pausing resuming";
    let nothing = "destroyed destroying error build_failed archived";
    assert_eq!(holds(true, true, DesiredState::Started), in_place);
    assert_eq!(holds(false, true, DesiredState::Started), "stopped archiving paused");
    assert_eq!(holds(false, false, DesiredState::Started), nothing);
    assert_eq!(holds(true, true, DesiredState::Stopped), running);
    assert_eq!(holds(false, true, DesiredState::Stopped), "stopped archiving resizing snapshotting paused");
    assert_eq!(holds(false, false, DesiredState::Stopped), nothing);
    assert_eq!(holds(true, false, DesiredState::Started), "");
}

#[test]
fn what_is_not_held_counts_as_zero() {
    let started = at(SandboxState::Started, DesiredState::Started);
    assert_eq!((started.held_size(), started.held_gpus()), (Size { cpu: 2, memory: 4, disk: 10 }, 1));
    let stopped = at(SandboxState::Stopped, DesiredState::Stopped);
    assert_eq!((stopped.held_size(), stopped.held_gpus()), (Size { cpu: 0, memory: 0, disk: 10 }, 0));
    let archived = at(SandboxState::Archived, DesiredState::Archived);
    assert_eq!((archived.held_size(), archived.held_gpus()), (Size { cpu: 0, memory: 0, disk: 0 }, 0));
}

#[test]
fn what_is_reported_differs_from_what_is_stored_in_these_pairs_alone() {
    let mut differing = Vec::new();
    for desired in DesiredState::ALL {
        for state in SandboxState::ALL {
            let shown = at(*state, *desired).reported_state();
            if shown != *state {
                differing.push(format!("{state}+{desired}={shown}"));
            }
        }
    }
    assert_eq!(
        differing,
        [
            "started+destroyed=destroying",
            "stopped+destroyed=destroying",
            "stopped+started=starting",
            "unknown+started=creating",
            "started+stopped=stopping",
            "stopped+archived=archiving",
        ]
    );
}
