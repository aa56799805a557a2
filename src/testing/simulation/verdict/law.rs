//! The laws of a platform.

/// A law of a platform. It holds whatever is lost, repeated or late, and whatever crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::VariantArray)]
pub enum Law {
    /// Once a sandbox is destroyed and no runner owes an acknowledgement, nothing of it is left: no copy, no backup.
    NothingIsLeft,
    /// Two runners never run the same sandbox.
    OneRuns,
    /// A row that settles in started, stopped or paused shows what its own runner has.
    RowsTellTheTruth,
    /// The newest surviving disk is lost only if a caller asked for it.
    NewestDiskIsKept,
    /// No late message undoes what a caller was granted, nothing runs after its row has come to rest elsewhere, and nothing
    /// is destroyed without a command or a setting that asks for it.
    GrantsAreKept,
    /// Every written row is sound, and epochs, revisions and backup attempts only grow.
    RowsAreSound,
    /// Once faults stop, every row comes to rest, and does so with few writes.
    RestIsReached,
    /// A sandbox in error whose disk a runner or the backup store can give back is recoverable.
    NothingIsStranded,
    /// Each event is stored once, with the step that emits it, and seen at least once.
    EventsAreSeen,
    /// Nothing removes a disk that live forks read.
    ForksKeepTheirParent,
    /// No record is removed while removals or releases are owed.
    PurgesWait,
    /// No idle timer acts on a sandbox that waits unclaimed in a warm pool.
    PoolIsLeftAlone,
    /// What is linked to an owner ends with it.
    LinkedFollow,
    /// Where a step says that the runner becomes the previous one, the record names it.
    PreviousIsKnown,
}

impl Law {
    /// All laws.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Returns the law in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NothingIsLeft => "nothing is left of a destroyed sandbox",
            Self::OneRuns => "two runners never run the same sandbox",
            Self::RowsTellTheTruth => "a row that settles shows what its own runner has",
            Self::NewestDiskIsKept => "the newest surviving disk is lost only if a caller asked for it",
            Self::GrantsAreKept => "no late message undoes what a caller was granted",
            Self::RowsAreSound => "every written row is sound, and its numbers only grow",
            Self::RestIsReached => "once faults stop, every row comes to rest with few writes",
            Self::NothingIsStranded => "a sandbox in error whose disk survives is recoverable",
            Self::EventsAreSeen => "each event is stored once and seen",
            Self::ForksKeepTheirParent => "nothing removes a disk that live forks read",
            Self::PurgesWait => "no record is removed while a runner owes an acknowledgement",
            Self::PoolIsLeftAlone => "no idle timer acts on an unclaimed sandbox of the warm pool",
            Self::LinkedFollow => "what is linked to an owner ends with it",
            Self::PreviousIsKnown => "the record names the runner that was left",
        }
    }
}
