//! Reading sandboxes: a row with the context of a decision about it, in one query.

use super::{Error, Row, Statement, Store, Value, schema::all_columns};
use crate::{metrics::Part, values};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::{Context, RunnerView, Sandbox, SandboxDto, controller::RunnerStanding, lifecycle::ColumnValue};
use std::time::Instant;

/// A runner that has not said hello for so long does not answer.
pub const SILENCE: TimeDelta = TimeDelta::seconds(5);

/// A sandbox as it was read, with everything that a decision about it needs. The database answered it in one query, so all of
/// it belongs to one revision.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// The context of its decisions.
    pub context: Context,
    /// The time of the platform at which it was read.
    pub now: DateTime<Utc>,
    /// Whether its runner can work.
    pub standing: RunnerStanding,
}

impl Loaded {
    /// Returns the identity.
    pub fn id(&self) -> &str {
        &self.sandbox.dto().id
    }

    /// Returns the view of a pass that has not asked anything yet.
    pub fn view(&self) -> RunnerView {
        RunnerView {
            runner: self.standing,
            live_fork_children: self.context.live_fork_children(),
            ..RunnerView::of(self.sandbox.lifecycle())
        }
    }
}

/// A page of rows.
pub struct Page {
    /// The rows.
    pub rows: Vec<Loaded>,
    /// Where the next page begins, if there may be one: the value of the sorting column, and the identity.
    pub next: Option<(Value, String)>,
}

impl Store {
    /// Returns the query for sandboxes, up to its conditions. The columns of the crate come first, in their order.
    fn select(&self) -> String {
        let columns: Vec<String> = all_columns().map(|column| format!("s.{}", column.sql_name)).collect();
        format!(
            "SELECT {}, s.record, s.owner_id, {}, r.seen_at, r.gone, r.draining, \
             (SELECT COUNT(*) FROM sandbox c WHERE c.parent_id = s.id \
              AND c.state <> 'destroyed' AND c.desired_state <> 'destroyed'), \
             (SELECT COUNT(*) FROM outbox o WHERE o.sandbox_id = s.id \
              AND o.kind IN ('remove', 'release') AND o.send_at IS NOT NULL) \
             FROM sandbox s LEFT JOIN runner r ON r.id = s.runner_id ",
            columns.join(", "),
            self.database.now(),
        )
    }

    /// Returns the sandbox with this identity.
    pub async fn load(&self, id: &str) -> Result<Option<Loaded>, Error> {
        self.first("WHERE s.id = $1", values![id]).await
    }

    /// Returns the sandbox with this identity or, in the organization, this name.
    pub async fn find(&self, organization_id: &str, id_or_name: &str) -> Result<Option<Loaded>, Error> {
        let found =
            self.first("WHERE s.id = $1 AND s.organization_id = $2", values![id_or_name, organization_id]).await?;
        if found.is_some() {
            return Ok(found);
        }
        self.first("WHERE s.name = $1 AND s.organization_id = $2", values![id_or_name, organization_id]).await
    }

    async fn first(&self, condition: &str, values: Vec<Value>) -> Result<Option<Loaded>, Error> {
        let rows = self.database.read(Statement::new(self.select() + condition, values)).await?;
        rows.first().map(|row| self.loaded(row)).transpose()
    }

    /// Returns a page of an organization's sandboxes in the order of a column. It begins after this place.
    pub async fn page(
        &self,
        organization_id: &str,
        sorted_by: &str,
        descending: bool,
        after: Option<(Value, String)>,
        limit: u32,
    ) -> Result<Page, Error> {
        let (order, follows) = if descending { ("DESC", "<") } else { ("ASC", ">") };
        let sorted = format!("ORDER BY s.{sorted_by} {order}, s.id {order}");
        let statement = match after {
            Some((value, id)) => Statement::new(
                format!(
                    "{}WHERE s.organization_id = $1 AND (s.{sorted_by}, s.id) {follows} ($3, $4) {sorted} LIMIT $2",
                    self.select()
                ),
                values![organization_id, limit, value, id],
            ),
            None => Statement::new(
                format!("{}WHERE s.organization_id = $1 {sorted} LIMIT $2", self.select()),
                values![organization_id, limit],
            ),
        };
        let read = self.database.read(statement).await?;
        let rows: Vec<Loaded> = read.iter().map(|row| self.loaded(row)).collect::<Result<_, _>>()?;
        let is_full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let last = rows.last().filter(|_| is_full).map(|row| {
            let columns: Vec<_> = columns_of(&row.sandbox).collect();
            let value =
                columns.iter().find(|(name, _)| *name == sorted_by).map_or(ColumnValue::Null, |(_, value)| *value);
            (Value::from(value), row.id().to_owned())
        });
        Ok(Page { rows, next: last })
    }

    /// Returns how many sandboxes an organization has that are not destroyed.
    pub async fn count(&self, organization_id: &str) -> Result<u32, Error> {
        const COUNT: &str = "SELECT COUNT(*) FROM sandbox WHERE organization_id = $1 AND state <> 'destroyed'";
        let rows = self.database.read(Statement::new(COUNT, values![organization_id])).await?;
        rows.first().map_or(Ok(0), |row| row.count(0))
    }

    /// Reads a row of [`select`](Self::select).
    fn loaded(&self, row: &Row) -> Result<Loaded, Error> {
        let began = Instant::now();
        let width = all_columns().count();
        let record: SandboxDto = serde_json::from_str(row.text(width)?).map_err(Error::failed)?;
        self.metrics.in_crate(Part::Record, began.elapsed());
        let began = Instant::now();
        let columns = row.0.iter().take(width).map(super::Value::as_column);
        let sandbox = Sandbox::from_values(record, columns).map_err(Error::failed)?;
        self.metrics.in_crate(Part::Columns, began.elapsed());
        let at = |place: usize| width.saturating_add(place);
        let real = row.time(at(2))?.ok_or_else(|| Error::Failed("the database has no clock".into()))?;
        let standing = match (sandbox.runner_id(), row.time(at(3))?, row.boolean(at(4))?) {
            (_, _, true) => RunnerStanding::Gone,
            (Some(_), Some(seen), false) if real.signed_duration_since(seen) < SILENCE => RunnerStanding::Ready,
            (Some(_), _, false) => RunnerStanding::NotReady,
            (None, _, false) => RunnerStanding::Ready,
        };
        let context = sandbox
            .context()
            .with_live_fork_children(row.count(at(6))?)
            .with_owed_departures(row.count(at(7))?)
            .with_runner_unready(standing != RunnerStanding::Ready)
            .with_runner_draining(row.boolean(at(5))?)
            .with_linked(row.optional_text(at(1))?.is_some());
        Ok(Loaded { sandbox, context, now: self.time.at(real), standing })
    }

    /// Returns the sandboxes whose deadline is over, the oldest first.
    pub async fn due(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<String>, Error> {
        const DUE: &str = "SELECT id FROM sandbox WHERE next_deadline <= $1 ORDER BY next_deadline LIMIT $2";
        ids(self.database.read(Statement::new(DUE, values![now, limit])).await?)
    }

    /// Takes sandboxes that need a pass, and keeps them from other controllers for a while. If this process dies, another one
    /// takes them when the while is over.
    pub async fn take_passes(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<String>, Error> {
        const NEEDS_RECONCILE: &str = "(pending OR must_ask OR must_ask_store OR repair IS NOT NULL \
             OR (desired_state = 'archived' AND state IN ('archiving', 'stopped', 'error')) \
             OR (desired_state = 'destroyed' AND state IN ('error', 'build_failed')))";
        const ON_GONE: &str = "runner_id IN (SELECT id FROM runner WHERE gone)";
        let mut taken = Vec::new();
        for condition in [NEEDS_RECONCILE, ON_GONE] {
            let waiting =
                format!("SELECT id FROM sandbox WHERE {condition} AND pass_at <= $1 ORDER BY pass_at LIMIT $2");
            if self.database.read(Statement::new(waiting.clone(), values![now, limit])).await?.is_empty() {
                continue; // To look costs no write.
            }
            let take =
                format!("UPDATE sandbox SET pass_at = $3 WHERE id IN ({waiting}) AND pass_at <= $1 RETURNING id");
            taken.extend(ids(self.committed(vec![Statement::new(take, values![now, limit, until])]).await?)?);
        }
        Ok(taken)
    }

    /// Returns the sandboxes that are linked to one that ends, and do not end yet.
    pub async fn orphans(&self) -> Result<Vec<String>, Error> {
        const ORPHANS: &str = "SELECT l.id FROM sandbox l JOIN sandbox o ON o.id = l.owner_id \
                               WHERE o.desired_state = 'destroyed' AND l.desired_state <> 'destroyed'";
        ids(self.database.read(Statement::new(ORPHANS, values![])).await?)
    }

    /// Returns the sandboxes that are assigned to a runner.
    pub async fn on_runner(&self, runner_id: &str) -> Result<Vec<String>, Error> {
        const ON_RUNNER: &str = "SELECT id FROM sandbox WHERE runner_id = $1";
        ids(self.database.read(Statement::new(ON_RUNNER, values![runner_id])).await?)
    }
}

/// Returns the columns of a sandbox, by their names in SQL.
pub(super) fn columns_of(sandbox: &Sandbox) -> impl Iterator<Item = (&'static str, ColumnValue<'_>)> {
    sandbox.columns().map(|(column, value)| (column.sql_name, value))
}

pub(super) fn ids(rows: Vec<Row>) -> Result<Vec<String>, Error> {
    rows.iter().map(|row| row.text(0).map(String::from)).collect()
}
