//! What a platform's author implements: how the kit reaches the platform.

use super::answer::{Answer, Declined};
use crate::{
    controller::{Question, RunnerView},
    lifecycle::{Column, Columns},
    policy::Policy,
    rules::{Context, Input, Reason, TaskKind},
};
use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use chrono::{DateTime, Utc};
use core::fmt;

/// A platform's own implementation of the lifecycle: a service, a stored procedure, a port to another language.
///
/// [`store`](Self::store) and [`decide`](Self::decide) are enough for [`Check::single`](crate::testing::kit::Check::single). Each of the
/// other methods says what it opens up. A method that is not implemented returns [`NotOffered`], and the
/// [`Report`](crate::testing::kit::Report) says so.
///
/// The system has one row at a time. `store` replaces it; `decide`, `pass` and `commit` change it.
pub trait System {
    /// Stores this row in place of the one before.
    ///
    /// # Errors
    /// [`Declined`], if the system has no such rows: for example VMs on a platform of containers. The report counts the
    /// declined rows for each reason.
    fn store(&mut self, row: &Columns) -> Result<(), Declined>;

    /// Applies `input` to the stored row at `now`, stores the result, and answers.
    ///
    /// The context has what the rules need to know and the row does not hold: live forks, a suspended organization, a runner
    /// that is not ready or is drained, and so on. A system that knows no such thing declines an input whose context says
    /// so ([`Answer::declined`]). The context's revision is that of the row; in a few cases it is another one, and the input
    /// must be refused with the code of [`Reason::Conflict`].
    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer;

    /// Returns the policy of the system. It is the default policy unless the system overrides this method.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Returns the code with which the system refuses for this reason. It is the crate's code unless the system has names of
    /// its own.
    fn code(&self, reason: Reason) -> &str {
        reason.code()
    }

    /// Whether the system has this column, which [`Column::name`] names as the API does: `desiredState`, `autoStopInterval`.
    /// The kit compares no other columns, and stores only rows in which the others have their default
    /// ([`Columns::default`]). The report names the columns that it did not compare.
    fn has_column(&self, column: &Column) -> bool {
        let _ = column;
        true
    }

    /// Makes one pass of the controller over the stored row, with what it knows of the runner. It stores what it writes.
    ///
    /// # Errors
    /// [`NotOffered`], if the kit cannot reach the controller.
    fn pass(&mut self, view: &RunnerView, now: DateTime<Utc>) -> Result<Passed, NotOffered> {
        let _ = (view, now);
        Err(NotOffered)
    }

    /// Returns the instant at which the system looks at the timers of the stored row, or `None` for never. A look that is
    /// too early is safe; one that is too late makes a timer act late.
    ///
    /// # Errors
    /// [`NotOffered`], if the system stores no such instant.
    fn next_look(&mut self) -> Result<Option<DateTime<Utc>>, NotOffered> {
        Err(NotOffered)
    }

    /// Reads a list of API records, an array in JSON, and returns the identifiers of those that it could read.
    ///
    /// # Errors
    /// [`NotOffered`], if the system reads no API records.
    fn read_list(&mut self, records: &str) -> Result<Vec<String>, NotOffered> {
        let _ = records;
        Err(NotOffered)
    }

    /// Lets one of two writers read the stored row and decide, but not write. The system keeps what the writer has read.
    ///
    /// # Errors
    /// [`NotOffered`], if the kit cannot stop a writer between its read and its write.
    fn prepare(
        &mut self,
        writer: Writer,
        input: Input,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Prepared, NotOffered> {
        let _ = (writer, input, context, now);
        Err(NotOffered)
    }

    /// Lets a writer write what it has prepared. The write fails if what it has read is stale.
    ///
    /// # Errors
    /// [`NotOffered`], as for [`prepare`](Self::prepare).
    fn commit(&mut self, writer: Writer) -> Result<Commit, NotOffered> {
        let _ = writer;
        Err(NotOffered)
    }
}

/// The system does not implement this method of [`System`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOffered;

/// One of two writers of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Writer {
    /// The first.
    A,
    /// The second.
    B,
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::A => "writer A",
            Self::B => "writer B",
        })
    }
}

/// What a writer has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// The input is accepted. The writer can commit.
    Ready,
    /// The input is refused with this code. There is nothing to commit.
    Refused(Cow<'static, str>),
}

/// What became of a write, and the row that is stored now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Whether the writer wrote. Otherwise another writer was first.
    pub wrote: bool,
    /// The row that is stored now.
    pub row: Box<Columns>,
}

impl Commit {
    /// Returns the result of a write that left this row.
    pub fn written(row: Columns) -> Self {
        Self { wrote: true, row: Box::new(row) }
    }

    /// Returns the result of a write that was too late: this row of another writer is stored.
    pub fn stale(row: Columns) -> Self {
        Self { wrote: false, row: Box::new(row) }
    }
}

/// What a pass of the controller did.
#[derive(Debug, Clone, PartialEq)]
pub enum Passed {
    /// It wrote a row, or removed the record.
    Wrote(Answer),
    /// It wrote nothing and asks.
    Asks(Question),
    /// It wrote nothing and has a call sent again.
    Resends {
        /// The task of the call.
        task: TaskKind,
        /// The epoch of the call.
        epoch: u32,
    },
    /// It wrote nothing and looks again at this time, or at a time that it does not say.
    Waits(Option<DateTime<Utc>>),
    /// It wrote nothing, and never looks again by itself.
    Nothing,
}
