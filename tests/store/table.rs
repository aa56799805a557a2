//! The table `sandbox` of a host: rows that it inserts, reads and writes with the statements of the page.

use crate::{
    database::{Connection, Stored},
    page::{self, Kind},
};
use sandbox_lifecycle::{
    Clock, Columns, Lifecycle, Policy, Step,
    chrono::{DateTime, Utc},
    lifecycle::{Column, ColumnValue},
};

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    pub lifecycle: Lifecycle,
    pub next_deadline: Option<DateTime<Utc>>,
}

impl Row {
    /// Returns a row as the host writes it: the deadline comes from the lifecycle.
    pub fn of(lifecycle: Lifecycle, policy: &Policy) -> Self {
        Self { lifecycle, next_deadline: Clock::new(policy).next(&lifecycle) }
    }
}

pub fn insert(store: &mut dyn Connection, id: &str, row: &Row) {
    let columns: Vec<&str> = Column::ALL.iter().map(|column| column.sql_name).collect();
    let places: Vec<String> = (0..columns.len()).map(|index| format!("${}", index + 3)).collect();
    let (columns, places) = (columns.join(", "), places.join(", "));
    let statement = format!("INSERT INTO sandbox (id, next_deadline, {columns}) VALUES ($1, $2, {places})");
    let values = [ColumnValue::Text(id), time(row.next_deadline)].into_iter();
    let values: Vec<_> = values.chain(row.lifecycle.columns().iter().map(|(_, value)| value)).collect();
    assert_eq!(store.execute(&statement, &values), 1, "a new row");
}

/// Reads a row by the names and values that the database returns.
pub fn read(store: &mut dyn Connection, id: &str) -> Option<Row> {
    let columns: Vec<&str> = Column::ALL.iter().map(|column| column.sql_name).collect();
    let query = format!("SELECT next_deadline, {} FROM sandbox WHERE id = $1", columns.join(", "));
    let rows = store.query(&query, &[ColumnValue::Text(id)]);
    let (next_deadline, columns) = rows.first()?.split_first().expect("every column");
    let values = Column::ALL.iter().zip(columns).map(|(column, value)| (column.name, value.as_value()));
    let columns = Columns::from_values(values).expect("the row that was written");
    let next_deadline = match next_deadline {
        Stored::Null => None,
        Stored::Timestamp(time) => Some(*time),
        Stored::Text(text) => Some(text.parse().expect("a time")),
        Stored::Integer(_) | Stored::Boolean(_) => panic!("{next_deadline:?} is no time"),
    };
    Some(Row { lifecycle: columns.into(), next_deadline })
}

/// Writes a step with the statement that the page names for it. Returns how many rows it wrote.
pub fn write(store: &mut dyn Connection, id: &str, step: &Step, policy: &Policy) -> u64 {
    try_write(store, id, step, policy).unwrap_or_else(|error| panic!("{step}: {error}"))
}

/// Writes a step like [`write`], or returns what the database said.
pub fn try_write(store: &mut dyn Connection, id: &str, step: &Step, policy: &Policy) -> Result<u64, String> {
    let (id, expects, changes) = (ColumnValue::Text(id), step.expects(), step.changes());
    let revision = expects.revision.map_or(ColumnValue::Null, ColumnValue::from);
    match page::kind(step) {
        Kind::Nothing => Ok(0),
        Kind::Purge => store.try_execute(page::statement("A purge"), &[id, revision]),
        Kind::Touch => store.try_execute(page::statement("A touch"), &[id, time(changes.last_activity_at)]),
        Kind::Step => {
            let after = step.apply(*step.before()).expect("it was decided on this row");
            let deadline = time(Clock::new(policy).next(&after));
            let values = [id, revision, time(expects.last_activity_at), deadline].into_iter();
            let values: Vec<_> = values.chain(changes.iter().map(|(_, value)| value)).collect();
            store.try_execute(&page::step(&changes), &values)
        }
    }
}

pub fn time(time: Option<DateTime<Utc>>) -> ColumnValue<'static> {
    time.map_or(ColumnValue::Null, ColumnValue::Timestamp)
}
