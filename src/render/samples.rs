//! Sample commands of each verb, with the arguments that select the cases of the rule table.

use crate::{
    rules::{Command, Verb},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Minutes, SizeChange, Ttl},
};
use core::num::NonZeroU32;

const HOUR: Minutes = match Minutes::new(60) {
    Some(hour) => hour,
    None => Minutes::MAX,
};

/// A change to more CPU than any sandbox has by default. A running sandbox may request it.
const MORE_CPU: SizeChange = SizeChange { cpu: Some(NonZeroU32::MAX), memory: None, disk: None };

/// Returns the sample commands of a verb.
pub(crate) const fn of(verb: Verb) -> &'static [Command] {
    match verb {
        Verb::Start => &[Command::Start],
        Verb::Stop => &[Command::Stop { force: false }, Command::Stop { force: true }],
        Verb::Destroy => &[Command::Destroy { force: false }],
        Verb::ForceDestroy => &[Command::Destroy { force: true }],
        Verb::Pause => &[Command::Pause],
        Verb::Archive => &[Command::Archive],
        Verb::Resize => &[Command::Resize(MORE_CPU)],
        Verb::Fork => &[Command::Fork],
        Verb::Snapshot => &[Command::Snapshot { include_memory: false }, Command::Snapshot { include_memory: true }],
        Verb::Recover => &[Command::Recover { start: true }, Command::Recover { start: false }],
        Verb::Backup => &[Command::Backup],
        Verb::AutoStop => &[Command::AutoStop { interval: AutoStop::After(HOUR) }],
        Verb::AutoPause => &[Command::AutoPause { interval: AutoPause::After(HOUR) }],
        Verb::AutoArchive => &[Command::AutoArchive { interval: AutoArchive::After(HOUR) }],
        Verb::AutoDelete => &[Command::AutoDelete { interval: AutoDelete::AtOnce }],
        Verb::Ttl => &[Command::Ttl { interval: Ttl::After(HOUR) }],
        Verb::Touch => &[Command::Touch],
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::Verb;

    #[test]
    fn every_sample_is_of_its_verb() {
        for verb in Verb::ALL {
            assert!(super::of(*verb).iter().all(|command| command.verb() == *verb), "{verb}");
        }
    }
}
