//! An object is read only from an object: a list of its values by position is refused.

use crate::inputs::every;
use sandbox_lifecycle::{
    Changes, Columns, Command, Context, Effect, Goal, Input, Lifecycle, Observation, Policy, Report, RunnerView, Step,
    Wait,
    client::{Contents, Evidence, Usage},
    controller::Question,
    record::BackupRef,
    rules::{Call, Event, Expects, Task},
    runner::{CopyAnswer, EpochRefusal, Ledger, Listed},
    vocabulary::{CopyState, Size, SizeChange},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Returns copies of a value, each with one of its objects replaced by the list of the values of its fields.
fn by_position(value: &Value) -> Vec<Value> {
    let Value::Object(fields) = value else { return Vec::new() };
    let mut found = vec![fields.values().cloned().collect()];
    for (name, inner) in fields {
        found.extend(by_position(inner).into_iter().map(|inner| {
            let mut fields = fields.clone();
            fields.insert(name.clone(), inner);
            Value::Object(fields)
        }));
    }
    found
}

/// Returns the lists that are accepted in place of an object of these values.
fn accepted<T: DeserializeOwned>(written: &[Value]) -> Vec<String> {
    assert!(written.iter().all(|value| serde_json::from_value::<T>(value.clone()).is_ok()), "{written:?}");
    let lists: Vec<_> = written.iter().flat_map(by_position).collect();
    assert!(!lists.is_empty(), "{written:?}");
    let is_read = |list: &Value| {
        serde_json::from_value::<T>(list.clone()).is_ok() || serde_json::from_str::<T>(&list.to_string()).is_ok()
    };
    lists.into_iter().filter(is_read).map(|list| list.to_string()).collect()
}

fn accepted_for<T: Serialize + DeserializeOwned>(value: T) -> Vec<String> {
    accepted::<T>(&[serde_json::to_value(value).expect("it is written")])
}

#[test]
fn no_stored_form_is_read_by_position() {
    let (commands, reports) = (every(include_str!("golden/command.jsonl")), every(include_str!("golden/report.jsonl")));
    let row = Lifecycle::from(Columns::default());
    let now = chrono::DateTime::UNIX_EPOCH;
    let seen = Observation::new(&row, now);
    let (size, epoch) = (Size::default(), 7);
    let call = Call { task: Task::Resize { to: size }, epoch };
    let ledger = r#"{"newest":7,"work":{"call":{"task":"start","epoch":7},"end":{"failed":{"fault":"runner"}}},"departure":{"released":{"epoch":7}}}"#;
    let found = [
        accepted::<Command>(&commands),
        accepted::<Report>(&reports),
        accepted::<Input>(&[commands, reports, every(include_str!("golden/timer.jsonl"))].concat()),
        accepted::<Lifecycle>(&every(include_str!("golden/lifecycle.jsonl"))),
        accepted::<Step>(&every(include_str!("golden/step.jsonl"))),
        accepted::<Expects>(&every(include_str!("golden/expects.jsonl"))),
        accepted::<Changes>(&every(include_str!("golden/changes.jsonl"))),
        accepted::<Effect>(
            &every(include_str!("golden/effect.jsonl")).into_iter().filter(Value::is_object).collect::<Vec<_>>(),
        ),
        accepted_for(Context::of(&row)),
        accepted_for(Policy::default()),
        accepted_for(RunnerView::of(&row)),
        accepted_for(Question::Runner { epoch }),
        accepted_for(size),
        accepted_for(SizeChange::default()),
        accepted_for(call),
        accepted_for(call.task),
        accepted_for(Event::Created),
        accepted::<Ledger>(&every(ledger)),
        accepted::<EpochRefusal>(&every(r#"{"refusal":"released","newest":7}"#)),
        accepted_for(CopyAnswer { state: CopyState::Running, size: Some(size) }),
        accepted_for(Listed { epoch: Some(epoch), state: CopyState::Running, size: Some(size), released: false }),
        accepted_for(row.held_resources()),
        accepted_for(BackupRef { snapshot: "b1".into(), registry: "eu".into() }),
        accepted_for(seen),
        accepted_for(Evidence::from(seen)),
        accepted_for(Wait::watching(Goal::Stopped, seen, None)),
        accepted_for(Wait::watching(Goal::Stopped, seen, None).assess(&Policy::default(), now)),
        accepted_for(Contents::from(&row)),
        accepted_for(Usage::between([seen], now, now)),
    ];
    assert_eq!(found.concat(), [""; 0]);
}

/// The inputs of an audit that were read before. Each is a list of values that fit the fields.
#[test]
fn a_list_is_neither_a_forced_destroy_nor_a_default_policy_nor_a_context() {
    let refusal = "invalid type: sequence, expected an object";
    let said = |error: serde_json::Error| error.to_string().replace(|letter: char| letter.is_ascii_digit(), "");
    let at = " at line  column ";
    assert_eq!(said(serde_json::from_str::<Command>(r#"["destroy",true]"#).unwrap_err()), format!("{refusal}{at}"));
    assert_eq!(said(serde_json::from_str::<Policy>("[]").unwrap_err()), format!("{refusal}{at}"));
    assert_eq!(said(serde_json::from_str::<Context>("[3,true]").unwrap_err()), format!("{refusal}{at}"));
    let nested = r#"{"report":"ended","job":"stop","outcome":{"failed":["runner",true]}}"#;
    assert_eq!(serde_json::from_str::<Report>(nested).unwrap_err().to_string(), format!("outcome: {refusal}"));
}

#[test]
fn the_error_of_a_value_that_is_no_object_expects_an_object() {
    let said = |error: serde_json::Error| error.to_string();
    let command = serde_json::from_str::<Command>(r#""start""#).unwrap_err();
    assert_eq!(said(command), "invalid type: string \"start\", expected an object at line 1 column 7");
    let wait = serde_json::from_str::<Wait>("5").unwrap_err();
    assert_eq!(said(wait), "invalid type: integer `5`, expected an object at line 1 column 1");
}
