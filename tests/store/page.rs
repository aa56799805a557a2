//! The statements of `docs/COLUMNS.md`, taken from the page.

use sandbox_lifecycle::{
    Changes, Step,
    lifecycle::{Column, ColumnKind},
};

const PAGE: &str = include_str!("../../docs/COLUMNS.md");

/// Returns the statements below a heading, in order.
fn statements(heading: &str) -> impl Iterator<Item = &'static str> {
    let heading = format!("# {heading}\n");
    let (_, rest) = PAGE.split_once(&heading).unwrap_or_else(|| panic!("the page has no {heading}"));
    let section = rest.split("\n#").next().unwrap_or_default();
    section.split("```sql\n").skip(1).map(|rest| rest.split(";\n```").next().unwrap_or_default())
}

/// Returns the only statement below a heading.
pub fn statement(heading: &str) -> &'static str {
    let found: Vec<_> = statements(heading).collect();
    let [statement] = found[..] else { panic!("{heading} has {} statements", found.len()) };
    statement
}

/// Returns the statements that make the table and its indexes.
pub fn definitions() -> impl Iterator<Item = &'static str> {
    statements("The table").chain(statements("The indexes"))
}

/// Returns the statement that makes the table, as a host writes it from the list of columns.
pub fn table() -> String {
    let column = |column: &Column| {
        let kind = match column.kind {
            ColumnKind::Text => "TEXT",
            ColumnKind::Integer => "BIGINT",
            ColumnKind::Boolean => "BOOLEAN",
            ColumnKind::Timestamp => "TIMESTAMPTZ",
        };
        format!("    {} {kind}{},\n", column.sql_name, if column.nullable { "" } else { " NOT NULL" })
    };
    let columns: String = Column::ALL.iter().map(column).collect();
    format!("CREATE TABLE sandbox (\n    id TEXT PRIMARY KEY,\n{columns}    next_deadline TIMESTAMPTZ\n);\n")
}

/// Returns the statement of the page for a step, with the columns of this step in place of those of the example.
pub fn step(changes: &Changes) -> String {
    let (set, rest) = statement("A step").split_once("$4, ").expect("the next deadline comes first");
    let (_, condition) = rest.split_once('\n').expect("the condition is in the next line");
    let columns: Vec<String> =
        changes.iter().zip(5..).map(|((column, _), number)| format!("{} = ${number}", column.sql_name)).collect();
    format!("{set}$4, {}\n{condition}", columns.join(", "))
}

/// What the page says a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Nothing,
    Purge,
    Touch,
    Step,
}

/// Returns the line of the page's table for a step.
pub fn kind(step: &Step) -> Kind {
    if step.is_noop() {
        Kind::Nothing
    } else if step.effects().any(|effect| effect == sandbox_lifecycle::Effect::Purge) {
        Kind::Purge
    } else if step.expects().revision.is_none() {
        Kind::Touch
    } else {
        Kind::Step
    }
}
