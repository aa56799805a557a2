//! Skipped duties of the host. Those of runners, backup store and operator are `Flaw`s of the simulation.

/// One skipped duty. A sound host skips none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The outbox sends each call once and forgets it.
    OutboxForgetsCalls,
    /// The outbox forgets events.
    ForgetsEvents,
    /// Nobody tells a runner that the row has left it.
    NoDepartures,
    /// Nobody takes inventories.
    NoInventory,
    /// A controller uses an answer with the row as it is when the answer arrives, and not as it was read before asking.
    AnswerAtAnotherRevision,
    /// A host calls a runner before the step is written.
    CallsBeforeWriting,
    /// The store writes the row as it was read, without comparing the revision.
    NoCompareAndSwap,
    /// The store computes the next deadline from the row before the write.
    DeadlineOfOldRow,
    /// A host takes a report without looking at who sent it.
    TakesReportsOfOthers,
    /// A host forgets that a sandbox waits unclaimed in its warm pool.
    ForgetsThePool,
    /// A host does not destroy what is linked to an owner together with it.
    ForgetsLinked,
    /// A host does not count the live children of forks.
    ForgetsForks,
    /// A host does not count what runners owe before it removes a record.
    ForgetsOwed,
    /// A host does not store which runner a sandbox left.
    ForgetsPrevious,
}
