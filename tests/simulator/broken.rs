//! The ways in which a system around the crate can be wrong: each breaks one of the laws.

/// One mistake. A sound fleet makes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The store writes the row as it was read, without comparing.
    SkipsCompare,
    /// Effects leave before the row is written.
    OutboxOutside,
    /// Runners put the row's epoch on whatever they report, however late.
    EchoesNewEpoch,
    /// The controller reconciles and never asks what is due.
    IgnoresDue,
    /// A caller sets a column by hand.
    WritesByHand,
    /// The controller calls the runner that the sandbox was on before.
    CallsPrevious,
    /// The controller selects by pending alone.
    SelectsByPending,
    /// The controller looks at a row once and waits for somebody to tell it of more.
    NeverLooksAgain,
    /// The host lets a caller recover what was deleted.
    RecoversDeleted,
    /// Runners take a call of an older epoch than one they have seen.
    TakesOldCalls,
}
