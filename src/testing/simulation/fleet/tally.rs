//! What happened in simulations, in numbers.

use core::{fmt, ops::AddAssign};

macro_rules! tally {
    ($($(#[$doc:meta])* $name:ident: $text:literal),+ $(,)?) => {
        /// What happened in one or more simulations, in numbers. Add them up with `+=`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct Tally {
            $($(#[$doc])* pub $name: u64,)+
            /// The most writes that a row needed to come to rest after faults had stopped.
            pub most_late_writes: u64,
        }

        impl AddAssign for Tally {
            fn add_assign(&mut self, other: Self) {
                $(self.$name = self.$name.saturating_add(other.$name);)+
                self.most_late_writes = self.most_late_writes.max(other.most_late_writes);
            }
        }

        impl fmt::Display for Tally {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $(write!(f, "{} {}, ", self.$name, $text)?;)+
                write!(f, "at most {} writes to rest", self.most_late_writes)
            }
        }
    };
}

tally! {
    /// Simulations.
    seeds: "seeds",
    /// Events.
    events: "events",
    /// Hours of the simulated clock.
    hours: "hours",
    /// Crashes of processes of the host.
    crashes: "crashes of hosts",
    /// Runners that lost their power.
    runner_crashes: "crashes of runners",
    /// Runners that an operator declared gone.
    gone: "gone runners",
    /// Messages that were sent.
    messages: "messages",
    /// Messages that were lost.
    lost: "lost",
    /// Messages that arrived twice.
    repeated: "repeated",
    /// New sandboxes.
    created: "created",
    /// Children of forks.
    forks: "forked",
    /// Sandboxes that were claimed from the warm pool.
    claims: "claimed",
    /// Spot sandboxes that the host evicted.
    evictions: "evicted",
    /// Records that the host removed.
    purges: "purged",
    /// Time limits that were over.
    limits: "time limits over",
    /// Commands of callers that reached the host.
    commands: "commands",
    /// Writes of a row.
    writes: "writes",
    /// Jobs that runners began.
    calls: "calls carried out",
    /// Questions of the host.
    asks: "asks",
    /// Removals that were sent.
    removals: "removals",
    /// Releases that were sent.
    releases: "releases",
    /// Inventories that the host compared.
    inventories: "inventories",
}

/// Counts one more.
pub fn count(number: &mut u64) {
    *number = number.saturating_add(1);
}
