//! Skipped duties of a host, a runner or a backup store.

/// One skipped duty. A sound fleet skips none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The outbox sends each call once and forgets it.
    OutboxForgetsCalls,
    /// Nobody tells a runner that the row has left it.
    NoDepartures,
    /// A runner deletes the ledger together with the copy.
    NoTombstone,
    /// Nobody takes inventories.
    NoInventory,
    /// A runner keeps the answer of its last call under the newest epoch, and repeats it to a new call of the same task.
    AnswersUnderNewestEpoch,
    /// A controller uses an answer with the row as it is when the answer arrives, and not as it was read before asking.
    AnswerAtAnotherRevision,
    /// A host calls a runner before the step is written.
    CallsBeforeWriting,
    /// The store writes the row as it was read, without comparing the revision.
    NoCompareAndSwap,
    /// The store computes the next deadline from the row before the write.
    DeadlineOfOldRow,
    /// The backup store takes uploads of attempts that were discarded.
    TakesLateUploads,
    /// A host takes a report without looking at who sent it.
    TakesReportsOfOthers,
    /// A host forgets that a sandbox waits unclaimed in its warm pool.
    ForgetsThePool,
    /// A host does not destroy what is linked to an owner together with it.
    ForgetsLinked,
    /// An operator declares runners gone that are only cut off, and does not fence them.
    NoFencing,
}
