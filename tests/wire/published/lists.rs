//! Lists: each item is read by itself, and a faulty one is reported with its identifier and the path of the field.

use crate::record;
use proptest::prelude::*;
use sandbox_lifecycle::{
    SandboxDto,
    record::{Items, Kept, NumberedSandboxPage, SandboxListItem, SandboxPage},
};
use serde_json::{Value, json, value::RawValue};

fn faults<T>(items: &Items<T>) -> Vec<String> {
    items.faulty.iter().map(ToString::to_string).collect()
}

fn ids(page: &SandboxPage) -> Vec<&str> {
    page.items.read.iter().map(|item| item.id.as_str()).collect()
}

/// Each kind of faulty item, with what is reported of it.
fn faulty_items() -> Vec<(Value, &'static str)> {
    let mut without_cpu = record(json!({"id": "s5"}));
    without_cpu.as_object_mut().unwrap().remove("cpu");
    vec![
        (record(json!({"cpu": "four"})), "with id s1: .cpu: invalid type: string \"four\", expected a number"),
        (record(json!({"labels": {"a": {"b": [1]}}})), "with id s1: .labels.a: invalid type: map, expected a string"),
        (record(json!({"public": [[], {}]})), "with id s1: .public: invalid type: sequence, expected a boolean"),
        (record(json!({"state": {"now": "started"}})), "with id s1: .state: invalid type: map, expected state"),
        (without_cpu, "with id s5: missing field `cpu`"),
        // The identifier comes after the fault.
        (
            json!({"cpu": true, "user": {"id": "other"}, "id": "s6"}),
            "with id s6: .cpu: invalid type: boolean `true`, expected a number",
        ),
        (json!({"id": 7, "cpu": 1}), ".id: invalid type: integer `7`, expected a string"),
        (json!({"cpu": {"id": "inside"}}), ".cpu: invalid type: map, expected a number"),
        (json!("s1"), "invalid type: string \"s1\", expected a sandbox in a list"),
        (json!(null), "invalid type: null, expected a sandbox in a list"),
        (json!(["s1", "o1"]), "invalid type: sequence, expected a sandbox in a list"),
    ]
}

#[test]
fn a_faulty_item_is_reported_and_costs_no_other_item() {
    for (item, fault) in faulty_items() {
        let expected = [format!("item 1{} {fault}", if fault.starts_with("with") { "," } else { ":" })];
        let given = json!({"items": [record(json!({"id": "a"})), item, record(json!({"id": "b"}))], "nextCursor": "c"});
        for page in [serde_json::from_value::<SandboxPage>(given.clone()), serde_json::from_str(&given.to_string())] {
            let page = page.unwrap();
            assert_eq!((ids(&page), faults(&page.items)), (vec!["a", "b"], expected.to_vec()), "{given}");
            assert_eq!(page.next_cursor.value().map(String::as_str), Some("c"));
        }
    }
}

#[test]
fn whole_records_and_bare_lists_are_read_item_by_item() {
    let records = json!([record(json!({})), record(json!({"id": "s2", "volumes": [{"volumeId": "v"}, {}]}))]);
    let expected = ["item 1, with id s2: .volumes[0]: missing field `mountPath`"];
    let page: NumberedSandboxPage =
        serde_json::from_value(json!({"items": records, "total": 2, "page": 1, "totalPages": 1})).unwrap();
    assert_eq!((page.items.read.len(), faults(&page.items)), (1, expected.map(String::from).to_vec()));
    let bare: Items<SandboxDto> = serde_json::from_value(records).unwrap();
    assert_eq!((bare.read.len(), faults(&bare)), (1, expected.map(String::from).to_vec()));
}

#[test]
fn what_is_no_list_is_an_error_that_says_so() {
    let error = serde_json::from_value::<SandboxPage>(json!({ "items": 7 })).expect_err("no list").to_string();
    assert_eq!(error, ".items: invalid type: integer `7`, expected a list");
}

#[test]
fn text_that_is_no_json_is_an_error_of_the_page() {
    let page = |text: &str| serde_json::from_str::<SandboxPage>(text).map(|page| faults(&page.items));
    for broken in [
        r#"{"items":[{"id":"s1","cpu":tru},{"id":"s2"}],"nextCursor":null}"#,
        r#"{"items":[{"id":"s1","cpu":"four","memory":1,}],"nextCursor":null}"#,
        r#"{"items":[{"id":"s1","cpu":"four","x":[1,2}],"nextCursor":null}"#,
        r#"{"items":[{"id":"s1","cpu":"four""#,
        r#"{"items":[{"id":"s1","#,
        r#"{"items":{"id":"s1"},"nextCursor":null}"#,
    ] {
        assert!(page(broken).is_err(), "{broken}");
    }
}

#[test]
fn the_unknown_fields_of_an_item_are_kept_byte_for_byte() {
    let text = r#"{"id":"s1","organizationId":"o","name":"n","target":"eu","user":"u","public":false,"cpu":1,"gpu":0,"memory":1,"disk":3,"labels":{},"tpu":{"cores": [1, 2.50]}}"#;
    let items: Items<SandboxListItem<Kept<Box<RawValue>>>> = serde_json::from_str(&format!("[{text}]")).unwrap();
    assert_eq!(faults(&items), [""; 0]);
    assert_eq!(serde_json::to_string(&items).unwrap(), format!("[{text}]"));
}

proptest! {
    /// Read by itself, every item gives the same as in a list.
    #[test]
    fn an_item_of_a_list_is_read_as_by_itself(
        items in proptest::collection::vec(crate::any_record::any_near_record(), 0..5)
    ) {
        let alone: Vec<Result<SandboxDto<Kept<Value>>, String>> = items
            .iter()
            .map(|item| serde_json::from_value(item.clone()).map_err(|error| error.to_string()))
            .collect();
        let expected: Vec<_> = alone.iter().filter_map(|read| read.as_ref().ok()).cloned().collect();
        let expected_faults: Vec<_> = alone.iter().filter_map(|read| read.as_ref().err()).cloned().collect();
        let listed: Items<SandboxDto<Kept<Value>>> = serde_json::from_value(json!(items)).unwrap();
        prop_assert_eq!(&listed.read, &expected);
        let errors: Vec<_> = listed.faulty.iter().map(|item| item.error.clone()).collect();
        prop_assert_eq!(errors, expected_faults);
        let with_ids: Vec<_> = listed.faulty.iter().map(|item| item.id.clone()).collect();
        let ids: Vec<_> =
            listed.faulty.iter().map(|item| items[item.index]["id"].as_str().map(String::from)).collect();
        prop_assert_eq!(with_ids, ids);
        // A text may give other floats than a value does, but the same items are faulty.
        let from_text: Items<SandboxDto<Kept<Value>>> = serde_json::from_str(&json!(items).to_string()).unwrap();
        let at = |items: &Items<_>| items.faulty.iter().map(|item| (item.index, item.id.clone())).collect::<Vec<_>>();
        prop_assert_eq!(at(&from_text), at(&listed));
    }
}
