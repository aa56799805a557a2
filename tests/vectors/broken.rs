//! Refusals that only a broken row gets: no platform writes such a row, but a store may hold one.

use crate::form::now;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Input, Lifecycle, Policy, SandboxClass, SandboxState,
    testing::{Case, cell_of, cells},
    vocabulary::{AutoDelete, BackupState, Fault},
};
use std::collections::{BTreeMap, BTreeSet};

/// Returns a case for each refusal of a command that none of the `known` cells is, with the simplest row that gets it.
pub fn cases(policy: &Policy, known: &BTreeSet<String>) -> Vec<(String, Case)> {
    let (mut found, commands) = (BTreeMap::new(), commands(policy));
    for row in rows() {
        for command in &commands {
            let case = Case { row, input: (*command).into(), context: Context::of(&row), now: now() };
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

/// Returns the commands of the cells, each once.
fn commands(policy: &Policy) -> Vec<Command> {
    let mut commands = Vec::new();
    for cell in cells(policy) {
        match cell.case.input {
            Input::Command(command) if !commands.contains(&command) => commands.push(command),
            Input::Command(_) | Input::Report(_) | Input::Timer(_) => {}
        }
    }
    commands
}
