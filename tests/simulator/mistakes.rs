//! Mistakes of a system around the crate: each breaks one of the invariants.

/// One mistake. A sound fleet makes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The store writes the row as it was read, without comparing.
    SkipsCompare,
    /// Effects leave before the row is written.
    OutboxOutside,
    /// Runners put the epoch of the row on every report, even on late ones.
    EchoesNewEpoch,
    /// The controller reconciles, but never calls `due`.
    IgnoresDue,
    /// A caller sets a column by hand.
    WritesByHand,
    /// The controller calls the previous runner of a sandbox.
    CallsPrevious,
    /// The controller selects by pending alone.
    SelectsByPending,
    /// The controller visits a row once, and again only after a write.
    NeverLooksAgain,
    /// The host lets a caller recover a deleted sandbox.
    RecoversDeleted,
    /// Runners accept a call of an older epoch than one they have seen.
    TakesOldCalls,
}
