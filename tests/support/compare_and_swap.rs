//! What a store does to write a step (`docs/COLUMNS.md`): it compares the expected columns and sets the changed ones,
//! without the whole row.

use sandbox_lifecycle::{Columns, Step};
use std::collections::BTreeMap;

/// A row as a store holds it: each column's name with its value as JSON.
type Row = BTreeMap<String, serde_json::Value>;

fn stored(value: impl serde::Serialize) -> Row {
    serde_json::from_value(serde_json::to_value(value).expect("it is written")).expect("an object")
}

/// Does what the `WHERE` of the statement does: returns whether every expectation holds.
pub fn holds(columns: &Columns, step: &Step) -> bool {
    let row = stored(columns);
    let found = |name: &String| row.get(name).cloned().unwrap_or(serde_json::Value::Null);
    stored(step.expects()).iter().all(|(name, expected)| *expected == found(name))
}

/// Does what the `SET` of the statement does: returns the columns with the changes. A step that expects no revision is a
/// touch, and of two touches the later time is kept.
pub fn with_changes(columns: Columns, step: &Step) -> Columns {
    let mut row = stored(columns);
    row.extend(stored(step.changes()));
    row.retain(|_, value| !value.is_null());
    let set: Columns = serde_json::from_value(serde_json::to_value(row).expect("it is written")).expect("a row");
    let is_touch = step.expects().revision.is_none();
    let later = if is_touch { set.last_activity_at.max(columns.last_activity_at) } else { set.last_activity_at };
    Columns { last_activity_at: later, ..set }
}
