//! What a check asked of a system, in order: the row that was given, and the acts that followed.

use crate::{
    controller::{Image, Observed, Placement, RunnerStanding, RunnerView, Stored},
    lifecycle::{Columns, Lifecycle},
    rules::{Context, Input},
    testing::kit::system::{Passed, Prepared, Writer, described},
    vocabulary::Micros,
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use chrono::{DateTime, Utc};
use core::fmt;

/// What was asked of a system.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The row that was stored first.
    pub given: Columns,
    /// What followed. The system failed at the last of them.
    pub acts: Vec<(DateTime<Utc>, Act)>,
}

/// One thing that was asked of a system.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// An input.
    Input {
        /// The input.
        input: Input,
        /// What the row does not hold.
        context: Context,
    },
    /// A pass of the controller.
    Pass(RunnerView),
    /// The instant of the next look at the timers.
    NextLook,
    /// A row that another part of the platform writes.
    Store(Box<Columns>),
    /// A writer reads the row and decides on an input.
    Prepare {
        /// Who.
        writer: Writer,
        /// The input.
        input: Input,
    },
    /// A writer writes what it has prepared.
    Commit(Writer),
    /// A list of API records is read.
    List(String),
}

impl Story {
    /// The story of a row of which one thing was asked.
    pub(crate) fn of(given: &Lifecycle, at: DateTime<Utc>, act: Act) -> Self {
        Self { given: given.columns(), acts: Vec::from([(at, act)]) }
    }

    /// Returns one line for the row that was given, and one for each of the last acts.
    pub(crate) fn lines(&self, most_acts: usize) -> Vec<String> {
        // A list is read without a row.
        let given = !matches!(self.acts.first(), Some((_, Act::List(_))));
        let mut lines: Vec<_> = given.then(|| format!("given {}", NotDefault(&self.given))).into_iter().collect();
        let left_out = self.acts.len().saturating_sub(most_acts);
        if left_out > 0 {
            lines.push(format!("… {left_out} acts, then"));
        }
        let mut before = (left_out > 0).then(|| self.acts.first().map(|(at, _)| *at)).flatten();
        for (at, act) in self.acts.iter().skip(left_out) {
            let now = Micros::from(*at);
            lines.push(if before == Some(*at) { format!("then {act}") } else { format!("at {now}: {act}") });
            before = Some(*at);
        }
        lines
    }
}

/// The columns that differ from the default row.
pub(crate) struct NotDefault<'a>(pub(crate) &'a Columns);

impl fmt::Display for NotDefault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Columns::default();
        write!(f, "a row with state {}", self.0.state)?;
        for ((column, value), (_, default)) in self.0.iter().zip(default.iter()) {
            if value != default && column.name != crate::vocabulary::names::state {
                write!(f, ", {column} {value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { input, context } => write!(f, "{}{}", described(*input), InWords(context)),
            Self::Pass(view) => write!(f, "a pass of the controller{}", Seen(view)),
            Self::NextLook => f.write_str("the next look at the timers"),
            Self::Store(row) => write!(f, "another writer stores {}", NotDefault(row)),
            Self::Prepare { writer, input } => write!(f, "{writer} reads and decides: {}", described(*input)),
            Self::Commit(writer) => write!(f, "{writer} writes"),
            Self::List(records) => write!(f, "the list {records}"),
        }
    }
}

/// What a context has that is not ordinary.
struct InWords<'a>(&'a Context);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = self.0;
        if context.live_fork_children() > 0 {
            write!(f, ", live fork children {}", context.live_fork_children())?;
        }
        if context.owed_departures() > 0 {
            write!(f, ", owed departures {}", context.owed_departures())?;
        }
        if context.revision() > 0 {
            write!(f, ", context of revision {}", context.revision())?;
        }
        let flags = [
            (context.organization_suspended(), ", organization suspended"),
            (context.runner_unready(), ", runner unready"),
            (context.runner_draining(), ", runner draining"),
            (context.linked(), ", linked"),
            (context.warm_pool(), ", in the warm pool"),
        ];
        flags.into_iter().filter(|(holds, _)| *holds).try_for_each(|(_, words)| f.write_str(words))
    }
}

/// What a controller knows that is not ordinary.
struct Seen<'a>(&'a RunnerView);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = self.0;
        if view.runner != RunnerStanding::Ready {
            write!(f, ", runner {:?}", view.runner)?;
        }
        if view.observed != Observed::NotAsked {
            write!(f, ", observed {:?}", view.observed)?;
        }
        if let Some(size) = view.observed_size {
            write!(f, " of size {size:?}")?;
        }
        if view.stored != Stored::NotAsked {
            write!(f, ", stored {:?}", view.stored)?;
        }
        if view.placement != Placement::NoRoom {
            write!(f, ", placement {:?}", view.placement)?;
        }
        if view.image != Image::Missing {
            write!(f, ", image {:?}", view.image)?;
        }
        if view.live_fork_children > 0 {
            write!(f, ", live fork children {}", view.live_fork_children)?;
        }
        if view.revision > 0 {
            write!(f, ", view of revision {}", view.revision)?;
        }
        Ok(())
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrote(answer) => write!(f, "writes {answer}"),
            Self::Asks(question) => question.fmt(f),
            Self::Resends { task, epoch } => write!(f, "sends {task} (epoch {epoch}) again"),
            Self::Waits(None) => f.write_str("waits"),
            Self::Waits(Some(until)) => write!(f, "waits until {}", Micros::from(*until)),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("accepted"),
            Self::Refused(code) => write!(f, "refused ({code})"),
        }
    }
}
