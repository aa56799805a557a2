//! Properties of any record and any JSON.

use proptest::{collection::vec, option, prelude::*, sample::select};
use sandbox_lifecycle::{
    Lifecycle, Sandbox, SandboxDto,
    record::{CreateSandbox, Kept, LifecycleView, SandboxPage, Timestamp},
    vocabulary::Open,
};
use serde_json::{Map, Value, json};

const FULL: &str = include_str!("data/0.226.jsonl");

/// Any JSON of small depth.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any_name(), inner), 0..4).prop_map(|fields| Value::from(Map::from_iter(fields))),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        select(vec!["started", "stopped", "None", "H100", "linux-vm", "2024-10-01T12:00:00.000Z", "hibernated"])
            .prop_map(String::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,10})?(Z|z|[+-][0-9]{2}:[0-9]{2})",
    ]
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![select(names()), "[a-zA-Z]{1,8}"]
}

fn names() -> Vec<String> {
    let full: Value = serde_json::from_str(FULL.lines().next().unwrap()).unwrap();
    full.as_object().unwrap().keys().cloned().collect()
}

/// A full record with some fields removed and some replaced by any JSON.
pub fn any_near_record() -> impl Strategy<Value = Value> {
    let full: Value = serde_json::from_str(FULL.lines().next().unwrap()).unwrap();
    (vec(any_name(), 0..6), vec((any_name(), any_json()), 0..4)).prop_map(move |(left_out, replaced)| {
        let mut record = full.clone();
        let fields = record.as_object_mut().unwrap();
        left_out.iter().for_each(|name| drop(fields.remove(name)));
        fields.extend(replaced);
        record
    })
}

/// A valid record: every field has its own kind; optional fields may be absent or null.
fn any_record() -> impl Strategy<Value = Value> {
    let text = || any_text().prop_map(Value::from);
    let number = || prop_oneof![any::<i32>().prop_map(Value::from), any::<u64>().prop_map(Value::from)];
    let texts = || {
        vec(("[a-z]{1,4}", any_text()), 0..3)
            .prop_map(|fields| json!(Map::from_iter(fields.into_iter().map(|(name, text)| (name, Value::from(text))))))
    };
    let full: Value = serde_json::from_str(FULL.lines().next().unwrap()).unwrap();
    let fields: Vec<_> = full
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, like)| {
            let value = match like {
                Value::Bool(_) => any::<bool>().prop_map(Value::from).boxed(),
                Value::Number(_) => number().boxed(),
                Value::String(_) => text().boxed(),
                Value::Object(_) if name == "env" || name == "labels" => texts().boxed(),
                other => Just(other.clone()).boxed(),
            };
            let is_demanded = ["id", "organizationId", "name", "user", "env", "labels", "public", "networkBlockAll"]
                .contains(&name.as_str())
                || ["target", "cpu", "gpu", "memory", "disk"].contains(&name.as_str());
            let value = if is_demanded {
                value.prop_map(Some).boxed()
            } else {
                option::of(option::of(value).prop_map(|value| value.unwrap_or(Value::Null))).boxed()
            };
            (Just(name.clone()), value)
        })
        .collect();
    fields.prop_map(|fields| {
        Value::from(Map::from_iter(fields.into_iter().filter_map(|(name, value)| Some((name, value?)))))
    })
}

proptest! {
    #[test]
    fn any_record_is_read_and_written_back_equal(record in any_record()) {
        let mut dto: SandboxDto = serde_json::from_value(record.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&dto).unwrap(), record.clone());
        let text = serde_json::to_string(&dto).unwrap();
        prop_assert_eq!(serde_json::from_str::<SandboxDto>(&text).unwrap(), dto.clone());
        // Conversion to a sandbox and back changes only the state, to the reported one.
        if let Ok(sandbox) = Sandbox::try_from(dto.clone()) {
            dto.state = Open::from(sandbox.lifecycle().reported_state()).into();
            prop_assert_eq!(SandboxDto::from(sandbox), dto);
        }
    }

    #[test]
    fn the_view_gives_the_lifecycle_of_the_record(record in any_record()) {
        let dto: SandboxDto = serde_json::from_value(record.clone()).unwrap();
        let view: LifecycleView = serde_json::from_value(record).unwrap();
        prop_assert_eq!(Lifecycle::try_from(&view), Lifecycle::try_from(&dto));
    }

    #[test]
    fn an_altered_record_is_read_completely_or_refused_with_a_path(record in any_near_record()) {
        match serde_json::from_value::<SandboxDto<Kept<Value>>>(record.clone()) {
            Ok(dto) => {
                let written = serde_json::to_value(&dto).unwrap();
                // Only whole floats may be written differently: as whole numbers.
                prop_assert_eq!(whole(written), whole(record));
                let _ = Sandbox::try_from(dto);
            }
            Err(error) => {
                let error = error.to_string();
                prop_assert!(error.starts_with('.') || error.starts_with("missing field `"), "{}", error);
            }
        }
    }

    #[test]
    fn any_json_is_read_or_refused_without_a_panic(json in any_json()) {
        let _ = serde_json::from_value::<SandboxDto>(json.clone()).map(Sandbox::try_from);
        let _ = serde_json::from_value::<LifecycleView>(json.clone()).map(|view| Lifecycle::try_from(&view));
        let _ = serde_json::from_value::<CreateSandbox>(json.clone());
        let _ = serde_json::from_value::<SandboxPage>(json);
    }

    #[test]
    fn any_text_read_as_a_timestamp_is_written_back_equal(text in any_text()) {
        prop_assert_eq!(Timestamp::from(text.as_str()).to_string(), text);
    }

    #[test]
    fn any_instant_is_read_back_equal(micros in any::<i64>()) {
        let time = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let written = Timestamp::from(time).to_string();
        prop_assert_eq!(Timestamp::from(written.as_str()).time(), Some(time), "{}", written);
    }
}

/// Returns the same JSON with whole floats as whole numbers.
fn whole(json: Value) -> Value {
    match json {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0 => {
                Value::from(float as i64)
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, whole(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => json,
    }
}
