//! What a policy fulfils of what commands ask: what its API says of each class, and when a recovery may be tried again.

use crate::{
    lifecycle::{facts, guards::Guards},
    policy::{ApiProfile, Policy},
    vocabulary::{MICROS_PER_MINUTE, Micros, SandboxClass},
};

/// The guards that each profile fulfils for each class, as data: a class cannot be foreseen, and a branch on it is missed
/// half the time.
static OF_CLASS_0_190: [Guards; SandboxClass::ALL.len()] = of_classes(ApiProfile::V0_190);
static OF_CLASS_0_226: [Guards; SandboxClass::ALL.len()] = of_classes(ApiProfile::V0_226);

const fn of_classes(profile: ApiProfile) -> [Guards; SandboxClass::ALL.len()] {
    let mut held = [Guards::NONE; SandboxClass::ALL.len()];
    let (mut to, mut from): (&mut [Guards], &[SandboxClass]) = (&mut held, SandboxClass::ALL);
    while let ([place, places @ ..], [class, rest @ ..]) = (to, from) {
        let keeps_memory = match profile {
            ApiProfile::V0_190 => matches!(class, SandboxClass::Windows),
            ApiProfile::V0_226 => class.is_vm(),
        };
        *place = Guards::held_by(if keeps_memory { facts::MemorySnapshots } else { facts::LiveSnapshots });
        (to, from) = (places, rest);
    }
    held
}

impl Policy {
    /// The guards that the profile fulfils for a class.
    ///
    /// 0.190 (recorded): memory snapshots of windows alone; all but windows are snapshotted while they run.
    /// 0.226 (published): memory snapshots of every VM class; a VM is snapshotted without memory only when stopped.
    #[inline]
    #[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "one place for each class, in order")]
    pub(crate) const fn held(&self, class: SandboxClass) -> Guards {
        let of_class = match self.profile {
            ApiProfile::V0_190 => &OF_CLASS_0_190,
            ApiProfile::V0_226 => &OF_CLASS_0_226,
        };
        of_class[class as usize]
    }

    /// A sandbox that was last recovered from its backup then may be again.
    pub(crate) fn has_cooled_down(&self, last_recovery: Option<Micros>, now: Micros) -> bool {
        let cooldown = i64::from(self.recovery_cooldown.get()).saturating_mul(MICROS_PER_MINUTE);
        last_recovery.is_none_or(|last| now.as_micros().saturating_sub(last.as_micros()) >= cooldown)
    }
}
