//! What the dashboard shows: the fleet of this server's store.

use super::Api;
use crate::dashboard::{Fleet, Look, Seen};
use sandbox_lifecycle::Policy;
use std::sync::atomic::Ordering;

impl Fleet for Api {
    async fn look(&self, most: usize) -> Result<Look, String> {
        let (store, most) = (&self.platform.store, u32::try_from(most).unwrap_or(u32::MAX));
        let page = store.page(&self.organization_id, "created_at", true, None, most).await;
        let page = page.map_err(|error| error.to_string())?;
        // Only a full page needs the count, which is slow in a large fleet.
        let count = if page.next.is_some() { store.count(&self.organization_id).await } else { Ok(0) };
        let now = match page.rows.first() {
            Some(row) => Ok(row.now),
            None => store.now().await,
        };
        let (count, now) = (count.map_err(|error| error.to_string())?, now.map_err(|error| error.to_string())?);
        let more = u64::from(count).saturating_sub(u64::try_from(page.rows.len()).unwrap_or(u64::MAX));
        let shown = page.rows.into_iter().filter(|row| row.sandbox.is_visible());
        let seen = shown.map(|row| Seen { sandbox: row.sandbox, context: row.context }).collect();
        Ok(Look { now, seen, more })
    }

    fn policy(&self) -> &Policy {
        self.platform.store.policy()
    }

    fn time_scale(&self) -> f64 {
        f64::from(self.platform.store.time().scale)
    }

    fn is_stopping(&self) -> bool {
        self.platform.stopping.load(Ordering::Relaxed)
    }
}
