//! The look-up of a command's rule, without a branch on the command.
//!
//! It is branchless for speed: the next command is unpredictable, and a mispredicted jump costs more than the decision.
//! The plain form is `row(command.verb()).rule(command.flag())`. A test compares the two for every command and
//! argument.

use crate::{
    rules::{
        input::command::{Command, CommandKind},
        table::{form::Rule, rows::row},
    },
    vocabulary::{AutoDelete, AutoPause, AutoStop},
};

/// The rules of [`Command::EXAMPLES`], which the plain form finds at compile time.
static RULES: [[Rule; 2]; Command::EXAMPLES.len()] = {
    const fn plain(command: Command) -> Rule {
        row(command.verb()).rule(command.flag())
    }
    let [[no, yes], ..] = Command::EXAMPLES;
    let mut rules = [[plain(no), plain(yes)]; Command::EXAMPLES.len()];
    let (mut to, mut from): (&mut [[Rule; 2]], &[[Command; 2]]) = (&mut rules, &Command::EXAMPLES);
    while let ([place, places @ ..], [[no, yes], rest @ ..]) = (to, from) {
        *place = [plain(*no), plain(*yes)];
        (to, from) = (places, rest);
    }
    rules
};

/// Returns the rule of a command.
#[inline(always)]
#[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "below 16, which the `&` shows to the compiler")]
pub(super) fn rule_of(command: &Command) -> &'static Rule {
    &RULES[CommandKind::from(command) as usize & 15][usize::from(flag(command))]
}

/// Computes `Command::flag` by comparisons. Each comparison is a function pointer, so that the compiler compiles it
/// separately. In one function, it turns them into a jump on the command.
#[inline(always)]
fn flag(command: &Command) -> bool {
    const SAYS_YES: fn(&Command) -> bool = |command| match command {
        Command::Stop { force: yes } | Command::Destroy { force: yes } => *yes,
        Command::Snapshot { include_memory: yes } | Command::Recover { start: yes } => *yes,
        Command::Start | Command::Pause | Command::Archive | Command::Resize(_) | Command::Fork => false,
        Command::Backup | Command::AutoStop { .. } | Command::AutoPause { .. } | Command::AutoDelete { .. } => false,
        Command::AutoArchive { .. } | Command::Ttl { .. } | Command::Touch => false,
    };
    // Each function passes on the answer before it: the compiler then finds all three commands with one comparison.
    const TURNS_OFF: [fn(&Command, bool) -> bool; 3] = [
        |command, before| {
            if let Command::AutoStop { interval } = command { *interval == AutoStop::Never } else { before }
        },
        |command, before| {
            if let Command::AutoPause { interval } = command { *interval == AutoPause::Never } else { before }
        },
        |command, before| {
            if let Command::AutoDelete { interval } = command { *interval == AutoDelete::AtOnce } else { before }
        },
    ];
    SAYS_YES(command) | TURNS_OFF.iter().fold(false, |before, turns_off| turns_off(command, before))
}

#[cfg(test)]
mod tests {
    use super::{Command, rule_of};
    use crate::rules::input::verb::VerbAndFlag;

    #[test]
    fn the_lookup_finds_the_rule_of_every_command_and_argument() {
        for command in Command::EXAMPLES.as_flattened() {
            let rule = rule_of(command);
            assert_eq!(rule.of, VerbAndFlag { verb: command.verb(), flag: command.flag() });
        }
    }
}
