//! What an API record shows of a lifecycle, and every row that may stand behind it.
//!
//! Rules ask about few of the columns that a record hides, and only with a yes or no, so all combinations can be tried.

use crate::{
    lifecycle::{facts, recovery::Recovery, sets::fact_set::Facts, status::Status, value::Lifecycle},
    vocabulary::{BackupState, Fault, Repair, SandboxClass, SandboxState},
};

/// What an API record shows of a [`Lifecycle`]. It tells what is not visible from what is not so.
///
/// A record shows the reported state, behind which several stored states may stand. It hides the columns that only the
/// server has (pending, the backup reference, what went wrong, …), often the runner, and whatever it leaves out. Build one
/// from a [`SandboxDto`](crate::SandboxDto), a [`SandboxListItem`](crate::record::SandboxListItem) or a
/// [`LifecycleView`](crate::record::LifecycleView).
///
/// One thing is assumed of what is hidden: the row is as each write leaves it ([`Lifecycle::repaired`]), so that `pending`
/// follows from the stored states. Where no such row shows this record, nothing is assumed.
///
/// ```
/// use sandbox_lifecycle::{lifecycle::{PartialLifecycle, Recovery}, record::LifecycleView};
/// let text = r#"{"state":"error","desiredState":"started","recoverable":true,"backupState":"Completed"}"#;
/// let record: LifecycleView = serde_json::from_str(text)?;
/// let seen = PartialLifecycle::try_from(&record)?;
/// // The record does not say whether the sandbox timed out, and whether the backup has a reference.
/// assert!(seen.recoveries().eq([Recovery::InPlace, Recovery::FromBackup]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialLifecycle {
    shown: Lifecycle,
    missing: Missing,
}

/// The columns that rules ask about and that a record left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Missing {
    pub(crate) class: bool,
    pub(crate) gpu: bool,
    pub(crate) size: bool,
    pub(crate) backup_state: bool,
    pub(crate) recoverable: bool,
    pub(crate) auto_stop: bool,
    pub(crate) auto_pause: bool,
    pub(crate) auto_delete: bool,
    pub(crate) runner: bool,
}

/// What may be assumed of a row that is not visible.
#[derive(Clone, Copy)]
enum Assumed {
    /// Its hidden columns are as each write leaves them.
    Written,
    /// The API shows its state as the reported state.
    Reported,
    /// The record has its stored state.
    Nothing,
}

impl PartialLifecycle {
    /// What is shown, with the reported state, and what the record left out.
    pub(crate) const fn new(shown: Lifecycle, missing: Missing) -> Self {
        Self { shown, missing }
    }

    /// Returns how the recover command may bring the sandbox back, as far as the record shows: no way, one, or either.
    pub fn recoveries(&self) -> impl Iterator<Item = Recovery> + use<> {
        let seen = *self;
        let possible = move |way: &Recovery| seen.rows().any(|row| row.recovery() == Some(*way));
        [Recovery::InPlace, Recovery::FromBackup].into_iter().filter(possible)
    }

    /// Returns every row that may stand behind the record, up to columns that no fact asks about and to those of
    /// [`unknown_facts`](Self::unknown_facts).
    pub(crate) fn rows(&self) -> impl Iterator<Item = Lifecycle> + use<> {
        let seen = *self;
        let levels = [Assumed::Written, Assumed::Reported];
        let found = levels.into_iter().find(|assumed| seen.statuses(*assumed).next().is_some());
        let others =
            SandboxClass::ALL.iter().copied().filter(move |class| seen.missing.class && *class != seen.shown.class);
        let classes = core::iter::once(seen.shown.class).chain(others);
        let rows = seen.statuses(found.unwrap_or(Assumed::Nothing));
        rows.flat_map(move |status| {
            classes.clone().map(move |class| Lifecycle { status, class, ..seen.shown }.with_facts())
        })
    }

    /// Returns the facts of every row that the record leaves open because it left out a column.
    pub(crate) fn unknown_facts(&self) -> Facts {
        let Missing { gpu, auto_stop, auto_pause, auto_delete, .. } = self.missing;
        Facts::NONE
            .and(facts::without_gpu.when(gpu))
            .and(facts::auto_stop_off.when(auto_stop))
            .and(facts::auto_pause_off.when(auto_pause))
            .and(facts::durable.and(facts::ephemeral).when(auto_delete))
    }

    /// Whether the record leaves out the size.
    pub(crate) const fn lacks_size(&self) -> bool {
        self.missing.size
    }

    fn statuses(self, assumed: Assumed) -> impl Iterator<Item = Status> {
        let Self { shown: Lifecycle { status: shown, .. }, missing } = self;
        let repairs = [None, Some(Repair::Recover), Some(Repair::Stop)];
        let states = SandboxState::ALL
            .iter()
            .flat_map(move |state| repairs.into_iter().map(move |repair| shown.with_state(*state).with_repair(repair)));
        let states = states.filter(move |status| match assumed {
            Assumed::Written | Assumed::Reported => status.reported() == shown.state(),
            Assumed::Nothing => status.state() == shown.state(),
        });
        let backups = move |status: Status| {
            let possible =
                BackupState::ALL.iter().filter(move |state| missing.backup_state || **state == shown.backup());
            possible.map(move |state| status.with_backup(*state))
        };
        let fits = move |status: &Status| {
            (missing.runner || status.has_runner() == shown.has_runner())
                && (missing.recoverable || status.recoverable() == shown.recoverable())
                && match assumed {
                    Assumed::Written => *status == status.repaired(),
                    Assumed::Reported | Assumed::Nothing => true,
                }
        };
        states.flat_map(backups).flat_map(flags).filter(fits)
    }
}

/// Returns these columns with every combination of the hidden flags that a fact asks about.
fn flags(status: Status) -> impl Iterator<Item = Status> {
    (0..1u32 << 8).map(move |bits| {
        let has = |flag: u32| bits & 1 << flag != 0;
        status
            .with_pending(has(0))
            .with_runner(has(1))
            .with_recoverable(has(2))
            .with_backup_ref(has(3))
            .with_changed_since_backup(has(4))
            .with_kept_backup(has(5))
            .with_must_ask_store(has(6))
            .with_fault(has(7).then_some(Fault::Timeout))
    })
}
