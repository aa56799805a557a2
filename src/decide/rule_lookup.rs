//! Finding the rule of a command without a branch on the command.
//!
//! Speed dictated the form: which command comes next is unpredictable, and a missed jump costs more than the decision. The
//! plain form is `row(command.verb()).rule(command.flag())`; a test compares the two for every command and argument.

use crate::{
    rules::{
        Command,
        table::{form::Rule, rows::row},
    },
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, SizeChange, Ttl},
};

/// Each command, in the order of [`Command`], with its yes-or-no argument no and yes.
const COMMANDS: [[Command; 2]; 16] = {
    const fn both(command: Command) -> [Command; 2] {
        [command, command]
    }
    let set = crate::vocabulary::Minutes::MAX;
    [
        both(Command::Start),
        both(Command::Pause),
        both(Command::Archive),
        both(Command::Resize(SizeChange { cpu: None, memory: None, disk: None })),
        both(Command::Fork),
        [Command::Stop { force: false }, Command::Stop { force: true }],
        [Command::Destroy { force: false }, Command::Destroy { force: true }],
        [Command::Snapshot { include_memory: false }, Command::Snapshot { include_memory: true }],
        [Command::Recover { start: false }, Command::Recover { start: true }],
        both(Command::Backup),
        [Command::AutoStop { interval: AutoStop::After(set) }, Command::AutoStop { interval: AutoStop::Never }],
        [Command::AutoPause { interval: AutoPause::After(set) }, Command::AutoPause { interval: AutoPause::Never }],
        [Command::AutoDelete { interval: AutoDelete::NEVER }, Command::AutoDelete { interval: AutoDelete::AtOnce }],
        both(Command::AutoArchive { interval: AutoArchive::AtOnce }),
        both(Command::Ttl { interval: Ttl::None }),
        both(Command::Touch),
    ]
};

/// The rule of each of [`COMMANDS`], found in the plain way at compile time.
static RULES: [[Rule; 2]; COMMANDS.len()] = {
    const fn plain(command: Command) -> Rule {
        row(command.verb()).rule(command.flag())
    }
    let [[no, yes], ..] = COMMANDS;
    let mut rules = [[plain(no), plain(yes)]; COMMANDS.len()];
    let (mut to, mut from): (&mut [[Rule; 2]], &[[Command; 2]]) = (&mut rules, &COMMANDS);
    while let ([place, places @ ..], [[no, yes], rest @ ..]) = (to, from) {
        *place = [plain(*no), plain(*yes)];
        (to, from) = (places, rest);
    }
    rules
};

/// Returns the rule of a command.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "`place` is below 16; the `&` tells the compiler so")]
pub(super) fn rule_of(command: &Command) -> &'static Rule {
    &RULES[place(command) & 15][usize::from(flag(command))]
}

/// The place in [`COMMANDS`]: the order of declaration, so that it compiles to a cast.
#[inline]
const fn place(command: &Command) -> usize {
    match command {
        Command::Start => 0,
        Command::Pause => 1,
        Command::Archive => 2,
        Command::Resize(_) => 3,
        Command::Fork => 4,
        Command::Stop { .. } => 5,
        Command::Destroy { .. } => 6,
        Command::Snapshot { .. } => 7,
        Command::Recover { .. } => 8,
        Command::Backup => 9,
        Command::AutoStop { .. } => 10,
        Command::AutoPause { .. } => 11,
        Command::AutoDelete { .. } => 12,
        Command::AutoArchive { .. } => 13,
        Command::Ttl { .. } => 14,
        Command::Touch => 15,
    }
}

/// `Command::flag` as comparisons. Each question is a function pointer, so that it is compiled by itself; asked in one
/// function, they become a jump on the command.
#[inline(always)]
fn flag(command: &Command) -> bool {
    const SAYS_YES: fn(&Command) -> bool = |command| match command {
        Command::Stop { force: yes } | Command::Destroy { force: yes } => *yes,
        Command::Snapshot { include_memory: yes } | Command::Recover { start: yes } => *yes,
        Command::Start | Command::Pause | Command::Archive | Command::Resize(_) | Command::Fork => false,
        Command::Backup | Command::AutoStop { .. } | Command::AutoPause { .. } | Command::AutoDelete { .. } => false,
        Command::AutoArchive { .. } | Command::Ttl { .. } | Command::Touch => false,
    };
    // Each answer is handed on, not joined: one comparison then finds all three commands.
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
    use super::{COMMANDS, rule_of};

    #[test]
    fn the_lookup_finds_the_rule_of_every_command_and_argument() {
        for command in COMMANDS.as_flattened() {
            let rule = rule_of(command);
            assert_eq!((rule.verb, rule.flag), (command.verb(), command.verb() == rule.verb && command.flag()));
        }
    }
}
