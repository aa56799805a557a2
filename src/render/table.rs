//! The decision tables: each row of the rule table as data, and as Markdown for readers who do not program.

use super::comma_separated;
use crate::lifecycle::{Columns, Lifecycle, fact_set::Facts, state_set::StateSet};
use crate::rules::table::form::{Case, Row, Writes};
use crate::rules::{Check, Command, Guard, Verb, guards, step::payload::Payload, table::rows::row};
use crate::vocabulary::{Micros, Minutes, SandboxState};
use alloc::{format, string::String, vec::Vec};
use core::fmt;

/// What one command demands and writes. `Display` renders it in Markdown.
///
/// ```
/// use sandbox_lifecycle::{Verb, render::DecisionTable};
/// let stop = DecisionTable::for_verb(Verb::Stop);
/// let demands: Vec<String> = stop.demands().map(|demand| demand.words().to_string()).collect();
/// assert_eq!(demands, ["not error, build_failed", "settled", "started or paused", "nothing pending"]);
/// let writings: Vec<String> = stop.writings().map(|writing| writing.to_string()).collect();
/// assert_eq!(writings, [
///     "not ephemeral: desired stopped; force as requested; emits sandbox.stopped",
///     "without live fork children: desired destroyed; force as requested; name and backup given up; emits sandbox.destroyed",
///     "otherwise: desired stopped; force as requested; emits sandbox.stopped",
/// ]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionTable {
    verb: Verb,
}

impl DecisionTable {
    /// Returns the table of this command.
    pub const fn for_verb(verb: Verb) -> Self {
        Self { verb }
    }

    /// Returns the tables of all commands, in the order of the rule table.
    pub fn all() -> impl Iterator<Item = Self> {
        Verb::ALL.iter().copied().map(Self::for_verb)
    }

    /// Returns the command.
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// Returns when the command is a success that writes nothing, in words.
    pub fn already(&self) -> Option<impl fmt::Display + Copy + use<>> {
        phrase(row(self.verb).already)
    }

    /// Returns what the command demands, in order.
    pub fn demands(&self) -> impl Iterator<Item = Demand> + use<> {
        let row = row(self.verb);
        row.checks.iter().map(move |check| Demand { row, check })
    }

    /// Returns what the command writes: the first case that holds.
    pub fn writings(&self) -> impl Iterator<Item = Writing> + use<> {
        let row = row(self.verb);
        let always = row.cases.iter().position(always).unwrap_or(row.cases.len());
        let cases = row.cases.iter().enumerate().take_while(move |(index, _)| *index <= always);
        cases.map(move |(index, case)| Writing { row, case, first: index == 0 })
    }
}

/// Returns whether the case holds for every sandbox and argument.
fn always(case: &Case) -> bool {
    case.only.is_none() && phrase(case.when).is_none()
}

fn phrase(facts: Facts) -> Option<Guard> {
    guards::named(facts)
}

/// A condition in words. A condition for one value of the command's argument starts with it: `with memory: started`.
#[derive(Debug, Clone, Copy)]
struct Words {
    only: Option<&'static str>,
    phrase: Option<Guard>,
}

impl Words {
    fn new(row: &Row, only: Option<bool>, phrase: Option<Guard>) -> Self {
        let named = row.flag.zip(only).map(|([yes, no], only)| if only { yes } else { no });
        Self { only: named, phrase }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.only, self.phrase) {
            (Some(only), Some(phrase)) => write!(f, "{only}: {phrase}"),
            (Some(only), None) => f.write_str(only),
            (None, Some(phrase)) => phrase.fmt(f),
            (None, None) => f.write_str("otherwise"),
        }
    }
}

/// One check of a command, and its refusal.
#[derive(Clone, Copy)]
pub struct Demand {
    row: &'static Row,
    check: &'static Check,
}

impl Demand {
    /// Returns the check.
    pub const fn check(&self) -> &'static Check {
        self.check
    }

    /// Returns the condition that must hold, in words.
    pub fn words(&self) -> impl fmt::Display + Copy + use<> {
        Words::new(self.row, self.check.only, phrase(self.check.guard))
    }

    /// Returns the HTTP status of the refusal.
    pub const fn http_status(&self) -> u16 {
        self.check.reason().http_status(Some(self.row.verb))
    }
}

/// What an accepted command writes in one case. `Display` renders it in words.
#[derive(Clone, Copy)]
pub struct Writing {
    row: &'static Row,
    case: &'static Case,
    first: bool,
}

impl Writing {
    /// Returns the condition of the case, in words, or `None` for the last case, which holds otherwise.
    pub fn when(&self) -> Option<impl fmt::Display + Copy + use<>> {
        (!always(self.case)).then(|| Words::new(self.row, self.case.only, phrase(self.case.when)))
    }
}

impl fmt::Display for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when() {
            Some(when) => write!(f, "{when}: ")?,
            None if self.first => {}
            None => f.write_str("otherwise: ")?,
        }
        let Writes { state, desired, sets_force, leaves_error, row_untouched, effects, .. } = self.case.writes;
        let Writes { repairs, changes_disk, uses_backup, requests_backup, resets_attempts, .. } = self.case.writes;
        let says = |holds: bool, words: &str| holds.then(|| words.into());
        let items = [
            state.map(|state| format!("state {state}")),
            desired.map(|desired| format!("desired {desired}")),
            says(sets_force, "force as requested"),
            column(self.row.verb).map(|column| format!("sets {column}")),
            says(effects.soft_delete, "name and backup given up"),
            says(leaves_error, "reason and flag cleared; the runner kept as the previous one"),
            says(effects.token, "token rotated"),
            says(self.row.verb == Verb::Fork, "child stored"),
            says(repairs, "recovery under way"),
            says(changes_disk, "backup no longer current"),
            says(uses_backup, "backup becomes the disk"),
            says(requests_backup.is_some(), "new backup attempt requested"),
            says(resets_attempts, "failed attempts forgotten"),
            says(effects.calls, "runner called"),
            effects.event.map(|event| format!("emits {event}")),
            says(row_untouched, "invariants not enforced"),
        ];
        f.write_str(&items.into_iter().flatten().collect::<Vec<String>>().join("; "))
    }
}

/// Returns the first column that the command itself sets on a default sandbox.
fn column(verb: Verb) -> Option<&'static str> {
    let row = Lifecycle::from(Columns::default());
    let command = Command::EXAMPLES.as_flattened().iter().find(|command| command.verb() == verb)?;
    let changes = Payload::Command(*command).changes(&row, Minutes::MAX, Micros::EPOCH);
    changes.iter().next().map(|(column, _)| column.name)
}

impl fmt::Display for DecisionTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb } = self;
        writeln!(f, "### {verb}\n\n{}\n", verb.summary())?;
        writeln!(f, "From: {}.", row(*verb).from)?;
        if let Some(so) = self.already() {
            writeln!(f, "Already so, a success that writes nothing: {so}.")?;
        }
        if self.demands().next().is_some() {
            writeln!(f, "\n| | check | demands | depends on | else | HTTP | why |\n|---|---|---|---|---|---|---|")?;
        }
        for (index, demand) in self.demands().enumerate() {
            let (number, words, http) = (index.saturating_add(1), demand.words(), demand.http_status());
            let (name, reason, why) = (demand.check.name(), demand.check.reason(), demand.check.why());
            let sources = demand.check.guard().map_or(&[][..], |guard| guard.sources());
            let sources = comma_separated(sources);
            writeln!(f, "| {number} | `{name}` | {words} | {sources} | `{reason}` | {http} | {why} |")?;
        }
        f.write_str("\nWrites:\n\n")?;
        self.writings().try_for_each(|writing| writeln!(f, "- {writing}"))
    }
}

/// All decision tables. `Display` renders them in Markdown, after a table of the commands that each state can accept.
///
/// ```
/// use sandbox_lifecycle::render::DecisionTables;
/// assert!(DecisionTables.to_string().contains("| paused | start, stop, destroy |\n"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecisionTables;

impl fmt::Display for DecisionTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (anywhere, others): (Vec<_>, Vec<_>) = Verb::ALL.iter().partition(|verb| row(**verb).from == StateSet::ALL);
        writeln!(f, "| state | commands that it can accept |\n|---|---|")?;
        writeln!(f, "| any state | {} |", comma_separated(&anywhere))?;
        for state in SandboxState::ALL {
            let accepted: Vec<_> = others.iter().filter(|verb| row(**verb).from.contains(*state)).collect();
            if !accepted.is_empty() {
                writeln!(f, "| {state} | {} |", comma_separated(accepted))?;
            }
        }
        DecisionTable::all().try_for_each(|table| write!(f, "\n{table}"))
    }
}
