//! The outbox: entries that are to be sent, taken by one sender at a time, and repeated until they are done.

use super::{Error, Row, Statement, Store};
use crate::{runner::wire::Details, values};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::{
    controller::Finding,
    record::{Message, OutboxEntry, OutboxKey},
};

/// An entry that is to be sent now.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The entry.
    pub entry: OutboxEntry,
    /// What a call needs and its message does not hold.
    pub details: Details,
    /// How often it was taken before.
    pub attempts: u32,
    /// When it was stored, in real time.
    pub stored_at: DateTime<Utc>,
}

/// Lets the controller look at once at what waits for a runner: one has room now, or answers again.
pub(super) fn rouse_waiting(now: DateTime<Utc>) -> Statement {
    const ROUSE: &str = "UPDATE sandbox SET pass_at = $1 WHERE pending AND runner_id IS NULL AND pass_at > $1";
    Statement::new(ROUSE, values![now])
}

const DROP: &str = "DELETE FROM outbox WHERE sandbox_id = $1 AND key = $2";

/// The columns of an entry, in the order in which they are read.
const COLUMNS: &str = "entry, details, attempts, created_at";

fn outgoing(row: &Row) -> Result<Outgoing, Error> {
    Ok(Outgoing {
        entry: serde_json::from_str(row.text(0)?).map_err(Error::failed)?,
        details: serde_json::from_str(row.text(1)?).map_err(Error::failed)?,
        attempts: row.count(2)?.saturating_sub(1),
        stored_at: row.time(3)?.unwrap_or_default(),
    })
}

impl Store {
    /// Takes entries that are to be sent, and keeps them from other senders until this time. If this process dies, another one
    /// sends them then.
    pub async fn take_outgoing(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Outgoing>, Error> {
        const WAITING: &str = "SELECT sandbox_id, key FROM outbox WHERE send_at <= $1 ORDER BY send_at LIMIT $2";
        if self.database.read(Statement::new(WAITING, values![now, limit])).await?.is_empty() {
            return Ok(Vec::new()); // To look costs no write.
        }
        let take = format!(
            "UPDATE outbox SET send_at = $3, attempts = attempts + 1 \
             WHERE (sandbox_id, key) IN ({WAITING}) AND send_at <= $1 RETURNING {COLUMNS}"
        );
        let rows = self.committed(vec![Statement::new(take, values![now, limit, until])]).await?;
        rows.iter().map(outgoing).collect()
    }

    /// Returns the removals and releases that a runner has not acknowledged yet.
    pub async fn owed_to(&self, runner_id: &str) -> Result<Vec<Outgoing>, Error> {
        let owed = format!(
            "SELECT {COLUMNS} FROM outbox \
             WHERE runner_id = $1 AND kind IN ('remove', 'release') AND send_at IS NOT NULL"
        );
        self.database.read(Statement::new(owed, values![runner_id])).await?.iter().map(outgoing).collect()
    }

    /// Stores when an entry is sent again.
    pub async fn send_later(&self, entry: &OutboxEntry, at: DateTime<Utc>) -> Result<(), Error> {
        const LATER: &str = "UPDATE outbox SET send_at = $3 WHERE sandbox_id = $1 AND key = $2 AND send_at IS NOT NULL";
        let values = values![&*entry.sandbox_id, entry.key.to_string(), at];
        self.committed(vec![Statement::new(LATER, values)]).await.map(|_| ())
    }

    /// Sends a call again at once that the outbox still holds.
    pub async fn resend(&self, sandbox_id: &str, key: &OutboxKey) -> Result<(), Error> {
        let sql = format!(
            "UPDATE outbox SET send_at = {} WHERE sandbox_id = $1 AND key = $2 AND send_at IS NOT NULL",
            self.database.now()
        );
        self.committed(vec![Statement::new(sql, values![sandbox_id, key.to_string()])]).await.map(|_| ())
    }

    /// Notes that an entry is done: a call that nobody awaits, an acknowledged removal or release, a delivered event.
    pub async fn sent(&self, entry: &OutboxEntry) -> Result<(), Error> {
        const KEEP: &str = "UPDATE outbox SET send_at = NULL WHERE sandbox_id = $1 AND key = $2";
        // Once a copy is removed, no release of it leaves a disk there. Those that are still sent are older, too.
        const DROP_RELEASES: &str = "DELETE FROM outbox WHERE sandbox_id = $1 AND runner_id = $2 AND kind = 'release'";
        let values = values![&*entry.sandbox_id, entry.key.to_string()];
        let mut statements = match (&entry.message, &entry.key) {
            (Message::Event(_) | Message::Release { .. }, _) => vec![Statement::new(KEEP, values)],
            (Message::Remove { .. }, OutboxKey::Remove { runner, .. }) => vec![
                Statement::new(DROP, values),
                Statement::new(DROP_RELEASES, values![&*entry.sandbox_id, &**runner]),
            ],
            (Message::Remove { .. } | Message::Call(_) | Message::DiscardBackups { .. }, _) => {
                vec![Statement::new(DROP, values)]
            }
        };
        if entry.message.is_departure() {
            statements.push(rouse_waiting(self.now().await?));
        }
        self.committed(statements).await.map(|_| ())
    }

    /// Notes that an entry is done without effect: its runner knows something newer. A release leaves no disk there then.
    pub async fn outdated(&self, entry: &OutboxEntry) -> Result<(), Error> {
        let drop = Statement::new(DROP, values![&*entry.sandbox_id, entry.key.to_string()]);
        self.committed(vec![drop, rouse_waiting(self.now().await?)]).await.map(|_| ())
    }

    /// Stores what a finding of an inventory tells a runner, unless it is stored already.
    pub async fn store_departure(&self, sandbox_id: &str, runner_id: &str, finding: &Finding) -> Result<(), Error> {
        let Some(entry) = OutboxEntry::of_finding(sandbox_id, runner_id, finding) else { return Ok(()) };
        tracing::info!(sandbox = sandbox_id, runner = runner_id, "inventory: {finding}");
        self.committed(vec![self.entry(&entry, &Details::default())?]).await.map(|_| ())
    }

    /// Removes what was delivered a day ago.
    pub async fn prune(&self, now: DateTime<Utc>) -> Result<(), Error> {
        const PRUNE: &str = "DELETE FROM outbox WHERE kind = 'event' AND send_at IS NULL AND created_at < $1";
        self.committed(vec![Statement::new(PRUNE, values![now - TimeDelta::days(1)])]).await.map(|_| ())
    }

    /// Returns since when the oldest entry waits that is not repeated work: the age of the outbox.
    pub async fn oldest_outgoing(&self) -> Result<Option<DateTime<Utc>>, Error> {
        const OLDEST: &str = "SELECT created_at FROM outbox WHERE send_at IS NOT NULL ORDER BY created_at LIMIT 1";
        let rows = self.database.read(Statement::new(OLDEST, values![])).await?;
        rows.first().map_or(Ok(None), |row| row.time(0))
    }
}
