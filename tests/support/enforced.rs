//! The invariants that every write enforces, also on a row that was broken before.

use sandbox_lifecycle::lifecycle::Violation;

pub const ENFORCED: [Violation; 5] = [
    Violation::IncoherentStates,
    Violation::WrongPending,
    Violation::RunnerKept,
    Violation::BackupKept,
    Violation::NotRecoverable,
];
