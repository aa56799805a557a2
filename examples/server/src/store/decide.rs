//! Deciding and writing, again and again until nobody was faster.

use super::{Error, Loaded, NotWritten, Store, With, Written};
use crate::metrics::Part;
use sandbox_lifecycle::{Refusal, Step, record::ApplyError};
use std::time::Instant;

/// How often a decision is made again when another writer was first. Writers of one sandbox are few, so this is never used up
/// unless something writes in a circle.
const TRIES: usize = 20;

/// Why there is no decision.
#[derive(Debug, thiserror::Error)]
pub enum Undecided {
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The record was removed meanwhile.
    #[error("the sandbox does not exist any more")]
    Gone,
    /// The sandbox changes so often that no decision about it could be written.
    #[error("the sandbox changes too often")]
    Busy,
    /// The step lacks something: a fault of the platform.
    #[error(transparent)]
    Incomplete(ApplyError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
}

impl Store {
    /// Decides on a row and writes the step. If another writer was first, the row is read and decided again.
    pub async fn decide(
        &self,
        mut row: Loaded,
        with: With<'_>,
        decide: impl Fn(&Loaded) -> Result<Step, Refusal>,
    ) -> Result<Written, Undecided> {
        for _ in 0..TRIES {
            let began = Instant::now();
            let decided = decide(&row);
            self.metrics.in_crate(Part::Decide, began.elapsed());
            let step = decided.inspect_err(|refusal| self.metrics.refused(refusal.code()))?;
            match self.write(&row, &step, with).await {
                Ok(written) => return Ok(written),
                Err(NotWritten::Stale) => row = self.load(row.id()).await?.ok_or(Undecided::Gone)?,
                Err(NotWritten::Incomplete(error)) => return Err(Undecided::Incomplete(error)),
                Err(NotWritten::Database(error)) => return Err(error.into()),
            }
        }
        Err(Undecided::Busy)
    }
}
