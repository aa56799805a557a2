//! The laws about rows: what the host shows after each thing that it did.

use crate::{
    controller::RunnerStanding,
    lifecycle::Recovery,
    rules::Step,
    testing::simulation::{
        fleet::{Fleet, count},
        names::SandboxId,
        row::Row,
        verdict::{Fact, Law},
    },
    vocabulary::{AutoDelete, CopyState, SandboxState, is_older},
};
use alloc::{collections::BTreeMap, format, vec::Vec};

impl Fleet {
    /// Looks at the rows that the host shows after it did something.
    pub fn look_at(&mut self, rows: BTreeMap<SandboxId, Row>) {
        let written = core::mem::take(&mut self.written);
        for (sandbox, row) in &rows {
            match self.shown.get(sandbox).copied() {
                Some(old) if old == *row => {}
                Some(old) => self.judge_write(*sandbox, &old, row, &written),
                None => self.judge_new(*sandbox, row),
            }
        }
        let gone: Vec<_> = self.shown.keys().copied().filter(|sandbox| !rows.contains_key(sandbox)).collect();
        for sandbox in gone {
            count(&mut self.tally.purges);
            self.note(sandbox, Fact::RecordRemoved);
            self.judge_purge(sandbox);
        }
        self.shown = rows;
    }

    fn judge_new(&mut self, sandbox: SandboxId, row: &Row) {
        count(if row.parent.is_some() { &mut self.tally.forks } else { &mut self.tally.created });
        self.note(sandbox, Fact::Written { cause: None, row: *row });
        self.judge_soundness(sandbox, None, row);
    }

    fn judge_write(&mut self, sandbox: SandboxId, old: &Row, row: &Row, written: &[(SandboxId, Step)]) {
        count(&mut self.tally.writes);
        let steps = written.iter().filter(|(of, _)| *of == sandbox).map(|(_, step)| step);
        let cause = steps.clone().next_back().map(Step::cause);
        self.note(sandbox, Fact::Written { cause, row: *row });
        self.judge_soundness(sandbox, Some(old), row);
        self.judge_deletion(sandbox, old, row);
        self.judge_arrival(sandbox, old, row);
        for step in steps {
            self.judge_step(sandbox, old, row, step);
        }
        let calm = !self.faulty;
        let truth = self.truth(sandbox);
        truth.late_writes = truth.late_writes.saturating_add(u64::from(calm));
        // Only a recovery leaves an error that nothing but a backup can end.
        let left = |row: &Row| row.lifecycle.state() != SandboxState::Error && !row.is_to_be_destroyed();
        if old.lifecycle.recovery() == Some(Recovery::FromBackup) && left(row) {
            truth.given_up = truth.newest;
        }
    }

    fn judge_soundness(&mut self, sandbox: SandboxId, old: Option<&Row>, row: &Row) {
        let new = &row.lifecycle;
        let grows = old.is_none_or(|old| {
            let old = &old.lifecycle;
            !is_older(new.revision(), old.revision())
                && !is_older(new.epoch(), old.epoch())
                && !is_older(new.backup_attempt(), old.backup_attempt())
        });
        let sound = grows && new.violations().is_empty();
        self.hold(Law::RowsAreSound, sandbox, sound, || match old {
            Some(old) if !grows => format!("a number falls, from {old} to {row}"),
            Some(_) | None => format!("{}: {row}", new.violations()),
        });
    }

    /// Nothing is destroyed that no command and no setting ends.
    fn judge_deletion(&mut self, sandbox: SandboxId, old: &Row, row: &Row) {
        if !row.is_to_be_destroyed() || old.is_to_be_destroyed() {
            return;
        }
        let ends = |row: &Row| {
            let row = &row.lifecycle;
            row.is_ephemeral() || row.auto_delete() != AutoDelete::NEVER || row.auto_destroy_at().is_some()
        };
        let truth = self.truth(sandbox);
        truth.deleted = true;
        let asked = truth.end_was_asked || truth.owner.is_some() || ends(old) || ends(row);
        self.hold(Law::GrantsAreKept, sandbox, asked, || format!("nobody asked for its end: {row}"));
    }

    /// A row that settles says what its own runner has.
    fn judge_arrival(&mut self, sandbox: SandboxId, old: &Row, new: &Row) {
        let row = &new.lifecycle;
        // A change in place that is over its limit comes back to be asked about.
        let arrives = row.is_settled() && row.state() != old.lifecycle.state() && !row.must_ask();
        let (true, Some(runner), Some(expected)) = (arrives, new.runner, copy_of(row.state())) else { return };
        let by_itself = self.truth(sandbox).changed_by_itself.contains(&runner);
        let Some(it) = self.runners.get(&runner) else { return };
        let shown = it.seen(sandbox).state;
        let holds = by_itself || !it.powered || shown == expected;
        self.hold(Law::RowsTellTheTruth, sandbox, holds, || format!("its copy on {runner} is {shown}: {new}"));
    }

    /// Whether the copy on the runner of this row counts: the runner was not declared gone.
    pub fn has_runner_at_hand(&self, row: &Row) -> bool {
        row.runner.is_none_or(|runner| self.standing(runner) != RunnerStanding::Gone)
    }
}

/// Returns what the runner of a row has that settled in this state.
pub fn copy_of(state: SandboxState) -> Option<CopyState> {
    let shown = [
        (SandboxState::Started, CopyState::Running),
        (SandboxState::Stopped, CopyState::AtRest),
        (SandboxState::Paused, CopyState::Paused),
    ];
    shown.into_iter().find(|(settled, _)| *settled == state).map(|(_, copy)| copy)
}
