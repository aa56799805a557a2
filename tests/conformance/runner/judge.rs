//! Compares the rows: the recorded output, the named differences, and the answer of this crate.

use crate::{
    differences::{self, Difference},
    table::{self, Row},
};
use sandbox_lifecycle::{Lifecycle, Step};
use std::{collections::BTreeMap, error::Error, path::Path};

/// Output columns by name. An answer has every output column that is compared for its row.
pub type Answer = BTreeMap<&'static str, String>;

/// Returns the answer of this crate for a row, or `None` where the crate does not support it.
pub type Judge = fn(&Row) -> Option<Answer>;

/// The result of a table.
pub struct Report {
    table: String,
    rows: usize,
    judged: usize,
    differing: Vec<String>,
    covered: BTreeMap<usize, usize>,
    faults: Vec<String>,
}

/// The number of differing rows that are shown in full.
const SHOWN: usize = 10;

pub fn run(name: &str, path: &Path, judge: Option<Judge>, must_cover: bool) -> Result<Report, Box<dyn Error>> {
    let (columns, rows) = table::read(path)?;
    let mut report = Report {
        table: name.to_owned(),
        rows: rows.len(),
        judged: 0,
        differing: Vec::new(),
        covered: BTreeMap::new(),
        faults: Vec::new(),
    };
    let Some(judge) = judge else { return Ok(report) };
    let mine = differences::on(name);
    for row in &rows {
        let Some(got) = judge(row) else { continue };
        report.judged += 1;
        report.one(row, &columns, &got, mine);
    }
    if must_cover {
        for (index, difference) in mine.iter().enumerate() {
            if !report.covered.contains_key(&index) {
                report.faults.push(format!("{} covers no row of {name}", difference.id));
            }
        }
    }
    Ok(report)
}

impl Report {
    fn one(&mut self, row: &Row, columns: &[String], got: &Answer, differences: &[Difference]) {
        let recorded: Answer = got.keys().map(|column| (*column, row.get(column).to_owned())).collect();
        let mut expected = recorded.clone();
        let mut applied = Vec::new();
        for (index, difference) in differences.iter().enumerate() {
            if (difference.applies)(row, &expected) {
                let before = expected.clone();
                (difference.instead)(row, &mut expected);
                applied.push((index, difference.id));
                let mut alone = recorded.clone();
                (difference.instead)(row, &mut alone);
                if expected == before && alone == recorded {
                    self.faults.push(format!("{} changes nothing on {}", difference.id, show(row, columns)));
                }
            }
        }
        if !applied.is_empty() && expected == recorded {
            self.faults.push(format!("{applied:?} agree with what was recorded on {}", show(row, columns)));
        }
        for (index, _) in &applied {
            *self.covered.entry(*index).or_default() += 1;
        }
        if *got != expected {
            let mut text = format!("{} {applied:?}", show(row, columns));
            for (column, value) in &expected {
                if got[column] != *value {
                    text += &format!("\n    {column}: expected {value}, got {}", got[column]);
                }
            }
            self.differing.push(text);
        }
    }

    /// Returns the one-line summary of the table.
    pub fn line(&self) -> String {
        let mut by_id: BTreeMap<(u32, &str), usize> = BTreeMap::new();
        for (index, count) in &self.covered {
            let id = differences::on(&self.table)[*index].id;
            *by_id.entry((id[1..].parse().expect("an id is D and a number"), id)).or_default() += count;
        }
        let counts: Vec<String> = by_id.iter().map(|((_, id), count)| format!("{id} {count}")).collect();
        let counts = if counts.is_empty() { String::new() } else { format!("; {}", counts.join(", ")) };
        let Self { table, rows, judged, differing, .. } = self;
        format!("{table}: {rows} rows, {judged} judged, {} unexplained{counts}", differing.len())
    }

    pub fn into_result(self) -> Result<(), libtest_mimic::Failed> {
        if self.differing.is_empty() && self.faults.is_empty() {
            return Ok(());
        }
        let mut text = self.line();
        for row in self.differing.iter().take(SHOWN).chain(self.faults.iter().take(SHOWN)) {
            text += &format!("\n  {row}");
        }
        Err(text.into())
    }
}

fn show(row: &Row, columns: &[String]) -> String {
    let fields: Vec<String> = columns
        .iter()
        .filter(|column| row.get(column) != "-")
        .map(|column| format!("{column}={}", row.get(column)))
        .collect();
    fields.join(" ")
}

/// Renders a flag as in the tables.
pub fn flag(value: bool) -> String {
    u8::from(value).to_string()
}

/// Renders a list as in the tables.
pub fn list(items: &[String]) -> String {
    if items.is_empty() { "-".to_owned() } else { items.join(";") }
}

/// Returns the row after a step of a conversation. No step breaks a sound row.
pub fn applied(step: &Step, row: Lifecycle) -> Lifecycle {
    let after = step.apply(row).expect("there is no other writer");
    let broken = after.violations();
    assert!(!row.violations().is_empty() || broken.is_empty(), "{step} breaks {row:?}: {broken}");
    after
}
