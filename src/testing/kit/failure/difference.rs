//! What differs between the crate's reply and a system's: one line for each column, code or effect.

use super::value::Reply;
use crate::{
    lifecycle::{Column, Columns},
    rules::Effect,
    testing::kit::system::{Answer, Answered, Passed, normal},
};
use alloc::{format, string::String, vec::Vec};

/// Which columns a system has.
#[derive(Debug, Clone)]
pub(crate) struct Held(Vec<bool>);

impl Held {
    pub(crate) fn of(has: impl Fn(&Column) -> bool) -> Self {
        Self(Column::ALL.iter().map(has).collect())
    }

    /// Whether the system has every column.
    pub(crate) fn is_all(&self) -> bool {
        self.0.iter().all(|has| *has)
    }

    /// Whether the system has the column of this name.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        Column::ALL.iter().any(|column| column.name == name && self.has(column))
    }

    /// Whether the system has this column.
    pub(crate) fn has(&self, column: &Column) -> bool {
        Column::ALL.iter().zip(&self.0).any(|(held, has)| *has && held.name == column.name)
    }
}

/// Returns what differs; nothing if the system is right.
pub(crate) fn differences(expected: &Reply, found: &Reply, held: &Held) -> Vec<String> {
    match (expected, found) {
        (Reply::Answer(expected), Reply::Answer(found)) => of_answers(expected, found, held),
        (Reply::Passed(expected), Reply::Passed(found)) => of_passes(expected, found, held),
        (Reply::Committed(wrote, expected), Reply::Committed(did, found)) if wrote == did => {
            of_rows(expected, found, held)
        }
        (expected, found) if expected == found => Vec::new(),
        (expected, found) => unlike(expected, found),
    }
}

fn unlike(expected: impl core::fmt::Display, found: impl core::fmt::Display) -> Vec<String> {
    Vec::from([format!("expected {expected}"), format!("found {found}")])
}

fn of_answers(expected: &Answer, found: &Answer, held: &Held) -> Vec<String> {
    match (&expected.result, &found.result) {
        (Answered::Row(before), Answered::Row(after)) => {
            let mut lines = of_rows(before, after, held);
            lines.extend(of_effects(expected, found));
            lines
        }
        (Answered::Removed, Answered::Removed) => of_effects(expected, found),
        (Answered::Refused(code), Answered::Refused(other)) if code == other => {
            match (expected.http_status, found.http_status) {
                (Some(expected), Some(found)) if expected != found => {
                    Vec::from([format!("HTTP status of {code}: expected {expected}, found {found}")])
                }
                (Some(_) | None, Some(_) | None) => Vec::new(),
            }
        }
        (Answered::Refused(code), Answered::Refused(other)) => {
            Vec::from([format!("code: expected {code}, found {other}")])
        }
        (_, Answered::Declined(_)) => Vec::new(),
        (Answered::Row(_) | Answered::Removed | Answered::Refused(_) | Answered::Declined(_), _) => {
            unlike(expected, found)
        }
    }
}

/// Returns what differs between two rows, in the columns that the system has.
pub(crate) fn of_rows(expected: &Columns, found: &Columns, held: &Held) -> Vec<String> {
    let (expected, found) = (normal(expected), normal(found));
    if expected == found {
        return Vec::new();
    }
    let values = expected.iter().zip(found.iter()).zip(&held.0);
    let differing = values.filter(|((expected, found), has)| **has && expected.1 != found.1);
    differing
        .map(|(((column, expected), (_, found)), _)| format!("{column}: expected {expected}, found {found}"))
        .collect()
}

fn of_effects(expected: &Answer, found: &Answer) -> Vec<String> {
    let (Some(expected), Some(found)) = (&expected.effects, &found.effects) else { return Vec::new() };
    if expected == found {
        return Vec::new();
    }
    let without = |these: &[Effect], those: &[Effect]| {
        these.iter().filter(|effect| !those.contains(effect)).copied().collect::<Vec<_>>()
    };
    let missing = without(expected, found).into_iter().map(|effect| format!("an effect is missing: {effect}"));
    let extra = without(found, expected).into_iter().map(|effect| format!("an effect too many: {effect}"));
    let mut lines: Vec<_> = missing.chain(extra).collect();
    if lines.is_empty() {
        lines.push(String::from("the effects are in another order, or repeated"));
    }
    lines
}

fn of_passes(expected: &Passed, found: &Passed, held: &Held) -> Vec<String> {
    match (expected, found) {
        (Passed::Wrote(expected), Passed::Wrote(found)) => of_answers(expected, found, held),
        // A system need not say until when it waits.
        (Passed::Waits(_) | Passed::Nothing, Passed::Waits(None)) => Vec::new(),
        (expected, found) if expected == found => Vec::new(),
        (expected, found) => unlike(expected, found),
    }
}
