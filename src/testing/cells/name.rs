//! The name of a cell: the words that tell its decision from all others.

use crate::{
    lifecycle::{Column, Lifecycle},
    rules::{Effect, Ignored, Step},
    vocabulary::{DesiredState, SandboxState},
};
use alloc::{string::ToString, vec::Vec};
use core::fmt;
use serde::{Serialize, Serializer};

/// The name of a cell, for example `stop/without-force/refused/idle`.
///
/// The first word is the input. The next ones say what the decision depends on, and the last ones what the answer is. A name
/// stays the same as long as the rule does, so that a report can be compared with an older one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellName {
    words: Vec<Word>,
    columns: WrittenColumns,
}

/// One word of a name: a label, which may be empty, and the word itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Word {
    label: &'static str,
    word: &'static str,
}

/// The columns that a step writes, one bit for each place in [`Column::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
struct WrittenColumns(u64);

/// Columns that the name shows in another way, or that follow from the others: the states are words of the name, and a new
/// state sets the times.
const FOLLOWS: [&str; 7] =
    ["state", "desired_state", "pending", "revision", "last_activity_at", "state_since", "backup_since"];

impl CellName {
    pub(super) fn of(input: &'static str) -> Self {
        let mut words = Vec::with_capacity(8);
        words.push(Word { label: "", word: input });
        Self { words, columns: WrittenColumns::default() }
    }

    pub(super) fn with(self, word: &'static str) -> Self {
        self.labelled("", word)
    }

    pub(super) fn labelled(mut self, label: &'static str, word: &'static str) -> Self {
        self.words.push(Word { label, word });
        self
    }

    pub(super) fn with_state(self, state: SandboxState) -> Self {
        self.with(state.as_str())
    }

    /// Adds the state of a row, and the desired state where it is another one.
    pub(super) fn with_states_of(self, row: &Lifecycle) -> Self {
        let (state, desired) = (row.state(), row.desired_state());
        let name = self.with_state(state);
        if desired.fulfilled_by() == Some(state) { name } else { name.with_desired(desired) }
    }

    fn with_desired(self, desired: DesiredState) -> Self {
        self.labelled("to", desired.as_str())
    }

    /// Adds what a step changes: the states, and what it calls for or owes.
    pub(super) fn with_result(self, step: &Step) -> Self {
        if step.is_noop() {
            return self.with("nothing");
        }
        let (before, state, desired) = (step.before(), step.state(), step.desired_state());
        let name = if before.state() == state { self.with("stays") } else { self.with_state(state) };
        let name = if before.desired_state() == desired { name } else { name.with_desired(desired) };
        step.effects().fold(name, |name, effect| match effect {
            Effect::Call(call) => name.labelled("calls", crate::rules::TaskKind::from(call.task).into()),
            Effect::Remove { .. } => name.with("owes-removal"),
            Effect::Release { .. } => name.with("owes-release"),
            Effect::Purge => name.with("purges"),
            Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Runner(_) | Effect::Stamp(_) => name,
            Effect::StoreChild | Effect::DiscardBackups { .. } | Effect::RaiseParent | Effect::Emit(_) => name,
        })
    }

    /// Adds the columns that a step writes, without those that follow from the states.
    pub(super) fn with_columns_of(mut self, step: &Step) -> Self {
        let written = step.changes();
        let written: Vec<&str> = written.iter().map(|(column, _)| column.sql_name).collect();
        let counts = |column: &&Column| written.contains(&column.sql_name) && !FOLLOWS.contains(&column.sql_name);
        self.columns =
            WrittenColumns(Column::ALL.iter().rev().fold(0, |bits, column| bits << 1 | u64::from(counts(&column))));
        self
    }
}

impl WrittenColumns {
    fn iter(self) -> impl Iterator<Item = &'static Column> {
        Column::ALL.iter().enumerate().filter(move |(place, _)| self.0 >> place & 1 == 1).map(|(_, column)| column)
    }
}

const _: () = assert!(Column::ALL.len() <= 64, "one bit for each column");

/// Words separated by slashes, and the written columns separated by plus signs.
impl fmt::Display for CellName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Word { label, word }) in self.words.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "/" })?;
            f.write_str(label)?;
            f.write_str(if label.is_empty() { "" } else { "-" })?;
            kebab(word, f)?;
        }
        for (index, column) in self.columns.iter().enumerate() {
            f.write_str(if index == 0 { "/" } else { "+" })?;
            kebab(column.sql_name, f)?;
        }
        Ok(())
    }
}

/// Writes a word of any list in one spelling: `pulling_snapshot`, `autoStop` and `destroy with force` get hyphens.
fn kebab(word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write;
    word.chars().enumerate().try_for_each(|(place, letter)| match letter {
        '_' | ' ' => f.write_char('-'),
        'A'..='Z' if place == 0 => f.write_char(letter.to_ascii_lowercase()),
        'A'..='Z' => write!(f, "-{}", letter.to_ascii_lowercase()),
        other => f.write_char(other),
    })
}

impl fmt::Debug for CellName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for CellName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

/// Returns why a report changes nothing, as a name has it.
pub(super) fn ignored_word(why: Ignored) -> &'static str {
    match why {
        Ignored::OlderEpoch => "older-epoch",
        Ignored::SameState => "same-state",
        Ignored::ToBeDestroyed => "to-be-destroyed",
        Ignored::NotWanted => "not-wanted",
        Ignored::NotAwaited => "not-awaited",
        Ignored::Incoherent => "incoherent",
        Ignored::OtherBackup => "other-backup",
        Ignored::OtherRunner => "other-runner",
        Ignored::AskedAnyway => "asked-anyway",
    }
}
