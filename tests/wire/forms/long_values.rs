//! Messages about long values: they repeat about 100 characters of the value, and say the rest as for a short one.

use crate::record;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Input, Lifecycle, Policy, Report, Sandbox, SandboxDto, SandboxState,
    lifecycle::ColumnValue,
    record::{
        CreateSandbox, DomainAllowList, Kept, LifecycleView, NetworkAllowList, Number, ResizeSandbox, SandboxPage,
        TextMap, UpdateSandboxState,
    },
    rules::Event,
    runner::Ledger,
    vocabulary::FieldErrors,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const LONG: usize = 1_000_000;

fn long() -> String {
    "x".repeat(LONG)
}

fn unread<T: DeserializeOwned>(json: Value) -> String {
    let text = json.to_string();
    let Err(error) = serde_json::from_str::<T>(&text) else { panic!("accepted: {}", &text[..100]) };
    error.to_string()
}

fn invalid<T>(dto: Value) -> String
where
    T: DeserializeOwned,
    Lifecycle: for<'a> TryFrom<&'a T, Error = FieldErrors>,
{
    let read: T = serde_json::from_value(dto).expect("every text is read");
    Lifecycle::try_from(&read).expect_err("it has a long word").to_string()
}

/// A stored row with this column.
fn stored(column: &str, value: Value) -> Value {
    let mut row = json!({ "state": "started", "desiredState": "started" });
    row[column] = value;
    row
}

#[test]
fn a_message_repeats_a_hundred_characters_of_a_long_value() {
    let text = || json!(long());
    let with = |field: &str, value: Value| record(json!({ field: value }));
    let named = |value: Value| json!({ long(): value });
    let messages = [
        // Words.
        long().parse::<SandboxState>().unwrap_err().to_string(),
        unread::<DesiredState>(text()),
        invalid::<SandboxDto>(with("state", text())),
        invalid::<LifecycleView>(with("gpuType", text())),
        Report::try_from(&serde_json::from_value::<UpdateSandboxState>(json!({ "state": long() })).unwrap())
            .unwrap_err()
            .to_string(),
        unread::<Event>(json!({ "event": long() })),
        // Times.
        invalid::<SandboxDto>(with("createdAt", text())),
        unread::<Lifecycle>(stored("createdAt", text())),
        // Lists of networks and domains.
        long().parse::<NetworkAllowList>().unwrap_err().to_string(),
        long().parse::<DomainAllowList>().unwrap_err().to_string(),
        // A text in place of another type.
        unread::<Number>(text()),
        unread::<SandboxDto>(text()),
        unread::<SandboxPage>(json!({ "items": long() })),
        unread::<SandboxDto>(with("cpu", text())),
        unread::<SandboxDto>(with("public", text())),
        unread::<SandboxDto>(with("labels", text())),
        unread::<SandboxDto>(with("volumes", json!([{ "volumeId": "v", "mountPath": "/" }, long()]))),
        unread::<CreateSandbox>(json!({ "secrets": [long()] })),
        unread::<ResizeSandbox>(json!({ "cpu": long() })),
        unread::<Lifecycle>(text()),
        unread::<Lifecycle>(stored("epoch", text())),
        unread::<Lifecycle>(stored("pending", text())),
        unread::<Lifecycle>(stored("autoStopInterval", text())),
        Columns::from_values([("state", ColumnValue::Text(&long()))]).unwrap_err().to_string(),
        // Names.
        unread::<TextMap>(named(json!(1))),
        unread::<SandboxDto>(with("env", named(json!(1)))),
        unread::<Context>(named(json!(1))),
        unread::<Command>(json!({ "command": "start", long(): 1 })),
        // Inputs.
        unread::<Command>(json!({ "command": "stop", "force": long() })),
        unread::<Command>(json!({ "command": long() })),
        unread::<Command>(json!({ "command": "stop", long(): 1 })),
        unread::<Report>(json!({ "report": long() })),
        unread::<Policy>(named(json!(1))),
        unread::<Policy>(json!({ "profile": long() })),
        unread::<Ledger>(json!({ "work": long() })),
        unread::<Input>(text()),
        unread::<Input>(json!({ "command": long() })),
        unread::<Input>(json!({ "command": "stop", long(): 1 })),
        unread::<Input>(json!({ "command": "resize", long(): 1 })),
        unread::<Input>(json!({ "report": "state", "state": long() })),
        unread::<Input>(json!({ "report": "ended", "job": long(), "outcome": "completed" })),
        unread::<Input>(json!({ "timer": "ttl", long(): 1 })),
    ];
    for message in messages {
        assert!(message.len() < 700, "{} characters: {}", message.len(), &message[..200]);
        let (_, value) = message.split_once("xxx").unwrap_or_else(|| panic!("no value: {message}"));
        let repeated = value.chars().take_while(|letter| *letter == 'x').count() + 3;
        assert!((99..=100).contains(&repeated), "{repeated} times: {message}");
    }
}

#[test]
fn a_cut_value_ends_with_an_ellipsis_and_the_rest_of_the_message_stays() {
    let (kept, long) = ("é".repeat(99), "é".repeat(101));
    assert_eq!(
        long.parse::<NetworkAllowList>().unwrap_err().to_string(),
        format!("networkAllowList is \"{kept}…\", expected CIDRs separated by commas, such as 10.0.0.0/8")
    );
    let quotes = format!("\", expected {}\", expected ", "`\"".repeat(200));
    let error = serde_json::from_str::<SandboxDto>(&json!({ "id": "a", "cpu": quotes }).to_string()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(".cpu: invalid type: string \"\\\", expected `"), "{text}");
    assert!(text.ends_with("…\", expected a number at line 1 column 635"), "{text}");
    assert!(text.chars().count() < 200, "{text}");
    assert_eq!((error.line(), error.column()), (1, 635), "the place in the input is kept");
}

#[test]
fn a_number_with_hundreds_of_digits_is_cut() {
    let Err(errors) = Sandbox::try_from(serde_json::from_value::<SandboxDto>(record(json!({ "cpu": 1e300 }))).unwrap())
    else {
        panic!("no sandbox has so many cores")
    };
    let digits = format!("1{}…", "0".repeat(99));
    assert_eq!(errors.to_string(), format!("cpu is {digits}, expected a whole number from 0 to 4294967295"));
}

#[test]
fn a_value_of_a_hundred_characters_is_repeated_whole() {
    let (word, longer) = ("x".repeat(100), "x".repeat(101));
    let said = |word: &str| word.parse::<DesiredState>().unwrap_err().to_string();
    let all = "expected one of destroyed, started, stopped, resized, archived, paused";
    assert_eq!(said(&word), format!("unknown desired state `{word}`, {all}"));
    assert_eq!(said(&longer), format!("unknown desired state `{word}…`, {all}"));
    assert_eq!(*longer.parse::<DesiredState>().unwrap_err().word, *longer, "the error itself holds the word");
    let unread = |field: &str| serde_json::from_value::<Context>(json!({ field: 1 })).unwrap_err().to_string();
    assert!(unread(&word).starts_with(&format!("unknown field `{word}`, expected one of `revision`, ")));
    assert!(unread(&longer).starts_with(&format!("unknown field `{word}…`, expected one of `revision`, ")));
}

#[test]
fn unknown_words_and_fields_are_still_kept_whole() {
    let mut given = record(json!({ "state": long() }));
    given["n".repeat(LONG)] = json!(1);
    let kept: SandboxDto<Kept<Value>> = serde_json::from_value(given.clone()).unwrap();
    assert_eq!(serde_json::to_value(&kept).unwrap(), given);
}
