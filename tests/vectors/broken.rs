//! Refusals that only a broken row gets: no platform writes such a row, but a store may hold one.

use crate::form::now;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Policy, SandboxClass, SandboxState,
    testing::{Case, cell_of},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, Fault, Minutes, SizeChange, Ttl},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

/// Returns a case for each refusal of a command that none of the `known` cells is, with the simplest row that gets it.
pub fn cases(policy: &Policy, known: &BTreeSet<String>) -> Vec<(String, Case)> {
    let mut found = BTreeMap::new();
    for row in rows() {
        for command in commands() {
            let case = Case { row, input: command.into(), context: Context::of(&row), now: now() };
            let name = cell_of(&case, policy).to_string();
            if name.contains("/refused/") && !known.contains(&name) {
                found.entry(name).or_insert(case);
            }
        }
    }
    found.into_iter().collect()
}

/// What may differ from an ordinary row.
const ODDITIES: [fn(Columns) -> Columns; 6] = [
    |columns| Columns { class: SandboxClass::LinuxVm, ..columns },
    |columns| Columns { auto_delete: AutoDelete::AtOnce, ..columns },
    |columns| Columns { has_runner: !columns.has_runner, ..columns },
    |columns| Columns { pending: !columns.pending, ..columns },
    |columns| Columns { recoverable: true, ..columns },
    |columns| Columns {
        fault: Some(Fault::Timeout),
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        backup_attempt: 1,
        ..columns
    },
];

/// Returns rows with every pair of states, those with the fewest oddities first.
fn rows() -> Vec<Lifecycle> {
    let mut choices: Vec<u32> = (0..1 << ODDITIES.len()).collect();
    choices.sort_by_key(|choice: &u32| choice.count_ones());
    let desired_states = DesiredState::ALL.iter().filter(|desired| **desired != DesiredState::Resized);
    let pairs: Vec<_> =
        desired_states.flat_map(|desired| SandboxState::ALL.iter().map(|state| (*state, *desired))).collect();
    let row = |choice: u32, (state, desired_state)| {
        let times = Columns { created_at: now(), last_activity_at: now(), state_since: now(), ..Columns::default() };
        let ordinary = Lifecycle::from(Columns { state, desired_state, ..times }).repaired().columns();
        let oddities = ODDITIES.iter().enumerate().filter(|(place, _)| choice & 1 << place != 0);
        Lifecycle::from(oddities.fold(ordinary, |columns, (_, odd)| odd(columns)))
    };
    choices.into_iter().flat_map(|choice| pairs.iter().map(move |pair| row(choice, *pair))).collect()
}

/// Returns every command with the arguments that a check may refuse.
fn commands() -> Vec<Command> {
    let hour = Minutes::new(60).expect("an interval");
    let more = SizeChange { cpu: NonZeroU32::new(4), ..SizeChange::default() };
    let plain = [
        Command::Start,
        Command::Pause,
        Command::Archive,
        Command::Resize(more),
        Command::Fork,
        Command::Backup,
        Command::AutoStop { interval: AutoStop::Never },
        Command::AutoStop { interval: AutoStop::After(hour) },
        Command::AutoPause { interval: AutoPause::Never },
        Command::AutoPause { interval: AutoPause::After(hour) },
        Command::AutoArchive { interval: AutoArchive::After(hour) },
        Command::AutoDelete { interval: AutoDelete::NEVER },
        Command::AutoDelete { interval: AutoDelete::AtOnce },
        Command::Ttl { interval: Ttl::After(hour) },
    ];
    let flagged = [false, true].into_iter().flat_map(|yes| {
        [
            Command::Stop { force: yes },
            Command::Destroy { force: yes },
            Command::Snapshot { include_memory: yes },
            Command::Recover { start: yes },
        ]
    });
    plain.into_iter().chain(flagged).collect()
}
