//! The decision tables: each row of the rule table as data, and in Markdown for those who read and do not program.

use super::samples;
use crate::{
    lifecycle::{Columns, Lifecycle, facts, guards::Guards, words::Words},
    rules::{Check, Edit, Reason, Verb, check::Writes, edit_of},
    vocabulary::{Micros, Minutes, SandboxState},
};
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
///     "ephemeral: desired destroyed; name and backup given up; tells destroyed",
///     "otherwise: desired stopped; tells stopped",
/// ]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionTable {
    verb: Verb,
}

impl DecisionTable {
    /// The table of this command.
    #[must_use]
    pub const fn of(verb: Verb) -> Self {
        Self { verb }
    }

    /// The tables of all commands, in the order of the rule table.
    pub fn all() -> impl Iterator<Item = Self> {
        Verb::ALL.iter().copied().map(Self::of)
    }

    /// The command.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// What the command does.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.verb.summary()
    }

    /// The states from which it can be accepted, given the right facts beside them.
    #[must_use]
    pub fn from_states(&self) -> &'static [SandboxState] {
        self.verb.from_states()
    }

    /// When it is a success that writes nothing, in words.
    #[must_use]
    pub fn already(&self) -> Option<impl fmt::Display + Copy> {
        let already = self.verb.row().already;
        (!already.is_empty()).then(|| Words(already.asks()))
    }

    /// What it demands, in order.
    pub fn demands(&self) -> impl Iterator<Item = Demand> + use<> {
        let verb = self.verb;
        verb.checks().iter().map(move |check| Demand { verb, check })
    }

    /// What it writes: the first whose facts hold.
    pub fn writings(&self) -> impl Iterator<Item = Writing> + use<> {
        let (verb, cases) = (self.verb, self.verb.row().cases);
        // The case that always holds is the last that counts.
        let last = cases
            .iter()
            .position(|case| case.outcome.when == ALWAYS)
            .map_or(cases.len(), |last| last.saturating_add(1));
        let stated = cases.into_iter().take(last).enumerate();
        stated.map(move |(index, case)| Writing {
            verb,
            when: case.outcome.when,
            writes: case.writes,
            first: index == 0,
        })
    }
}

/// Holds of every sandbox.
const ALWAYS: Guards = Guards::ANY;

/// One thing that a command demands, and what is answered without it.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    verb: Verb,
    check: &'static Check,
}

impl Demand {
    /// The name of the check.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.check.name()
    }

    /// The facts of which at least one must hold, in words.
    #[must_use]
    pub fn words(&self) -> impl fmt::Display + Copy + use<> {
        Words(self.check.guard.asks())
    }

    /// The refusal where none holds.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.check.reason()
    }

    /// The HTTP status of the refusal.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        self.check.reason().http_status(Some(self.verb))
    }

    /// Why it is demanded.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        self.check.why()
    }
}

/// What an accepted command writes in one case. `Display` says it in words.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    verb: Verb,
    when: Guards,
    writes: Writes,
    first: bool,
}

impl Writing {
    /// The facts of which at least one must hold, in words; nothing for the case that is left.
    #[must_use]
    pub fn when(&self) -> Option<impl fmt::Display + Copy + use<>> {
        (self.when != ALWAYS).then_some(Words(self.when.asks()))
    }
}

impl fmt::Display for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = List { f, separator: "" };
        if self.when != ALWAYS {
            write!(list.f, "{}: ", Words(self.when.asks()))?;
        } else if !self.first {
            list.f.write_str("otherwise: ")?;
        }
        let Writes { state, desired, soft_delete, from_backup, token, calls, notice, child, row_untouched } =
            self.writes;
        if let Some(state) = state {
            list.item(format_args!("state {state}"))?;
        }
        if let Some(desired) = desired {
            list.item(format_args!("desired {desired}"))?;
        }
        if let Some(column) = column(self.verb) {
            list.item(format_args!("sets {column}"))?;
        }
        if soft_delete {
            list.item("name and backup given up")?;
        }
        if from_backup {
            list.item("reason and flag cleared; the runner kept as the previous one")?;
        }
        if token {
            list.item("token rotated")?;
        }
        if child {
            list.item("a child is stored")?;
        }
        if calls {
            list.item("calls the runner")?;
        }
        if let Some(notice) = notice {
            let notice: &str = notice.into();
            list.item(format_args!("tells {notice}"))?;
        }
        if row_untouched {
            list.item("the row's invariants are not enforced")?;
        }
        Ok(())
    }
}

/// Items with semicolons between them.
struct List<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    separator: &'static str,
}

impl List<'_, '_> {
    fn item(&mut self, item: impl fmt::Display) -> fmt::Result {
        write!(self.f, "{}{item}", self.separator)?;
        self.separator = "; ";
        Ok(())
    }
}

/// The column that a command sets beside the states, read off what it does to an ordinary sandbox.
fn column(verb: Verb) -> Option<&'static str> {
    let row = Lifecycle::from(Columns::default());
    let command = samples::of(verb).first()?;
    match edit_of(*command, &row, Minutes::MAX, Micros::EPOCH) {
        Edit::None => None,
        Edit::AutoStop(_) => Some("the auto-stop interval"),
        Edit::AutoPause(_) => Some("the auto-pause interval"),
        Edit::AutoArchive(_) => Some("the auto-archive interval"),
        Edit::AutoDelete(_) => Some("the auto-delete interval"),
        Edit::DestroyAt(_) => Some("the time of its end"),
        Edit::Size(_) => Some("the size"),
        Edit::Touch(_) => Some("the last activity"),
    }
}

impl fmt::Display for DecisionTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb } = self;
        let from = self.from_states().iter().fold(0, |mask, state| mask | facts::state(*state));
        writeln!(f, "### {verb}\n\n{}\n", self.summary())?;
        writeln!(f, "From: {}.", Words(from))?;
        if let Some(so) = self.already() {
            writeln!(f, "Already so, and a success that writes nothing: {so}.")?;
        }
        if self.demands().next().is_some() {
            writeln!(f, "\n| | check | demands | else | HTTP | why |\n|---|---|---|---|---|---|")?;
        }
        for (index, demand) in self.demands().enumerate() {
            let (number, name, words) = (index.saturating_add(1), demand.name(), demand.words());
            let (reason, http, why) = (demand.reason(), demand.http_status(), demand.why());
            writeln!(f, "| {number} | `{name}` | {words} | `{reason}` | {http} | {why} |")?;
        }
        f.write_str("\nWrites:\n\n")?;
        self.writings().try_for_each(|writing| writeln!(f, "- {writing}"))
    }
}

/// All decision tables; `Display` renders them in Markdown, after a table of which state takes which command.
///
/// ```
/// use sandbox_lifecycle::render::DecisionTables;
/// assert!(DecisionTables.to_string().contains("| paused | start, stop, destroy |\n"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecisionTables;

/// Commands with commas between them.
struct Verbs<F>(F);

impl<F: Fn(Verb) -> bool> fmt::Display for Verbs<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut verbs = Verb::ALL.iter().filter(|verb| (self.0)(**verb));
        verbs.next().map_or(Ok(()), |first| write!(f, "{first}"))?;
        verbs.try_for_each(|verb| write!(f, ", {verb}"))
    }
}

impl fmt::Display for DecisionTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let anywhere = |verb: Verb| verb.from_states().len() == SandboxState::ALL.len();
        writeln!(f, "| state | commands it can accept, given the right facts beside it |\n|---|---|")?;
        writeln!(f, "| any state | {} |", Verbs(anywhere))?;
        for state in SandboxState::ALL {
            let takes = |verb: Verb| !anywhere(verb) && verb.from_states().contains(state);
            if Verb::ALL.iter().any(|verb| takes(*verb)) {
                writeln!(f, "| {state} | {} |", Verbs(takes))?;
            }
        }
        DecisionTable::all().try_for_each(|table| write!(f, "\n{table}"))
    }
}
