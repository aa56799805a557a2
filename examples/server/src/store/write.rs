//! Writing: a step, its outbox entries and its other effects in one transaction, if nobody wrote the row in between.

use super::sandboxes::columns_of;
use super::{Error, Loaded, Outcome, Row, Statement, Store, Value};
use crate::{metrics::Part, runner::wire::Details, values};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Effect, Sandbox, Step,
    lifecycle::{Column, ColumnValue},
    record::{ApplyError, Message, OutboxEntry, RecordEdit, StepDetails, Target},
};
use std::time::Instant;

/// What a step needs and does not hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct With<'a> {
    /// Texts of the record.
    pub details: StepDetails<'a>,
    /// The identity and the name of a fork's child.
    pub child: Option<(&'a str, &'a str)>,
    /// The name of the snapshot that the step orders.
    pub new_snapshot: Option<&'a str>,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The sandbox after the step.
    pub sandbox: Sandbox,
    /// The child that a fork made.
    pub child: Option<Sandbox>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// Another writer was first: read the row and decide again.
    #[error("the sandbox has changed since it was read")]
    Stale,
    /// The step needs something that was not given.
    #[error(transparent)]
    Incomplete(ApplyError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
}

impl Store {
    /// Writes a step that was decided on this row.
    pub async fn write(&self, row: &Loaded, step: &Step, with: With<'_>) -> Result<Written, NotWritten> {
        let before = &row.sandbox;
        let mut after = before.clone();
        let began = Instant::now();
        let entries = after.apply(step, with.details).map_err(|error| match error {
            ApplyError::Stale(_) => NotWritten::Stale,
            other => NotWritten::Incomplete(other),
        })?;
        let changed = after.changed_columns(before);
        self.metrics.in_crate(Part::Apply, began.elapsed());
        if step.is_noop() {
            return Ok(Written { sandbox: after, child: None });
        }
        let child = with.child.filter(|_| step.effects().any(|effect| effect == Effect::StoreChild));
        let child = child.map(|(id, name)| after.fork_child(id, name, step.decided_at()));
        let details = self.details_of(&after, with, child.as_ref());
        let mut statements = vec![self.step(&after, step, changed)];
        if step.effects().any(|effect| effect == Effect::RaiseParent) {
            statements.extend(before.parent_id().map(raise_revision));
        }
        if let Some(child) = &child {
            statements.push(self.insert(child, step.decided_at())?);
            statements.push(self.entry(&child.created(), &Details::default())?);
        }
        for entry in entries {
            statements.push(self.entry(&entry, &details)?);
        }
        self.commit(statements).await?;
        tracing::info!(
            sandbox = row.id(), revision = after.lifecycle().revision(), epoch = after.lifecycle().epoch(),
            state = %after.lifecycle().state(), desired = %after.lifecycle().desired_state(), "{step}"
        );
        Ok(Written { sandbox: after, child })
    }

    /// Writes an edit of the fields that no rule reads.
    pub async fn edit(&self, row: &Loaded, edit: RecordEdit) -> Result<Sandbox, NotWritten> {
        let (before, mut after) = (&row.sandbox, row.sandbox.clone());
        let entries = after.edit(edit, row.now);
        let revision = before.lifecycle().revision();
        let record = serde_json::to_string(&after.record_without_columns()).map_err(Error::failed)?;
        let changed = values_of(after.changed_columns(before)).chain([("record", record.into())]);
        let mut statements = vec![update(row.id(), revision, None, changed)];
        for entry in entries {
            statements.push(self.entry(&entry, &Details::default())?);
        }
        self.commit(statements).await?;
        Ok(after)
    }

    /// Stores a new sandbox.
    pub async fn create(&self, sandbox: &Sandbox, now: DateTime<Utc>) -> Result<(), Error> {
        let statements = vec![self.insert(sandbox, now)?, self.entry(&sandbox.created(), &Details::default())?];
        self.committed(statements).await.map(|_| ())
    }

    /// Stores when to look at a sandbox again whose timers are not due.
    pub async fn look_later(&self, row: &Loaded) -> Result<(), Error> {
        const LOOK: &str = "UPDATE sandbox SET next_deadline = $3 WHERE id = $1 AND revision = $2";
        let lifecycle = row.sandbox.lifecycle();
        let next = self.limits.next_look(lifecycle, row.now);
        self.committed(vec![Statement::new(LOOK, values![row.id(), lifecycle.revision(), next])]).await.map(|_| ())
    }

    /// Stores when the controller looks at a sandbox again that it took until `taken_until`. Whoever changed that time meanwhile
    /// knew something newer: a step was written, or what the sandbox waits for has come.
    pub async fn pass_later(&self, row: &Loaded, taken_until: DateTime<Utc>, at: DateTime<Utc>) -> Result<(), Error> {
        const LATER: &str = "UPDATE sandbox SET pass_at = $4 WHERE id = $1 AND revision = $2 AND pass_at = $3";
        let revision = row.sandbox.lifecycle().revision();
        self.committed(vec![Statement::new(LATER, values![row.id(), revision, taken_until, at])]).await.map(|_| ())
    }

    /// Returns the statement of a step (`docs/COLUMNS.md` of the crate).
    fn step(&self, after: &Sandbox, step: &Step, changed: ChangedColumns<'_>) -> Statement {
        const TOUCH: &str = "UPDATE sandbox SET last_activity_at = $2 WHERE id = $1 AND last_activity_at < $2";
        const PURGE: &str = "DELETE FROM sandbox WHERE id = $1 AND revision = $2";
        let id = &*after.dto().id;
        let expects = step.expects();
        let Some(revision) = expects.revision else {
            return Statement::new(TOUCH, values![id, step.changes().last_activity_at]);
        };
        if step.effects().any(|effect| effect == Effect::Purge) {
            return Statement::that_must_write(PURGE, values![id, revision]);
        }
        let lifecycle = after.lifecycle();
        // To ask before the call has arrived finds nothing new.
        let awaits = lifecycle.awaited_task().is_some();
        let look_again = chrono::TimeDelta::minutes(self.policy().look_again.get().into());
        let pass_at = if awaits { step.decided_at() + look_again } else { step.decided_at() };
        let times = [("next_deadline", Value::from(self.limits.next(lifecycle))), ("pass_at", pass_at.into())];
        update(id, revision, expects.last_activity_at, values_of(changed).chain(times))
    }

    fn insert(&self, sandbox: &Sandbox, now: DateTime<Utc>) -> Result<Statement, Error> {
        let dto = sandbox.dto();
        let host = [
            ("id", Value::from(&*dto.id)),
            ("organization_id", Value::from(&*dto.organization_id)),
            ("owner_id", dto.linked_sandbox_id.value().map(String::as_str).into()),
            ("record", serde_json::to_string(&sandbox.record_without_columns()).map_err(Error::failed)?.into()),
            ("next_deadline", self.limits.next(sandbox.lifecycle()).into()),
            ("pass_at", now.into()),
        ];
        let all = host.into_iter().chain(columns_of(sandbox).map(|(name, value)| (name, value.into())));
        let (names, values): (Vec<&str>, Vec<Value>) = all.unzip();
        let places: Vec<String> = (1..=names.len()).map(|number| format!("${number}")).collect();
        let sql = format!("INSERT INTO sandbox ({}) VALUES ({})", names.join(", "), places.join(", "));
        Ok(Statement::new(sql, values))
    }

    /// Returns the statement that stores an outbox entry. The key of an entry that is stored already is that of the same
    /// message, so it is not stored twice.
    pub(super) fn entry(&self, entry: &OutboxEntry, details: &Details) -> Result<Statement, Error> {
        let (kind, details) = match entry.message {
            Message::Call(_) => ("call", details.clone()),
            Message::Remove { .. } => ("remove", Details::default()),
            Message::Release { .. } => ("release", Details::default()),
            Message::DiscardBackups { .. } => ("discard", Details::default()),
            Message::Event(_) => ("event", Details::default()),
        };
        let runner = match &entry.target {
            Target::Runner(runner) | Target::BackupMaker { runner } => Some(&**runner),
            Target::BackupStore | Target::Subscribers => None,
        };
        let text = serde_json::to_string(entry).map_err(Error::failed)?;
        let details = serde_json::to_string(&details).map_err(Error::failed)?;
        let sql = format!(
            "INSERT INTO outbox (sandbox_id, key, kind, runner_id, entry, details, attempts, created_at, send_at) \
             VALUES ($1, $2, $3, $4, $5, $6, 0, {now}, {now}) ON CONFLICT (sandbox_id, key) DO NOTHING",
            now = self.database.now()
        );
        Ok(Statement::new(sql, values![&*entry.sandbox_id, entry.key.to_string(), kind, runner, text, details]))
    }

    /// Returns what a call to this sandbox's runner needs and its message does not hold.
    fn details_of(&self, sandbox: &Sandbox, with: With<'_>, child: Option<&Sandbox>) -> Details {
        let columns = sandbox.lifecycle().columns();
        Details {
            snapshot: sandbox.dto().snapshot.value().cloned(),
            class: columns.class,
            size: columns.size(),
            backup: sandbox.backup().cloned(),
            fork_child: child.map(|child| child.dto().id.clone()),
            new_snapshot: with.new_snapshot.map(String::from),
        }
    }

    async fn commit(&self, statements: Vec<Statement>) -> Result<(), NotWritten> {
        match self.database.write(statements).await? {
            Outcome::Committed(_) => Ok(()),
            Outcome::Stale => {
                self.metrics.stale_write();
                Err(NotWritten::Stale)
            }
        }
    }

    /// Writes statements of which none must write a row, and returns the rows of the last one.
    pub(super) async fn committed(&self, statements: Vec<Statement>) -> Result<Vec<Row>, Error> {
        match self.database.write(statements).await? {
            Outcome::Committed(rows) => Ok(rows),
            Outcome::Stale => Err(Error::Failed("nothing had to be written".into())),
        }
    }
}

/// The columns that an update writes, as the crate names them.
type ChangedColumns<'a> = Vec<(&'static Column, ColumnValue<'a>)>;

/// Returns them as this database names them.
fn values_of(changed: ChangedColumns<'_>) -> impl Iterator<Item = (&'static str, Value)> {
    changed.into_iter().map(|(column, value)| (column.sql_name, value.into()))
}

/// Returns the statement that writes columns of a row with this revision and, if it is expected, this last activity.
fn update(
    id: &str,
    revision: u32,
    last_activity_at: Option<DateTime<Utc>>,
    columns: impl Iterator<Item = (&'static str, Value)>,
) -> Statement {
    let (names, changed): (Vec<&str>, Vec<Value>) = columns.unzip();
    let set: Vec<String> = names.iter().zip(4..).map(|(name, number)| format!("{name} = ${number}")).collect();
    let sql = format!(
        "UPDATE sandbox SET {} WHERE id = $1 AND revision = $2 \
         AND (CAST($3 AS TIMESTAMPTZ) IS NULL OR last_activity_at = $3)",
        set.join(", ")
    );
    let values = values![id, revision, last_activity_at].into_iter().chain(changed).collect();
    Statement::that_must_write(sql, values)
}

/// Returns the statement that raises a revision: a count of live forks from before no longer holds.
pub(super) fn raise_revision(id: &str) -> Statement {
    // After the largest number comes 0, as in the crate.
    const RAISE: &str = "UPDATE sandbox SET revision = (revision + 1) % 4294967296 WHERE id = $1";
    Statement::new(RAISE, values![id])
}
