//! An entry in the ledger: what to store, and then what to do.

use super::ledger::Ledger;

/// The ledger after a message, and what the runner does next.
///
/// The order is the point of this type: store [`ledger`](Self::ledger) durably, and only then take the verdict with
/// [`stored`](Self::stored). So work never begins and an answer is never sent before the ledger knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "store its ledger, then do what its verdict says"]
pub struct Entry<V> {
    ledger: Ledger,
    verdict: V,
}

impl<V> Entry<V> {
    pub(super) const fn new(ledger: Ledger, verdict: V) -> Self {
        Self { ledger, verdict }
    }

    /// Returns the ledger to store. If it equals the stored one, there is nothing to write.
    pub const fn ledger(&self) -> Ledger {
        self.ledger
    }

    /// Returns the verdict. Call it after [`ledger`](Self::ledger) is stored: a runner that works first and crashes does
    /// not know after its restart what it has begun.
    #[must_use = "the verdict says what the runner does next"]
    pub fn stored(self) -> V {
        self.verdict
    }
}
