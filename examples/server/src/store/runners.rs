//! Runners: which there are, whether they answer, and where a sandbox has room.

use super::{Error, Row, Statement, Store, outbox::rouse_waiting, write::raise_revision};
use crate::{runner::wire::Hello, values};
use chrono::{DateTime, Utc};

/// A runner.
#[derive(Debug, Clone)]
pub struct Runner {
    /// Its name.
    pub id: String,
    /// Where it listens.
    pub url: String,
    /// The number of its session.
    pub session: u64,
    /// When it last said hello, in real time.
    pub seen_at: DateTime<Utc>,
    /// An operator has declared it gone.
    pub gone: bool,
}

fn runner(row: &Row) -> Result<Runner, Error> {
    Ok(Runner {
        id: row.text(0)?.into(),
        url: row.text(1)?.into(),
        session: row.integer(2)?.try_into().map_err(Error::failed)?,
        seen_at: row.time(3)?.unwrap_or_default(),
        gone: row.boolean(4)?,
    })
}

const COLUMNS: &str = "id, url, session, seen_at, gone";

impl Store {
    /// Notes that a runner is there. A new process begins a new session. A runner that is gone stays gone. Where it was silent
    /// before, the controller looks at once at what waits for it.
    pub async fn hello(&self, hello: &Hello) -> Result<Option<Runner>, Error> {
        let now = self.database.now();
        let sql = format!(
            "INSERT INTO runner (id, url, instance, session, capacity, seen_at, gone, draining) \
             VALUES ($1, $2, $3, 1, $4, {now}, FALSE, FALSE) \
             ON CONFLICT (id) DO UPDATE SET url = excluded.url, instance = excluded.instance, \
             session = runner.session + CASE WHEN runner.instance = excluded.instance THEN 0 ELSE 1 END, \
             capacity = excluded.capacity, seen_at = excluded.seen_at WHERE NOT runner.gone RETURNING {COLUMNS}"
        );
        let values = values![&*hello.runner_id, &*hello.url, &*hello.instance, hello.capacity];
        let before = self.runner(&hello.runner_id).await?;
        let after = self.committed(vec![Statement::new(sql, values)]).await?.first().map(runner).transpose()?;
        let was_there = |now: &Runner| {
            let before = before.as_ref().filter(|before| before.session == now.session);
            before.is_some_and(|before| now.seen_at.signed_duration_since(before.seen_at) < super::sandboxes::SILENCE)
        };
        if after.as_ref().is_some_and(|now| !was_there(now)) {
            const ROUSE: &str = "UPDATE sandbox SET pass_at = $1 WHERE runner_id = $2 AND pass_at > $1";
            let now = self.now().await?;
            self.committed(vec![rouse_waiting(now), Statement::new(ROUSE, values![now, &*hello.runner_id])]).await?;
        }
        Ok(after)
    }

    /// Returns a runner.
    pub async fn runner(&self, id: &str) -> Result<Option<Runner>, Error> {
        let query = format!("SELECT {COLUMNS} FROM runner WHERE id = $1");
        self.database.read(Statement::new(query, values![id])).await?.first().map(runner).transpose()
    }

    /// Returns all runners.
    pub async fn runners(&self) -> Result<Vec<Runner>, Error> {
        let query = format!("SELECT {COLUMNS} FROM runner ORDER BY id");
        self.database.read(Statement::new(query, values![])).await?.iter().map(runner).collect()
    }

    /// Returns the runner with the most room for a sandbox. No candidates are: the one that it leaves, one that still owes an
    /// acknowledgement for it, and one that has a released copy of it.
    pub async fn placement(
        &self,
        sandbox_id: &str,
        leaves: Option<&str>,
        seen_since: DateTime<Utc>,
    ) -> Result<Option<String>, Error> {
        const ROOM: &str = "SELECT r.id, r.capacity - (SELECT COUNT(*) FROM sandbox s WHERE s.runner_id = r.id) AS room \
             FROM runner r WHERE NOT r.gone AND NOT r.draining AND r.seen_at > $3 \
             AND (CAST($2 AS TEXT) IS NULL OR r.id <> $2) \
             AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.runner_id = r.id AND o.sandbox_id = $1 \
                             AND o.kind IN ('remove', 'release')) \
             ORDER BY room DESC, r.id LIMIT 1";
        let rows = self.database.read(Statement::new(ROOM, values![sandbox_id, leaves, seen_since])).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        (row.integer(1)? > 0).then(|| row.text(0).map(String::from)).transpose()
    }

    /// Declares a runner gone, after its machine was fenced. Its rows are visited at once.
    pub async fn declare_gone(&self, id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
        const GONE: &str = "UPDATE runner SET gone = TRUE WHERE id = $1";
        const VISIT: &str = "UPDATE sandbox SET pass_at = $2 WHERE runner_id = $1";
        self.change_runner(
            id,
            vec![Statement::that_must_write(GONE, values![id]), Statement::new(VISIT, values![id, now])],
        )
        .await
    }

    /// Takes back that a runner is gone. The revision of its rows is raised, so that no pass that saw it gone is written, and
    /// its session, so that it takes nothing that was sent before.
    pub async fn take_back_gone(&self, id: &str) -> Result<bool, Error> {
        const BACK: &str = "UPDATE runner SET gone = FALSE, session = session + 1 WHERE id = $1 AND gone";
        let rows = self.on_runner(id).await?;
        let back = Statement::that_must_write(BACK, values![id]);
        self.change_runner(id, std::iter::once(back).chain(rows.iter().map(|row| raise_revision(row))).collect()).await
    }

    /// Drops what a runner is owed that will never return, and the runner.
    pub async fn scrap(&self, id: &str) -> Result<bool, Error> {
        const SCRAP: &str = "DELETE FROM runner WHERE id = $1 AND gone \
                             AND NOT EXISTS (SELECT 1 FROM sandbox s WHERE s.runner_id = $1)";
        const DROP: &str = "DELETE FROM outbox WHERE runner_id = $1 AND kind IN ('remove', 'release')";
        self.change_runner(id, vec![Statement::that_must_write(SCRAP, values![id]), Statement::new(DROP, values![id])])
            .await
    }

    async fn change_runner(&self, id: &str, statements: Vec<Statement>) -> Result<bool, Error> {
        let changed = matches!(self.database.write(statements).await?, super::Outcome::Committed(_));
        tracing::warn!(runner = id, changed, "an operator changes the standing of a runner");
        Ok(changed)
    }
}
