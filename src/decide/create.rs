//! A new sandbox: its defaults, and the requests that are refused before a row is stored.

use crate::lifecycle::{Columns, Lifecycle, instants::ends_after};
use crate::policy::Policy;
use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, DesiredState, FieldError, FieldErrors, GpuType, Minutes,
    QueueTimeout, SandboxClass, SandboxState, Size, Ttl, names,
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};
use core::fmt;

/// The settings of a new sandbox, as far as rules read them. An interval that is `None` gets its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NewSandbox {
    /// Where it begins.
    pub origin: Origin,
    /// The kind of machine. It comes from the snapshot, not from the request.
    pub class: SandboxClass,
    /// CPU, memory and disk.
    pub size: Size,
    /// The number of GPUs.
    pub gpu: u8,
    /// The GPU model that placement found.
    pub gpu_type: Option<GpuType>,
    /// The platform may evict it at any time. Only for GPU sandboxes.
    pub spot: bool,
    /// The sandbox may use `/dev/kvm`. Only for class linux-vm.
    pub kvm: bool,
    /// The sandbox that it is linked to.
    pub link: Option<Link>,
    /// When an idle running sandbox is stopped.
    pub auto_stop: Option<AutoStop>,
    /// When an idle running VM is paused.
    pub auto_pause: Option<AutoPause>,
    /// When a stopped sandbox is archived. 0 and numbers above the policy's maximum mean the maximum.
    pub auto_archive: Option<AutoArchive>,
    /// When a stopped sandbox is deleted.
    pub auto_delete: Option<AutoDelete>,
    /// How long it may live, from now.
    pub ttl: Ttl,
    /// How long it may wait for a runner.
    pub queue_timeout: Option<QueueTimeout>,
}

/// Where a new sandbox begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, strum::VariantArray)]
pub enum Origin {
    /// Placement found a runner with its image. It begins in unknown, on this runner.
    #[default]
    OnRunner,
    /// A runner must build its declarative image. It begins in pending_build, without a runner. Only for containers.
    ToBuild,
    /// No runner has its image. It begins in pulling_snapshot, without a runner.
    ToPull,
}

/// A link to another sandbox, its owner. The new sandbox is placed on the owner's runner and destroyed with the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link {
    /// The owner is itself linked to another sandbox. Links do not chain.
    pub owner_is_linked: bool,
}

/// Why no sandbox is created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The organization is suspended and cannot create sandboxes.
    #[error("cannot create a sandbox: the organization is suspended")]
    Suspended,
    /// The request has faulty fields. The error names all of them.
    #[error(transparent)]
    Invalid(#[from] FieldErrors),
}

impl CreateError {
    /// Returns the HTTP status to answer.
    pub const fn http_status(&self) -> u16 {
        match self {
            Self::Suspended => 403,
            Self::Invalid(errors) => errors.http_status(),
        }
    }
}

/// The idle minutes before a VM is paused, if the request has neither idle timer (published API, 0.205).
const DEFAULT_AUTO_PAUSE: u32 = 60;

impl Lifecycle {
    /// Returns a new lifecycle: desired started, pending, with epoch 1.
    ///
    /// The defaults are: auto-stop after 15 minutes, auto-archive after 7 days, auto-delete never. If neither idle
    /// timer is given, a VM that is not ephemeral is paused after 60 minutes instead of stopped.
    ///
    /// It does not know the organization. Refuse a suspended one first, or use [`CreateSandbox::create`], which refuses it
    /// with [`CreateError::Suspended`].
    ///
    /// [`CreateSandbox::create`]: crate::record::CreateSandbox
    ///
    /// ```
    /// use sandbox_lifecycle::{NewSandbox, Lifecycle, Policy, SandboxState, vocabulary::AutoDelete};
    /// let now = chrono::DateTime::UNIX_EPOCH;
    /// let new = Lifecycle::create(&NewSandbox::default(), &Policy::default(), now)?;
    /// assert_eq!((new.state(), new.reported_state()), (SandboxState::Unknown, SandboxState::Creating));
    ///
    /// let error = Lifecycle::create(&NewSandbox { gpu: 1, ..NewSandbox::default() }, &Policy::default(), now).unwrap_err();
    /// assert_eq!(error.to_string(), "autoDeleteInterval is absent, expected 0: a GPU sandbox is ephemeral");
    /// # Ok::<(), sandbox_lifecycle::vocabulary::FieldErrors>(())
    /// ```
    ///
    /// # Errors
    /// [`FieldErrors`] with every faulty field, its value and what is allowed.
    pub fn create(request: &NewSandbox, policy: &Policy, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        FieldErrors::unless(faults(request), request).map(|request| first_row(request, policy, now))
    }
}

fn first_row(request: &NewSandbox, policy: &Policy, now: DateTime<Utc>) -> Lifecycle {
    let (auto_stop, auto_pause) = idle_timers(request);
    let (state, has_runner) = match request.origin {
        Origin::OnRunner => (SandboxState::Unknown, true),
        Origin::ToBuild => (SandboxState::PendingBuild, false),
        Origin::ToPull => (SandboxState::PullingSnapshot, false),
    };
    Lifecycle::from(Columns {
        state,
        desired_state: DesiredState::Started,
        pending: true,
        class: request.class,
        gpu: request.gpu,
        gpu_type: request.gpu_type,
        cpu: request.size.cpu,
        memory: request.size.memory,
        disk: request.size.disk,
        has_runner,
        epoch: 1,
        auto_stop,
        auto_pause,
        auto_archive: request.auto_archive.unwrap_or_default().capped(policy.max_auto_archive),
        auto_delete: request.auto_delete.unwrap_or_default(),
        auto_destroy_at: request.ttl.minutes().and_then(|minutes| ends_after(now.into(), minutes)).map(Into::into),
        queue_timeout: request.queue_timeout,
        created_at: now,
        last_activity_at: now,
        state_since: now,
        // A new sandbox has neither a backup nor an error.
        ..Columns::default()
    })
}

/// Returns the two idle timers. At most one of them is on.
fn idle_timers(request: &NewSandbox) -> (AutoStop, AutoPause) {
    let pauses = request.class.is_vm() && request.auto_delete != Some(AutoDelete::AtOnce);
    match (request.auto_stop, request.auto_pause) {
        (Some(stop), pause) => (stop, pause.unwrap_or_default()),
        (None, Some(AutoPause::After(minutes))) => (AutoStop::Never, AutoPause::After(minutes)),
        (None, None) if pauses => {
            (AutoStop::Never, Minutes::new(DEFAULT_AUTO_PAUSE).map_or(AutoPause::Never, AutoPause::After))
        }
        (None, Some(AutoPause::Never) | None) => (AutoStop::default(), AutoPause::Never),
    }
}

/// Returns the faulty fields of a request, in the order of its fields. The first failed check of a field counts.
fn faults(request: &NewSandbox) -> Vec<FieldError> {
    let NewSandbox { class, gpu, spot, kvm, link, .. } = *request;
    let ephemeral = request.auto_delete == Some(AutoDelete::AtOnce);
    let stops = request.auto_stop.is_some_and(|stop| stop != AutoStop::Never);
    let pauses = request.auto_pause.is_some_and(|pause| pause != AutoPause::Never);
    let builds_a_vm = request.origin == Origin::ToBuild && class != SandboxClass::Container;
    let unlinked_android = class == SandboxClass::Android && link.is_none();
    let linked_twice = link.is_some_and(|link| link.owner_is_linked);
    let pause = InMinutes(request.auto_pause.map(AutoPause::as_minutes));
    let delete = InMinutes(request.auto_delete.map(AutoDelete::as_minutes));
    let mut faults: Vec<FieldError> = Vec::new();
    // By reference, so that a value is written only if its check fails.
    let mut check = |fails: bool, field, value: &dyn fmt::Display, allowed: &dyn fmt::Display| {
        if fails && !faults.iter().any(|fault| fault.field == field) {
            faults.push(FieldError::new(field, value, allowed));
        }
    };
    let has_kvm = class == SandboxClass::LinuxVm;
    check(kvm && !has_kvm, names::kvm, &"true", &format_args!("false: class {class} has no KVM"));
    check(spot && gpu == 0, names::spot, &"true", &"false: only a GPU sandbox can be evicted");
    check(pauses && stops, AutoPause::FIELD, &pause, &"0: at most one of auto-stop and auto-pause is set");
    check(pauses && ephemeral, AutoPause::FIELD, &pause, &"0: an ephemeral sandbox is never paused");
    check(pauses && !class.is_vm(), AutoPause::FIELD, &pause, &"0: only a VM can be paused");
    check(gpu > 0 && !ephemeral, AutoDelete::FIELD, &delete, &"0: a GPU sandbox is ephemeral");
    check(link.is_some() && !ephemeral, AutoDelete::FIELD, &delete, &"0: a linked sandbox is ephemeral");
    check(
        builds_a_vm,
        names::build_info,
        &format_args!("given for class {class}"),
        &"none: images are built for containers",
    );
    check(unlinked_android, names::linked_sandbox, &ABSENT, &"a sandbox to link an android to");
    check(gpu > 0 && link.is_some(), names::linked_sandbox, &"given", &"none: a GPU sandbox cannot be linked");
    check(linked_twice, names::linked_sandbox, &"a linked sandbox", &"a sandbox that is not itself linked");
    faults
}

/// The value of a field that the request omits.
const ABSENT: &str = "absent";

/// The value of an interval of a request.
struct InMinutes(Option<i32>);

impl fmt::Display for InMinutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(minutes) => write!(f, "{minutes} minutes"),
            None => f.write_str(ABSENT),
        }
    }
}
