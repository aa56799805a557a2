//! The lifecycle of one sandbox as a value.

use super::{instants::NEVER, sets::fact_set::Facts, status::Status};
use crate::vocabulary::{
    AutoArchive, AutoPause, AutoStop, GpuType, Micros, QueueTimeout, SandboxClass, SandboxState, Size,
};

/// The lifecycle of one sandbox: its state, its desired state, and everything else that a rule reads.
///
/// It is a plain value. Build it from your own row with [`Columns`](crate::Columns), from an API record with
/// [`SandboxDto`](crate::record::SandboxDto), or with [`Lifecycle::create`], and call [`decide`](Lifecycle::decide) on it.
/// It can hold any combination of known words, since a stored row may be broken:
/// [`violations`](Lifecycle::violations) lists what is wrong.
///
/// ```
/// use sandbox_lifecycle::{Columns, DesiredState, Lifecycle, SandboxState};
/// let row = Lifecycle::from(Columns {
///     state: SandboxState::Started,
///     desired_state: DesiredState::Stopped,
///     pending: true,
///     ..Columns::default()
/// });
/// assert_eq!(row.reported_state(), SandboxState::Stopping);
/// assert!(row.violations().is_empty());
/// ```
///
/// Its fields are private: only a [`Step`](crate::Step) writes a state.
///
/// ```compile_fail,E0616
/// # use sandbox_lifecycle::{Columns, Lifecycle};
/// let mut row = Lifecycle::from(Columns::default());
/// row.epoch = 7;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lifecycle {
    pub(crate) facts: Facts,
    pub(crate) created: Micros,
    pub(crate) last_activity: Micros,
    pub(crate) since: Micros,
    pub(crate) destroy_at: Micros,
    pub(crate) backup_since: Micros,
    pub(crate) last_recovery: Micros,
    pub(crate) revision: u32,
    pub(crate) epoch: u32,
    pub(crate) backup_attempt: u32,
    pub(crate) size: Size,
    pub(crate) auto_stop: AutoStop,
    pub(crate) auto_pause: AutoPause,
    pub(crate) auto_archive: AutoArchive,
    pub(crate) auto_delete: i32,
    pub(crate) queue_timeout: Option<QueueTimeout>,
    pub(crate) status: Status,
    pub(crate) class: SandboxClass,
    pub(crate) gpu_type: Option<GpuType>,
    pub(crate) gpus: u8,
}

const _: () = assert!(size_of::<Lifecycle>() <= 112, "a lifecycle is copied for every decision; keep it small");

impl Lifecycle {
    /// Every column empty or zero, to be filled from [`Columns`].
    pub(crate) const BLANK: Self = Self {
        facts: Facts::NONE,
        created: NEVER,
        last_activity: NEVER,
        since: NEVER,
        destroy_at: NEVER,
        backup_since: NEVER,
        last_recovery: NEVER,
        revision: 0,
        epoch: 0,
        backup_attempt: 0,
        size: Size { cpu: 0, memory: 0, disk: 0 },
        auto_stop: AutoStop::Never,
        auto_pause: AutoPause::Never,
        auto_archive: AutoArchive::AtOnce,
        auto_delete: 0,
        queue_timeout: None,
        status: Status::BLANK,
        class: SandboxClass::Container,
        gpu_type: None,
        gpus: 0,
    };

    /// Whether the sandbox is where it should go.
    pub const fn is_settled(&self) -> bool {
        self.status.is_settled()
    }

    /// Whether it is deleted when it stops: auto-delete 0.
    pub const fn is_ephemeral(&self) -> bool {
        self.auto_delete == 0
    }

    /// Returns the lifecycle with the next revision. An edit of the record's other fields raises it like a step, and so does
    /// `Effect::RaiseParent` on the parent.
    #[must_use]
    pub const fn with_next_revision(self) -> Self {
        Self { revision: self.revision.wrapping_add(1), ..self }
    }

    /// Returns CPU (cores), memory (GB) and disk (GB).
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Returns the state that the API shows: a requested change is visible at once (recorded: table `projection`). A
    /// recovery in place shows as starting or stopping, so that a client waits for it.
    pub const fn reported_state(&self) -> SandboxState {
        self.status.reported()
    }
}
