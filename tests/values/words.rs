//! Wire words: how each list is spelled, read and extended, and the predicates of states and classes.

use crate::states;
use sandbox_lifecycle::{
    DesiredState, SandboxClass, SandboxState,
    vocabulary::{BackupState, CopyState, Fault, GpuType, Open, Repair, UnknownWord, Word},
};

/// Returns all words of a list in wire spelling, and asserts that each is read back equal.
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
fn the_words_are_spelled_as_in_the_api() {
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
    assert_eq!(spelled::<Fault>(), "timeout time-limit runner-gone runner refused lost other");
    assert_eq!(spelled::<CopyState>(), "none running at-rest paused busy");
    assert_eq!(spelled::<Repair>(), "recover stop");
}

#[test]
fn a_similar_word_is_not_accepted() {
    for word in ["Started", "STARTED", " started", "started ", "", "build-failed", "startet"] {
        assert_eq!(SandboxState::from_word(word), None, "{word:?}");
    }
    assert_eq!(SandboxClass::from_word("linux_vm"), None);
    assert_eq!(BackupState::from_word("completed"), None);
}

#[test]
fn an_unknown_word_error_names_the_list_and_its_words() {
    let error = "jumping".parse::<DesiredState>().expect_err("no such word");
    assert_eq!(
        error.to_string(),
        "unknown desired state `jumping`, expected one of destroyed, started, stopped, resized, archived, paused"
    );
    assert_eq!(error, UnknownWord::new::<DesiredState>("jumping"));
    assert_ne!(error, UnknownWord::new::<SandboxState>("jumping"));
}

#[test]
fn an_open_word_keeps_its_spelling() {
    let read = |json: &str| serde_json::from_str::<Open<SandboxState>>(json).expect(json);
    assert_eq!(read("\"paused\""), Open::Known(SandboxState::Paused));
    let newer = read("\"hibernated\"");
    assert_eq!((newer.known(), newer.as_str()), (None, "hibernated"));
    assert_eq!(newer.closed(), Err(UnknownWord::new::<SandboxState>("hibernated")));
    assert_eq!(serde_json::to_string(&newer).expect("a word"), "\"hibernated\"");
}

#[test]
fn an_open_word_equals_only_the_word_that_it_is() {
    let read = |json: &str| serde_json::from_str::<Open<SandboxState>>(json).expect(json);
    let (paused, newer) = (read("\"paused\""), read("\"hibernated\""));
    assert!(paused == SandboxState::Paused && paused != SandboxState::Pausing);
    assert!(SandboxState::ALL.iter().all(|state| newer != *state), "an unknown word equals no known one");
    assert_eq!(paused, Open::from(SandboxState::Paused));
    assert_eq!(newer, read("\"hibernated\""));
    assert_ne!(newer, read("\"hibernating\""));
    assert_eq!(format!("{paused:>8}|{newer:<12}|"), "  paused|hibernated  |");
}

#[test]
fn the_predicates_of_a_state_hold_for_these_states() {
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
fn only_vm_classes_can_pause() {
    let vms: Vec<_> = SandboxClass::ALL.iter().filter(|class| class.is_vm()).map(|class| class.as_str()).collect();
    assert_eq!(vms, ["linux-vm", "windows"]);
}
