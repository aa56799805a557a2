//! A stored row, read strictly: a misspelled column would silently have its default.

use crate::{
    error::{Code, Error},
    parts,
};
use sandbox_lifecycle::{Lifecycle, SandboxDto, lifecycle::Column, vocabulary::Size};
use serde_json::{Map, Value, value::RawValue};

/// Reads a row.
///
/// The crate itself skips columns that it does not know, because a store may be newer than the crate. Here every column is one
/// that somebody wrote by hand or with another program, so an unknown one is a mistake.
pub fn row(field: &'static str, text: &RawValue) -> Result<Lifecycle, Error> {
    let row: Lifecycle = parts::parsed(field, text)?;
    let columns: Map<String, Value> = parts::parsed(field, text)?;
    let unknown: Vec<&str> = columns.keys().map(String::as_str).filter(|name| !is_column(name)).collect();
    let Some(first) = unknown.first() else { return Ok(row) };
    let of_a_record = record_fields();
    let shown: Vec<&str> = unknown.iter().copied().filter(|name| of_a_record.contains_key(*name)).collect();
    if shown.is_empty() {
        let known: Vec<_> = Column::ALL.iter().map(|column| column.name).collect();
        let message = format!("{field}: a row has no column `{first}`, expected one of {}", known.join(", "));
        return Err(Error::new(Code::UnknownColumn, message));
    }
    let hidden: Vec<_> = Column::ALL.iter().filter(|column| !column.shown).map(|column| column.name).collect();
    let message = format!(
        "{field}: this is an API record, not a stored row: it has {}. A record hides columns that rules read ({}), so an \
         answer from it would be a guess. Give the row that the server stores; a client's wait (`assess`) takes a record",
        shown.join(", "),
        hidden.join(", "),
    );
    Err(Error::new(Code::ApiRecord, message))
}

fn is_column(name: &str) -> bool {
    Column::ALL.iter().any(|column| column.name == name)
}

/// The fields that every API record has.
fn record_fields() -> Map<String, Value> {
    let record = SandboxDto::new("", "", "", "", "", "", Size::default());
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields.into_iter().filter(|(name, _)| !is_column(name)).collect(),
        Ok(_) | Err(_) => Map::new(),
    }
}
