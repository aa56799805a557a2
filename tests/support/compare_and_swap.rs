//! What a store does to write a step: it compares the expected columns and sets the changed ones, without the whole row.

use sandbox_lifecycle::{Changes, Columns, lifecycle::Expects};
use std::collections::BTreeMap;

/// A row as a store holds it: each column's name with its value as JSON.
type Row = BTreeMap<String, serde_json::Value>;

fn stored(value: impl serde::Serialize) -> Row {
    serde_json::from_value(serde_json::to_value(value).expect("it is written")).expect("an object")
}

/// Does what the `WHERE` of the statement does: returns whether every expectation holds.
pub fn holds(columns: &Columns, expects: &Expects) -> bool {
    let row = stored(columns);
    let found = |name: &String| row.get(name).cloned().unwrap_or(serde_json::Value::Null);
    stored(expects).iter().all(|(name, expected)| *expected == found(name))
}

/// Does what the `SET` of the statement does: returns the columns with the changes.
pub fn with_changes(columns: Columns, changes: &Changes) -> Columns {
    let mut row = stored(columns);
    row.extend(stored(changes));
    row.retain(|_, value| !value.is_null());
    serde_json::from_value(serde_json::to_value(row).expect("it is written")).expect("a row")
}
