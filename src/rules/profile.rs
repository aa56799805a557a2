//! What each published API says of each class, as facts that the checks ask for.

use crate::{
    lifecycle::facts::{self, Mask},
    policy::{ApiProfile, Policy},
    vocabulary::SandboxClass,
};

/// The facts of each profile and class as data: a class cannot be foreseen, and a branch on it is missed half the time.
static OF_CLASS_0_190: [Mask; SandboxClass::ALL.len()] = of_classes(ApiProfile::V0_190);
static OF_CLASS_0_226: [Mask; SandboxClass::ALL.len()] = of_classes(ApiProfile::V0_226);

const fn of_classes(profile: ApiProfile) -> [Mask; SandboxClass::ALL.len()] {
    let mut facts = [0; SandboxClass::ALL.len()];
    let (mut to, mut from): (&mut [Mask], &[SandboxClass]) = (&mut facts, SandboxClass::ALL);
    while let ([place, places @ ..], [class, rest @ ..]) = (to, from) {
        let keeps_memory = match profile {
            ApiProfile::V0_190 => matches!(class, SandboxClass::Windows),
            ApiProfile::V0_226 => class.is_vm(),
        };
        *place = if keeps_memory { facts::MemorySnapshots } else { facts::LiveSnapshots };
        (to, from) = (places, rest);
    }
    facts
}

impl Policy {
    /// The facts that the profile adds about a class.
    ///
    /// 0.190 (recorded): memory snapshots of windows alone; all but windows are snapshotted while they run.
    /// 0.226 (published): memory snapshots of every VM class; a VM is snapshotted without memory only when stopped.
    #[inline]
    #[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "one place for each class, in order")]
    pub(crate) const fn facts(&self, class: SandboxClass) -> Mask {
        let of_class = match self.profile {
            ApiProfile::V0_190 => &OF_CLASS_0_190,
            ApiProfile::V0_226 => &OF_CLASS_0_226,
        };
        of_class[class as usize]
    }
}
