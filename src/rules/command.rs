//! What a caller may ask of a sandbox.

use super::{
    Verb,
    bare::bare,
    check::{CASES, Outcome, Row},
};
use crate::{
    lifecycle::{
        facts::{self, Mask, when},
        guards::Guards,
    },
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Size, SizeChange, Ttl, field_reader as told},
};
use serde::{Deserialize, Serialize};

/// A request of a caller. Texts that go with one (a snapshot's name, a fork's name) travel beside it.
///
/// Which sandbox takes which command, and why not, stands in the rule table: see [`Verb`] and the decision tables of
/// the [`render`](crate::render) module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Command {
    /// Wake it: from stopped, archived, archiving or paused.
    #[serde(deserialize_with = "bare")]
    Start,
    /// Free compute, keep disk and memory: VM classes.
    #[serde(deserialize_with = "bare")]
    Pause,
    /// Free compute and disk, keep the backup.
    #[serde(deserialize_with = "bare")]
    Archive,
    /// Change cpu, memory or disk.
    Resize(SizeChange),
    /// Copy it while it runs: VM classes. The child is [`Lifecycle::fork_child`](crate::Lifecycle::fork_child).
    #[serde(deserialize_with = "bare")]
    Fork,
    /// Free compute, keep the disk. An ephemeral sandbox is deleted instead.
    Stop {
        /// SIGKILL instead of SIGTERM.
        #[serde(default, deserialize_with = "told::force")]
        force: bool,
    },
    /// Remove it for good.
    Destroy {
        /// Supersede whatever change is under way.
        #[serde(default, deserialize_with = "told::force")]
        force: bool,
    },
    /// Keep an image of it.
    Snapshot {
        /// With its memory.
        #[serde(default, rename = "includeMemory", deserialize_with = "told::include_memory")]
        include_memory: bool,
    },
    /// Bring it back from a recoverable error.
    Recover {
        /// Start it afterwards; from a backup it is started either way.
        #[serde(default = "yes", deserialize_with = "told::start")]
        start: bool,
    },
    /// Ask for a backup of its disk: an event for whoever makes them, and no write. (From 0.205 on the published API does
    /// nothing when asked, for its backups are automatic; a platform that makes them when asked hears of it here.)
    #[serde(deserialize_with = "bare")]
    Backup,
    /// Stop it when idle for so long.
    AutoStop {
        /// The new interval.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: AutoStop,
    },
    /// Pause it when idle for so long.
    AutoPause {
        /// The new interval.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: AutoPause,
    },
    /// Delete it when stopped for so long.
    AutoDelete {
        /// The new interval.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: AutoDelete,
    },
    /// Archive it when stopped for so long; 0 and too much become the policy's maximum.
    AutoArchive {
        /// The new interval.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: AutoArchive,
    },
    /// Let it live for so long from now.
    Ttl {
        /// The new limit.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: Ttl,
    },
    /// It was used: the automatic timers count from now. Of two at once one is [`Stale`](crate::Stale), and whoever reads
    /// again writes the later time.
    #[serde(deserialize_with = "bare")]
    Touch,
}

const fn yes() -> bool {
    true
}

/// What a command is before its numbers are looked at: what its row of the rule table demands and writes, and the guards
/// that its argument fulfils.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) demands: Guards,
    pub(crate) already: Guards,
    pub(crate) brings: Guards,
    /// What it writes, in each case.
    pub(crate) outcomes: [Outcome; CASES],
    pub(crate) verb: Verb,
}

impl Kind {
    const fn of(verb: Verb, argument: Mask) -> Self {
        let row = verb.row();
        let Row { demands, already, cases, .. } = *row;
        let [first, second, third] = cases;
        let outcomes = [first.outcome, second.outcome, third.outcome];
        Self { demands, already, brings: Guards::held_by(argument), outcomes, verb }
    }

    const fn stop(force: bool) -> Self {
        let kind = Self::of(Verb::Stop, 0);
        let [first, second, third] = kind.outcomes;
        let outcomes = [first.forced(force), second.forced(force), third];
        Self { outcomes, ..kind }
    }

    /// The case of an accepted command: counted and not searched, for which one it is cannot be foreseen.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "one of three places")]
    pub(crate) fn outcome(&self, held: Guards) -> &Outcome {
        let [first, second, _] = &self.outcomes;
        let (not_first, not_second) = (!held.meet(first.when), !held.meet(second.when));
        &self.outcomes[usize::from(not_first).wrapping_add(usize::from(not_first & not_second))]
    }

    /// A command whose arguments, if it has any, change neither row nor facts.
    const fn plain(verb: Verb) -> [Self; 2] {
        [Self::of(verb, 0), Self::of(verb, 0)]
    }

    /// A command without its flag, and with it.
    const fn two(without: (Verb, Mask), with: (Verb, Mask)) -> [Self; 2] {
        [Self::of(without.0, without.1), Self::of(with.0, with.1)]
    }
}

/// A place for each command, in the order of [`Command::kind`].
///
/// This is data and not a `match`, for which command comes next cannot be foreseen: a jump that is missed costs more
/// than the decision.
static KINDS: [[Kind; 2]; 16] = [
    Kind::plain(Verb::Start),
    Kind::plain(Verb::Pause),
    Kind::plain(Verb::Archive),
    Kind::plain(Verb::Resize),
    Kind::plain(Verb::Fork),
    [Kind::stop(false), Kind::stop(true)],
    Kind::two((Verb::Destroy, 0), (Verb::ForceDestroy, 0)),
    Kind::two((Verb::Snapshot, facts::WithoutMemory), (Verb::Snapshot, facts::WithMemory)),
    Kind::two((Verb::Recover, 0), (Verb::Recover, facts::StartsAfter)),
    Kind::plain(Verb::Backup),
    Kind::two((Verb::AutoStop, 0), (Verb::AutoStop, facts::TurnsOff)),
    Kind::two((Verb::AutoPause, 0), (Verb::AutoPause, facts::TurnsOff)),
    Kind::two((Verb::AutoDelete, 0), (Verb::AutoDelete, facts::AsksEphemeral)),
    Kind::plain(Verb::AutoArchive),
    Kind::plain(Verb::Ttl),
    Kind::plain(Verb::Touch),
];

/// The yes or no among the arguments of a command, if it has one.
///
/// A pointer, as those below, so that it is compiled by itself, into a comparison and not a branch.
const SAYS_YES: fn(&Command) -> bool = |command| match command {
    Command::Stop { force: yes } | Command::Destroy { force: yes } => *yes,
    Command::Snapshot { include_memory: yes } | Command::Recover { start: yes } => *yes,
    Command::Start | Command::Pause | Command::Archive | Command::Resize(_) | Command::Fork | Command::Backup => false,
    Command::AutoStop { .. } | Command::AutoPause { .. } | Command::AutoDelete { .. } => false,
    Command::AutoArchive { .. } | Command::Ttl { .. } | Command::Touch => false,
};

/// Whether a command turns its interval off, or to at once, where its row of the table asks that; else what was found
/// before.
///
/// Pointers, so that each question is compiled by itself, into comparisons and not a branch. Asked in one function
/// they are merged into one jump on the command, which is missed half the time. An answer is handed on, and not joined,
/// for one comparison then finds the three commands, which are declared together.
const TURNED_OFF: [fn(&Command, bool) -> bool; 3] = [
    |command, before| {
        if let Command::AutoStop { interval: minutes } = command { *minutes == AutoStop::Never } else { before }
    },
    |command, before| {
        if let Command::AutoPause { interval: minutes } = command { *minutes == AutoPause::Never } else { before }
    },
    |command, before| {
        if let Command::AutoDelete { interval: minutes } = command { *minutes == AutoDelete::AtOnce } else { before }
    },
];

impl Command {
    /// Which row of the table this command is.
    #[must_use]
    pub const fn verb(self) -> Verb {
        match self {
            Self::Start => Verb::Start,
            Self::Stop { .. } => Verb::Stop,
            Self::Destroy { force: false } => Verb::Destroy,
            Self::Destroy { force: true } => Verb::ForceDestroy,
            Self::Pause => Verb::Pause,
            Self::Archive => Verb::Archive,
            Self::Resize(_) => Verb::Resize,
            Self::Fork => Verb::Fork,
            Self::Snapshot { .. } => Verb::Snapshot,
            Self::Recover { .. } => Verb::Recover,
            Self::Backup => Verb::Backup,
            Self::AutoStop { .. } => Verb::AutoStop,
            Self::AutoPause { .. } => Verb::AutoPause,
            Self::AutoDelete { .. } => Verb::AutoDelete,
            Self::AutoArchive { .. } => Verb::AutoArchive,
            Self::Ttl { .. } => Verb::Ttl,
            Self::Touch => Verb::Touch,
        }
    }

    /// The place in `KINDS`: the order of declaration, so that the compiler makes a cast of it and not a jump.
    #[inline]
    const fn kind(&self) -> usize {
        match self {
            Self::Start => 0,
            Self::Pause => 1,
            Self::Archive => 2,
            Self::Resize(_) => 3,
            Self::Fork => 4,
            Self::Stop { .. } => 5,
            Self::Destroy { .. } => 6,
            Self::Snapshot { .. } => 7,
            Self::Recover { .. } => 8,
            Self::Backup => 9,
            Self::AutoStop { .. } => 10,
            Self::AutoPause { .. } => 11,
            Self::AutoDelete { .. } => 12,
            Self::AutoArchive { .. } => 13,
            Self::Ttl { .. } => 14,
            Self::Touch => 15,
        }
    }

    /// What its row of the rule table demands, and what its arguments say before their numbers are looked at.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "`kind` is below 16; the `&` tells the compiler so")]
    pub(crate) fn looked_up(&self) -> &'static Kind {
        let turned_off = TURNED_OFF.iter().fold(false, |before, asked| asked(self, before));
        &KINDS[self.kind() & 15][usize::from(SAYS_YES(self) | turned_off)]
    }

    /// The guards that a resize fulfils by its numbers.
    #[inline]
    pub(crate) fn held_by_size(&self, old: Size) -> Guards {
        let Self::Resize(change) = self else { return Guards::NONE };
        let new = change.applied_to(old);
        let facts = when(change.disk.is_none(), facts::DiskUnnamed)
            | when(new.cpu >= old.cpu, facts::CpuNotLess)
            | when(new.memory >= old.memory, facts::MemoryNotLess)
            | when(new.disk >= old.disk, facts::DiskNotLess)
            | when(new != old, facts::SizeDiffers);
        Guards::held_by(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `KINDS` and `verb` say the same of each command; one of them is data.
    #[test]
    fn kinds_are_in_the_order_of_the_commands() {
        let of = |command: Command| {
            let kind = command.looked_up();
            assert_eq!(kind.verb, command.verb());
            kind.verb
        };
        let found = [
            Command::Start,
            Command::Stop { force: false },
            Command::Stop { force: true },
            Command::Destroy { force: false },
            Command::Destroy { force: true },
            Command::Pause,
            Command::Archive,
            Command::Resize(SizeChange::default()),
            Command::Fork,
            Command::Snapshot { include_memory: true },
            Command::Recover { start: true },
            Command::Backup,
            Command::AutoStop { interval: AutoStop::Never },
            Command::AutoPause { interval: AutoPause::Never },
            Command::AutoArchive { interval: AutoArchive::AtOnce },
            Command::AutoDelete { interval: AutoDelete::AtOnce },
            Command::Ttl { interval: Ttl::None },
            Command::Touch,
        ]
        .map(of);
        assert!(Verb::ALL.iter().all(|verb| found.contains(verb)), "a command of each row is asked");
    }
}
