//! A new lifecycle: its defaults, and what is refused before anything is stored (sections 9 and 14).

use crate::{
    lifecycle::{Columns, Lifecycle, instants::ends_after},
    policy::Policy,
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, FieldError, FieldErrors, GpuType,
        Minutes, QueueTimeout, SandboxClass, SandboxState, Size, Ttl, names,
    },
};
use alloc::{format, string::String, vec::Vec};
use chrono::{DateTime, Utc};
use core::fmt;

/// What a new sandbox is asked to be, as far as rules care. Intervals that are not given get their defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NewSandbox {
    /// Where it begins.
    pub origin: Origin,
    /// What kind of machine it is. The request does not say; its snapshot does.
    pub class: SandboxClass,
    /// cpu, memory and disk.
    pub size: Size,
    /// How many GPUs.
    pub gpu: u8,
    /// The GPU model that was found for it.
    pub gpu_type: Option<GpuType>,
    /// It may be evicted at any time: GPU sandboxes only.
    pub spot: bool,
    /// `/dev/kvm` is open to it: linux-vm only.
    pub kvm: bool,
    /// The sandbox it is linked to.
    pub link: Option<Link>,
    /// When an idle running sandbox is stopped.
    pub auto_stop: Option<AutoStop>,
    /// When an idle running VM is paused.
    pub auto_pause: Option<AutoPause>,
    /// When a stopped sandbox is archived; 0 and too much become the policy's maximum.
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
    /// A runner with its image was found: it begins in unknown, and is created there.
    #[default]
    OnRunner,
    /// Its declarative image has to be built: pending_build, without a runner yet. Containers only.
    ToBuild,
    /// No runner has its image: pulling_snapshot, without a runner yet.
    ToPull,
}

/// A link to another sandbox, beside which a new one is placed and with which it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link {
    /// The owner is itself linked to another: links do not chain.
    pub owner_is_linked: bool,
}

/// Why no sandbox is created. All faulty fields are named at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The organization is suspended, and may create nothing (section 13).
    #[error("create is refused: a suspended organization creates nothing")]
    Suspended,
    /// The request asks for what cannot be.
    #[error(transparent)]
    Invalid(#[from] FieldErrors),
}

impl CreateError {
    /// The HTTP status to answer.
    pub const fn http_status(&self) -> u16 {
        match self {
            Self::Suspended => 403,
            Self::Invalid(errors) => errors.http_status(),
        }
    }
}

/// Minutes of rest before a VM is paused, where neither idle timer is given (spec, 0.205).
const DEFAULT_AUTO_PAUSE: u32 = 60;

impl Lifecycle {
    /// A new lifecycle: desired started, pending, in the first piece of work (epoch 1).
    ///
    /// Auto-stop is 15 minutes, auto-archive 7 days, auto-delete never. A VM that is not ephemeral is paused after 60
    /// minutes instead of stopped, where neither is given.
    ///
    /// ```
    /// use sandbox_lifecycle::{AutoDelete, NewSandbox, Lifecycle, Policy, SandboxState};
    /// let now = chrono::DateTime::UNIX_EPOCH;
    /// let new = Lifecycle::create(&NewSandbox::default(), &Policy::default(), now)?;
    /// assert_eq!((new.state(), new.reported_state()), (SandboxState::Unknown, SandboxState::Creating));
    ///
    /// let error = Lifecycle::create(&NewSandbox { gpu: 1, ..NewSandbox::default() }, &Policy::default(), now).unwrap_err();
    /// assert_eq!(error.to_string(), "autoDeleteInterval is absent, expected 0: a GPU sandbox is ephemeral");
    /// # Ok::<(), sandbox_lifecycle::FieldErrors>(())
    /// ```
    ///
    /// # Errors
    /// Everything that section 14 refuses, each with its field, its value and what is allowed.
    pub fn create(asked: &NewSandbox, policy: &Policy, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        FieldErrors::unless(faults(asked), asked).map(|asked| begun(asked, policy, now))
    }
}

fn begun(asked: &NewSandbox, policy: &Policy, now: DateTime<Utc>) -> Lifecycle {
    let (auto_stop, auto_pause) = idle_timers(asked);
    let (state, has_runner) = match asked.origin {
        Origin::OnRunner => (SandboxState::Unknown, true),
        Origin::ToBuild => (SandboxState::PendingBuild, false),
        Origin::ToPull => (SandboxState::PullingSnapshot, false),
    };
    let auto_destroy_at = match asked.ttl {
        Ttl::None => None,
        Ttl::After(minutes) => ends_after(now.into(), minutes),
    };
    Lifecycle::from(Columns {
        state,
        desired_state: DesiredState::Started,
        pending: true,
        class: asked.class,
        gpu: asked.gpu,
        gpu_type: asked.gpu_type,
        cpu: asked.size.cpu,
        memory: asked.size.memory,
        disk: asked.size.disk,
        backup_state: BackupState::None,
        has_backup_ref: false,
        has_runner,
        fault: None,
        recoverable: false,
        force_stop: false,
        epoch: 1,
        auto_stop,
        auto_pause,
        auto_archive: asked.auto_archive.unwrap_or_default().capped(policy.max_auto_archive),
        auto_delete: asked.auto_delete.unwrap_or_default(),
        auto_destroy_at: auto_destroy_at.map(Into::into),
        queue_timeout: asked.queue_timeout,
        created_at: now,
        last_activity_at: now,
        state_since: now,
        backup_since: None,
    })
}

/// The two idle timers: at most one of them runs (section 9).
fn idle_timers(asked: &NewSandbox) -> (AutoStop, AutoPause) {
    let rests_paused = asked.class.is_vm() && asked.auto_delete != Some(AutoDelete::AtOnce);
    match (asked.auto_stop, asked.auto_pause) {
        (Some(stop), Some(pause)) => (stop, pause),
        (Some(stop), None) => (stop, AutoPause::Never),
        (None, Some(AutoPause::Never)) => (AutoStop::default(), AutoPause::Never),
        (None, Some(pause)) => (AutoStop::Never, pause),
        (None, None) if rests_paused => {
            (AutoStop::Never, Minutes::new(DEFAULT_AUTO_PAUSE).map_or(AutoPause::Never, AutoPause::After))
        }
        (None, None) => (AutoStop::default(), AutoPause::Never),
    }
}

/// What section 14 refuses, in the order of the request's fields.
fn faults(asked: &NewSandbox) -> Vec<FieldError> {
    let NewSandbox { class, gpu, .. } = *asked;
    let is_ephemeral = asked.auto_delete == Some(AutoDelete::AtOnce);
    let pause = asked.auto_pause.unwrap_or_default();
    let mut faults = Vec::new();
    if asked.kvm && class != SandboxClass::LinuxVm {
        faults.push(FieldError::new(names::kvm, true, format_args!("false: class {class} has no KVM")));
    }
    if asked.spot && gpu == 0 {
        faults.push(FieldError::new(names::spot, true, "false: without a GPU there is nothing to evict it for"));
    }
    if let AutoPause::After(minutes) = pause {
        let allowed = match asked.auto_stop {
            Some(AutoStop::After(_)) => Some("0: at most one of auto-stop and auto-pause is set"),
            Some(AutoStop::Never) | None if is_ephemeral => Some("0: an ephemeral sandbox does not rest"),
            Some(AutoStop::Never) | None if !class.is_vm() => Some("0: only a VM can be paused"),
            Some(AutoStop::Never) | None => None,
        };
        faults.extend(allowed.map(|allowed| FieldError::new(AutoPause::FIELD, in_minutes(minutes.get()), allowed)));
    }
    let must_be_ephemeral = match (gpu, asked.link) {
        (1.., _) => Some("0: a GPU sandbox is ephemeral"),
        (0, Some(_)) => Some("0: a linked sandbox is ephemeral"),
        (0, None) => None,
    };
    if let Some(allowed) = must_be_ephemeral.filter(|_| !is_ephemeral) {
        faults.push(match asked.auto_delete {
            None => FieldError::new(AutoDelete::FIELD, ABSENT, allowed),
            Some(minutes) => FieldError::new(AutoDelete::FIELD, in_minutes(minutes.as_minutes()), allowed),
        });
    }
    if asked.origin == Origin::ToBuild && class != SandboxClass::Container {
        let allowed = "none: images are built for containers";
        faults.push(FieldError::new(names::build_info, format_args!("given for class {class}"), allowed));
    }
    match asked.link {
        None if class == SandboxClass::Android => {
            faults.push(FieldError::new(names::linked_sandbox, ABSENT, "a sandbox to link an android to"));
        }
        Some(_) if gpu > 0 => {
            faults.push(FieldError::new(names::linked_sandbox, "given", "none: a GPU sandbox cannot be linked"));
        }
        Some(Link { owner_is_linked: true }) => {
            let allowed = "a sandbox that is not itself linked";
            faults.push(FieldError::new(names::linked_sandbox, "a linked sandbox", allowed));
        }
        Some(Link { owner_is_linked: false }) | None => {}
    }
    faults
}

/// A field that a request leaves out.
const ABSENT: &str = "absent";

/// A number of minutes as a message shows it.
fn in_minutes(minutes: impl fmt::Display) -> String {
    format!("{minutes} minutes")
}
