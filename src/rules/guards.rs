//! The guards: what a rule can demand. Most are facts of the row; these come from outside it.
//!
//! Context, API profile and arguments answer them, so their bits come after those of the row.
#![allow(non_upper_case_globals, reason = "a guard reads like the condition that it names")]

use crate::lifecycle::{
    fact_set::Facts,
    facts::{self, Phrase, Reads},
};
use core::fmt;
use serde::Serialize;

/// What a guard asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::Display, strum::VariantArray)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Source {
    /// Columns that an API record shows. It shows the [reported state](crate::Lifecycle::reported_state), behind which
    /// several stored states may stand.
    Record,
    /// Columns that the server keeps to itself, and the runner, which not every client is shown.
    Server,
    /// The [`Context`](crate::Context): forks, the organization, the link.
    Context,
    /// The [`Policy`](crate::Policy), and the time.
    Policy,
    /// The arguments of the command.
    Arguments,
}

macro_rules! guards {
    (
        outside { $($name:ident [$($source:ident)+] $words:literal;)+ }
        renamed { $($alias:ident = $fact:ident [$($also:ident)+] $phrase:literal;)+ }
    ) => {
        #[allow(non_camel_case_types, reason = "numbers the guards by their own names")]
        enum Number { $($name,)+ End }

        $(
            #[doc = $words]
            pub(crate) const $name: Facts = Facts::nth(facts::COUNT + Number::$name as u32);
        )+
        $(
            #[doc = $phrase]
            pub(crate) const $alias: Facts = facts::$fact;
        )+

        /// Every guard that is not simply a fact of the row, with its name, its phrase, and what it asks about.
        const NAMED: &[(Facts, &str, Phrase, &[Source])] = &[
            $(($name, stringify!($name), Phrase::Words($words), &[$(Source::$source),+]),)+
            $(($alias, stringify!($alias), Phrase::Words($phrase), &[$(Source::$also),+]),)+
        ];

        /// One bit stays free, so that all bits together are more than any sandbox has.
        #[expect(clippy::as_conversions, reason = "two small counts, in const")]
        const _: () = assert!(facts::COUNT + (Number::End as u32) < 64, "guards fit in a word");
    };
}
guards! {
    outside {
        childless [Context] "without live fork children";
        unsuspended [Context] "in an organization that is not suspended";
        unlinked [Context] "not linked to another sandbox";
        memory_snapshots [Record Policy] "of a class whose memory a snapshot can include";
        // A resize with the row.
        disk_at_rest [Record Arguments] "no disk named, or stopped";
        keeps_cpu [Record Arguments] "no less CPU, or stopped";
        keeps_memory [Record Arguments] "no less memory, or stopped";
        keeps_disk [Record Arguments] "no less disk";
        changes_size [Record Arguments] "another size than now";
    }
    renamed {
        // Facts of the row that context or profile can make hold where the row does not.
        cooled_down = recovers_in_place [Record Server Policy]
            "without a timeout and a usable backup, or not recovered from its backup within the cooldown";
        no_fork_loses_disk = recovery_keeps_copy [Record Server Context]
            "without a runner, without a timeout and a usable backup, or without live fork children";
        disk_is_consistent = disk_unused [Record Policy] "stopped, or of a class that is snapshotted while it runs";
    }
}

/// One condition that a rule can demand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    name: &'static str,
    phrase: Phrase,
    sources: &'static [Source],
}

impl Guard {
    /// Returns the name, for example `started`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns what the guard asks about.
    ///
    /// ```
    /// use sandbox_lifecycle::{Verb, rules::Source};
    /// let pause = Verb::Pause.checks().iter().filter_map(|check| check.guard());
    /// let sources: Vec<_> = pause.map(|guard| (guard.name(), guard.sources())).collect();
    /// assert_eq!(sources, [
    ///     ("started", [Source::Record].as_slice()),
    ///     ("idle", &[Source::Server]),
    ///     ("vm", &[Source::Record]),
    ///     ("on_a_runner", &[Source::Server]),
    /// ]);
    /// ```
    pub const fn sources(&self) -> &'static [Source] {
        self.sources
    }
}

/// The condition in words, for example `nothing pending`.
impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase.fmt(f)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Returns a single guard; no guard, or several at once, have no name.
pub(crate) fn named(guard: Facts) -> Option<Guard> {
    let outside = NAMED.iter().find(|(fact, ..)| *fact == guard);
    let outside = outside.map(|(_, name, phrase, sources)| Guard { name, phrase: *phrase, sources });
    outside.or_else(|| {
        let fact = facts::NAMED.iter().find(|(fact, ..)| *fact == guard);
        fact.map(|(_, name, phrase, reads)| Guard { name, phrase: *phrase, sources: sources_of(*reads) })
    })
}

const fn sources_of(reads: Reads) -> &'static [Source] {
    match reads {
        Reads::Record => &[Source::Record],
        Reads::Server => &[Source::Server],
        Reads::Both => &[Source::Record, Source::Server],
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, NAMED, facts};

    #[test]
    fn each_guard_has_one_bit_of_its_own() {
        let outside = NAMED.iter().map(|(fact, ..)| *fact);
        let own: alloc::vec::Vec<Facts> = outside.chain(facts::NAMED.iter().map(|(fact, ..)| *fact)).collect();
        let renamed = 3;
        let mut seen = Facts::NONE;
        let mut twice = 0;
        for fact in own {
            twice += u32::from(seen.contain(fact));
            seen = seen.and(fact);
        }
        assert_eq!(twice, renamed, "only a renamed fact stands for the bit of another");
    }
}
