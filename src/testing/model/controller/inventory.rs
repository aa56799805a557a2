//! Comparing a runner's inventory with a row (contract 12).

use super::super::{
    decide::{Model, read},
    effects::Taken,
    row::{has_current_backup, settled},
    write::Write,
};
use crate::{
    controller::ListedBy,
    lifecycle::Columns,
    rules::Context,
    runner::Listed,
    vocabulary::{CopyState, DesiredState, Micros, SandboxState as S},
};
use chrono::{DateTime, Utc};

/// What the model says about an entry of an inventory, or about a row that its runner does not list.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// Row and copy agree, or a pass asks anyway.
    Agrees,
    /// This row is written, with these effects.
    Apply(Taken),
    /// The runner removes its copy.
    Remove {
        /// The epoch of the removal.
        epoch: u32,
    },
    /// The runner releases its copy.
    Release {
        /// The epoch of the release.
        epoch: u32,
    },
}

impl Model {
    /// Returns what to do about what a runner lists of this row.
    pub fn compare(
        &self,
        row: &Columns,
        by: ListedBy,
        copy: Option<&Listed>,
        context: Context,
        now: DateTime<Utc>,
    ) -> Compared {
        let row = &read(row);
        if context.revision() != row.revision {
            return Compared::Agrees;
        }
        let mut write = Write::to(row, Micros::from(now).into());
        match (by, copy) {
            (ListedBy::OwnRunner, copy) => {
                if !must_be_asked(row, copy) {
                    return Compared::Agrees;
                }
                if copy.is_some_and(|copy| copy.state == CopyState::Running && !copy.released) {
                    write.disk_changes();
                }
            }
            (ListedBy::OtherRunner | ListedBy::NewestSurvivor, None) => return Compared::Agrees,
            (ListedBy::OtherRunner | ListedBy::NewestSurvivor, Some(copy)) => {
                // It is the runner that the row left last, or an operator says that no newer copy is left.
                let newest = by == ListedBy::NewestSurvivor || copy.epoch == Some(row.epoch);
                if let Some(compared) = belongs_elsewhere(row, copy, newest, context) {
                    return compared;
                }
                write.assign_runner(); // Contract 13: the row takes it back.
            }
        }
        write.row.must_ask = true;
        let taken = write.written_or_dropped().raise_revision(row);
        if taken.row == *row && taken.effects.is_empty() { Compared::Agrees } else { Compared::Apply(taken) }
    }
}

/// Returns whether the row and its own runner disagree, and no pass asks anyway.
fn must_be_asked(row: &Columns, copy: Option<&Listed>) -> bool {
    let goes = row.desired_state == DesiredState::Destroyed;
    if row.pending || row.must_ask || !row.has_runner || goes {
        return false;
    }
    let size = row.size();
    let looks = |state: CopyState| {
        let same_size = |copy: &Listed| copy.size.is_none_or(|listed| listed == size);
        copy.is_some_and(|copy| copy.state == state && !copy.released && same_size(copy))
    };
    match row.state.as_str() {
        "started" => !looks(CopyState::Running),
        "stopped" => !looks(CopyState::AtRest),
        "paused" => !looks(CopyState::Paused),
        "error" => !copy.is_some_and(|copy| looked_into(row, copy)),
        _a_pass_looks => false,
    }
}

/// Returns whether another ask about an error would change nothing.
fn looked_into(row: &Columns, copy: &Listed) -> bool {
    let leads_on: &[&str] = match copy.state {
        CopyState::Running => &["started", "stopped"],
        CopyState::Paused => &["paused", "stopped"],
        CopyState::AtRest => &["stopped"],
        CopyState::None | CopyState::Busy => return false,
    };
    row.recoverable && !copy.released && !leads_on.contains(&row.desired_state.as_str())
}

/// Returns what another runner does with its copy, or `None` if the row takes that runner back.
fn belongs_elsewhere(row: &Columns, copy: &Listed, newest: bool, context: Context) -> Option<Compared> {
    let goes = row.desired_state == DesiredState::Destroyed;
    let epoch = row.epoch;
    if row.state == S::Destroyed || (goes && !row.has_runner) {
        return Some(Compared::Remove { epoch });
    }
    if row.state == S::Error && !row.has_runner && !has_current_backup(row) && newest {
        return None;
    }
    if settled(row) && (row.has_runner || has_current_backup(row)) && context.live_fork_children() == 0 {
        return Some(Compared::Remove { epoch });
    }
    Some(if copy.released { Compared::Agrees } else { Compared::Release { epoch: copy.epoch.unwrap_or(0) } })
}
