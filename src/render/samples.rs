//! A command of each kind, with the arguments that decide between the cases of the table.

use crate::{
    rules::{Command, Verb},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Minutes, SizeChange, Ttl},
};
use core::num::NonZeroU32;

const HOUR: Minutes = match Minutes::new(60) {
    Some(hour) => hour,
    None => Minutes::MAX,
};

/// More cpu than any sandbox has by default: what a running one may ask for.
const MORE_CPU: SizeChange = SizeChange { cpu: Some(NonZeroU32::MAX), memory: None, disk: None };

/// The ways to ask for what this row of the table decides.
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
