//! The guards: what a rule can demand. Most are facts of the row; these come from outside it.
//!
//! Context, API profile and arguments answer them, so their bits come after those of the row.
#![allow(non_upper_case_globals, reason = "a guard reads like the condition that it names")]

use crate::lifecycle::{
    fact_set::Facts,
    facts::{self, Phrase},
};

macro_rules! guards {
    (outside { $($name:ident $words:literal;)+ } renamed { $($alias:ident = $fact:ident, $phrase:literal;)+ }) => {
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

        /// Every guard that is not simply a fact of the row, with its name and its phrase.
        const NAMED: &[(Facts, &str, Phrase)] = &[
            $(($name, stringify!($name), Phrase::Words($words)),)+
            $(($alias, stringify!($alias), Phrase::Words($phrase)),)+
        ];

        /// One bit stays free, so that all bits together are more than any sandbox has.
        #[expect(clippy::as_conversions, reason = "two small counts, in const")]
        const _: () = assert!(facts::COUNT + (Number::End as u32) < 64, "guards fit in a word");
    };
}
guards! {
    outside {
        // From the context.
        childless "without live fork children";
        unsuspended "in an organization that is not suspended";
        unlinked "not linked to another sandbox";
        // From the API profile and the class.
        memory_snapshots "of a class whose memory a snapshot can include";
        // From the arguments of a resize and the row.
        disk_at_rest "no disk named, or stopped";
        keeps_cpu "no less CPU, or stopped";
        keeps_memory "no less memory, or stopped";
        keeps_disk "no less disk";
        changes_size "another size than now";
    }
    renamed {
        // Facts of the row that context or profile can make hold where the row does not.
        cooled_down = recovers_in_place,
            "without a timeout and a usable backup, or not recovered from its backup within the cooldown";
        no_fork_loses_disk = recovery_keeps_copy,
            "without a runner, without a timeout and a usable backup, or without live fork children";
        disk_is_consistent = disk_unused, "stopped, or of a class that is snapshotted while it runs";
    }
}

/// Returns the name and the phrase of a single guard.
pub(crate) fn named(guard: Facts) -> Option<(&'static str, Phrase)> {
    let found = NAMED.iter().chain(facts::NAMED).find(|(fact, ..)| *fact == guard);
    found.map(|(_, name, phrase)| (*name, *phrase))
}

#[cfg(test)]
mod tests {
    use super::{Facts, NAMED, facts};

    #[test]
    fn each_guard_has_one_bit_of_its_own() {
        let own: alloc::vec::Vec<Facts> = NAMED.iter().chain(facts::NAMED).map(|(fact, ..)| *fact).collect();
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
