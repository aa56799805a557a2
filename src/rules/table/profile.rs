//! What an API profile allows for each class, and the cooldown of a recovery from the backup.

use crate::{
    lifecycle::{fact_set::Facts, instants::NEVER},
    policy::{ApiProfile, Policy},
    rules::guards,
    vocabulary::{MICROS_PER_MINUTE, Micros, SandboxClass},
};

/// The guards that each profile makes hold for each class. Data instead of a `match`: the class is unpredictable, and the
/// branch would be missed half the time.
static OF_CLASS_0_190: [Facts; SandboxClass::ALL.len()] = of_classes(ApiProfile::V0_190);
static OF_CLASS_0_226: [Facts; SandboxClass::ALL.len()] = of_classes(ApiProfile::V0_226);

const fn of_classes(profile: ApiProfile) -> [Facts; SandboxClass::ALL.len()] {
    let mut facts = [Facts::NONE; SandboxClass::ALL.len()];
    let (mut to, mut from): (&mut [Facts], &[SandboxClass]) = (&mut facts, SandboxClass::ALL);
    while let ([place, places @ ..], [class, rest @ ..]) = (to, from) {
        let keeps_memory = match profile {
            ApiProfile::V0_190 => matches!(class, SandboxClass::Windows),
            ApiProfile::V0_226 => class.is_vm(),
        };
        *place = if keeps_memory { guards::memory_snapshots } else { guards::disk_is_consistent };
        (to, from) = (places, rest);
    }
    facts
}

/// Returns the guards that the profile makes hold for a class.
///
/// 0.190 (recorded): memory snapshots of windows only; every other class is snapshotted without memory while it runs.
/// 0.226 (published): memory snapshots of every VM class; a VM is snapshotted without memory only when stopped.
#[inline]
#[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "one place for each class, in order")]
pub(crate) const fn facts_of_class(policy: &Policy, class: SandboxClass) -> Facts {
    let of_class = match policy.profile {
        ApiProfile::V0_190 => &OF_CLASS_0_190,
        ApiProfile::V0_226 => &OF_CLASS_0_226,
    };
    of_class[class as usize]
}

/// Whether a sandbox that was last restored from its backup then may be restored again.
pub(crate) fn has_cooled_down(policy: &Policy, last_recovery: Micros, now: Micros) -> bool {
    let cooldown = i64::from(policy.recovery_cooldown.get()).saturating_mul(MICROS_PER_MINUTE);
    last_recovery == NEVER || now.as_micros().saturating_sub(last_recovery.as_micros()) >= cooldown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_snapshots_the_memory_of_these_classes_and_the_disk_of_the_others() {
        let windows = [SandboxClass::Windows];
        let vms = [SandboxClass::LinuxVm, SandboxClass::Windows];
        for (profile, classes) in [(ApiProfile::V0_190, &windows[..]), (ApiProfile::V0_226, &vms[..])] {
            let policy = Policy { profile, ..Policy::default() };
            for (class, facts) in SandboxClass::ALL.iter().zip(of_classes(profile)) {
                let expected =
                    if classes.contains(class) { guards::memory_snapshots } else { guards::disk_is_consistent };
                assert_eq!((facts, facts_of_class(&policy, *class)), (expected, expected), "{profile}: {class}");
            }
        }
    }
}
