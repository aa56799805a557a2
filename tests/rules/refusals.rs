//! Refusals: for every reason a row, an input and the complete refusal.

use crate::time::{minutes, noon};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Input, Lifecycle, Policy, Reason, Report, Retry, SandboxClass,
    SandboxState,
    vocabulary::{AutoDelete, AutoPause, AutoStop, BackupState, Fault, SizeChange},
};
use std::num::NonZeroU32;

/// A row, an input and the refusal that follows.
struct Case {
    given: Columns,
    context: Context,
    asked: Input,
    reason: Reason,
    http: u16,
    retry: Retry,
    message: &'static str,
}

/// A started Linux VM.
fn vm() -> Columns {
    Columns { class: SandboxClass::LinuxVm, ..Columns::default() }
}

/// A started container.
fn container() -> Columns {
    Columns::default()
}

/// A sandbox whose state and desired state are both this state.
fn resting(columns: Columns, state: SandboxState) -> Columns {
    let desired = DesiredState::ALL.iter().find(|desired| desired.fulfilled_by() == Some(state));
    Columns { state, desired_state: *desired.expect("a desired state of this name"), ..columns }
}

/// A VM in a recoverable error.
fn broken() -> Columns {
    Columns { state: SandboxState::Error, fault: Some(Fault::Runner), recoverable: true, ..vm() }
}

/// A VM in error after a timeout, with a usable backup.
fn timed_out() -> Columns {
    Columns { fault: Some(Fault::Timeout), backup_state: BackupState::Completed, has_backup_ref: true, ..broken() }
}

fn change(cpu: u32, memory: u32, disk: u32) -> Input {
    let [cpu, memory, disk] = [cpu, memory, disk].map(NonZeroU32::new);
    Command::Resize(SizeChange { cpu, memory, disk }).into()
}

fn says(state: SandboxState) -> Input {
    Report::State { state, fault: None, recoverable: false, epoch: None }.into()
}

/// One case for each reason, in declaration order.
fn cases() -> Vec<Case> {
    use Retry::{AlreadySo, Never, NotFromHere, OtherArguments, ReadAgain, WhenSettled, WhenUnsuspended};
    use SandboxState::{Archived, Starting, Stopped};
    let alone = Context::of(&Columns::default().into());
    let ephemeral = |columns| Columns { auto_delete: AutoDelete::AtOnce, ..columns };
    let under_way = Columns { desired_state: DesiredState::Stopped, pending: true, ..container() };
    let with_gpu = ephemeral(Columns { gpu: 1, ..vm() });
    let without_runner = Columns { has_runner: false, ..vm() };
    let pauses = Columns { auto_stop: AutoStop::Never, auto_pause: AutoPause::After(minutes(60)), ..vm() };
    let windows = Columns { class: SandboxClass::Windows, ..Columns::default() };
    let case = |given, asked: Input, reason, http, retry, message| Case {
        given,
        context: alone,
        asked,
        reason,
        http,
        retry,
        message,
    };
    vec![
        case(
            resting(container(), Archived),
            Command::Stop { force: false }.into(),
            Reason::BadState,
            400,
            NotFromHere,
            "cannot stop while the state is archived: only a started or paused sandbox can be stopped; possible now: start, destroy (deletes its data)",
        ),
        case(
            container(),
            says(Starting),
            Reason::BadState,
            400,
            NotFromHere,
            "the state report is refused while the state is started: a runner cannot report this state now",
        ),
        case(
            broken(),
            Command::Start.into(),
            Reason::Errored,
            400,
            NotFromHere,
            "cannot start while the state is error and the desired state started: a failed sandbox is recovered or destroyed, not started; possible now: destroy (deletes its data), recover",
        ),
        case(
            under_way,
            Command::Start.into(),
            Reason::InProgress,
            409,
            WhenSettled,
            "cannot start while the state is stopping: another change is under way; try again when the change has ended",
        ),
        case(
            under_way,
            says(Stopped),
            Reason::Conflict,
            409,
            ReadAgain,
            "the state report is refused while the state is stopping: a change is pending; read the sandbox and decide again",
        ),
        case(
            Columns { pending: true, ..timed_out() },
            Command::Recover { start: true }.into(),
            Reason::Conflict,
            409,
            ReadAgain,
            "cannot recover while the state is error and the desired state started: the sandbox has changed since",
        ),
        case(
            container(),
            Command::Pause.into(),
            Reason::UnsupportedClass,
            422,
            Never,
            "cannot pause while the state is started: only VM classes can keep their memory; possible now: stop, destroy (deletes its data), resize, snapshot",
        ),
        case(
            with_gpu,
            Command::Fork.into(),
            Reason::GpuUnsupported,
            422,
            Never,
            "cannot fork while the state is started: the memory of a GPU cannot be copied; possible now: stop (deletes its data), destroy (deletes its data), pause, resize, snapshot",
        ),
        case(
            without_runner,
            Command::Pause.into(),
            Reason::NoRunner,
            404,
            NotFromHere,
            "cannot pause while the state is started: no runner is assigned that could store its memory; possible now: stop, destroy (deletes its data)",
        ),
        case(
            without_runner,
            change(3, 0, 0),
            Reason::NoRunner,
            400,
            NotFromHere,
            "cannot resize while the state is started: no runner is assigned that could change the size; possible now: stop, destroy (deletes its data)",
        ),
        case(
            ephemeral(resting(container(), Stopped)),
            Command::Archive.into(),
            Reason::Ephemeral,
            400,
            Never,
            "cannot archive while the state is stopped: an ephemeral sandbox is deleted when it stops, never archived; possible now: start, destroy (deletes its data), resize, snapshot",
        ),
        case(
            container(),
            Command::Recover { start: true }.into(),
            Reason::NotRecoverable,
            400,
            NotFromHere,
            "cannot recover while the state is started: only a sandbox in error can be recovered; possible now: stop, destroy (deletes its data), resize, snapshot",
        ),
        case(
            Columns { recoverable: true, ..container() },
            Command::Recover { start: true }.into(),
            Reason::NotError,
            400,
            NotFromHere,
            "cannot recover while the state is started: only a sandbox in error can be recovered; possible now: stop, destroy (deletes its data), resize, snapshot",
        ),
        case(
            Columns { last_recovery: Some(noon() - Duration::minutes(30)), ..timed_out() },
            Command::Recover { start: true }.into(),
            Reason::RecoverCooldown,
            409,
            WhenSettled,
            "cannot recover while the state is error and the desired state started: it was restored from its backup within the cooldown; try again when the cooldown is over",
        ),
        case(
            container(),
            change(2, 4, 0),
            Reason::NoChange,
            400,
            AlreadySo,
            "cannot resize while the state is started: the sandbox has this size already",
        ),
        case(
            container(),
            change(0, 0, 11),
            Reason::DiskNeedsStop,
            400,
            OtherArguments,
            "cannot resize while the state is started: the disk can only be resized while the sandbox is stopped",
        ),
        case(
            container(),
            change(1, 0, 0),
            Reason::CpuShrinkRunning,
            400,
            OtherArguments,
            "cannot resize while the state is started: CPU can only shrink while the sandbox is stopped",
        ),
        case(
            container(),
            change(0, 3, 0),
            Reason::MemShrinkRunning,
            400,
            OtherArguments,
            "cannot resize while the state is started: memory can only shrink while the sandbox is stopped",
        ),
        case(
            resting(container(), Stopped),
            change(0, 0, 9),
            Reason::DiskShrink,
            400,
            OtherArguments,
            "cannot resize while the state is stopped: a disk cannot shrink",
        ),
        case(
            container(),
            Command::Snapshot { include_memory: true }.into(),
            Reason::MemorySnapshotClass,
            400,
            OtherArguments,
            "cannot take a snapshot while the state is started: snapshots of this class cannot include memory",
        ),
        case(
            resting(vm(), Stopped),
            Command::Snapshot { include_memory: true }.into(),
            Reason::MemorySnapshotNeedsStarted,
            400,
            OtherArguments,
            "cannot take a snapshot while the state is stopped: only a started sandbox has memory to include",
        ),
        case(
            windows,
            Command::Snapshot { include_memory: false }.into(),
            Reason::FsSnapshotNeedsStopped,
            400,
            OtherArguments,
            "cannot take a snapshot while the state is started: this class is only snapshotted without memory while it is stopped",
        ),
        case(
            Columns { backup_state: BackupState::InProgress, ..container() },
            Command::Backup.into(),
            Reason::BackupInProgress,
            400,
            WhenSettled,
            "cannot back up while the state is started: a backup is under way; try again when the backup has ended",
        ),
        case(
            with_gpu,
            Command::AutoDelete { interval: AutoDelete::AtOnce }.into(),
            Reason::GpuMustStayEphemeral,
            400,
            Never,
            "cannot set auto-delete while the state is started: a GPU sandbox is always deleted when it stops; possible now: stop (deletes its data), destroy (deletes its data), pause, resize, snapshot",
        ),
        Case {
            context: alone.with_linked(true),
            ..case(
                ephemeral(container()),
                Command::AutoDelete { interval: AutoDelete::NEVER }.into(),
                Reason::LinkedMustStayEphemeral,
                400,
                OtherArguments,
                "cannot set auto-delete while the state is started: a linked sandbox is always deleted when it stops",
            )
        },
        case(
            pauses,
            Command::AutoStop { interval: AutoStop::After(minutes(60)) }.into(),
            Reason::OneIdleTimer,
            400,
            OtherArguments,
            "cannot set auto-stop while the state is started: auto-pause is on and counts the same idle time: turn it off first",
        ),
        case(
            pauses,
            Command::AutoDelete { interval: AutoDelete::AtOnce }.into(),
            Reason::OneIdleTimer,
            400,
            OtherArguments,
            "cannot set auto-delete while the state is started: auto-pause is on, and an ephemeral sandbox is never paused: turn it off first",
        ),
        Case {
            context: alone.with_live_fork_children(1),
            ..case(
                Columns {
                    backup_state: BackupState::Completed,
                    has_backup_ref: true,
                    fault: Some(Fault::Timeout),
                    recoverable: true,
                    ..broken()
                },
                Command::Recover { start: true }.into(),
                Reason::ForkChildren,
                400,
                WhenSettled,
                "cannot recover while the state is error and the desired state started: its forks still read its disk, which a recovery from the backup removes: destroy them first",
            )
        },
        Case {
            context: alone.with_live_fork_children(2),
            ..case(
                vm(),
                Command::Destroy { force: false }.into(),
                Reason::ForkChildren,
                400,
                WhenSettled,
                "cannot destroy while the state is started: its forks still read its disk: destroy them first",
            )
        },
        Case {
            context: alone.with_organization_suspended(true),
            ..case(
                resting(container(), Stopped),
                Command::Start.into(),
                Reason::Suspended,
                403,
                WhenUnsuspended,
                "cannot start while the state is stopped: a suspended organization cannot start sandboxes; possible now: destroy (deletes its data), archive",
            )
        },
    ]
}

#[test]
fn each_refusal_has_its_code_status_retry_and_message() {
    for Case { given, context, asked, reason, http, retry, message } in cases() {
        let decided = Lifecycle::from(given).decide(asked, &Policy::default(), context, noon());
        let refusal = decided.expect_err(message);
        let answer = (refusal.reason(), refusal.code(), refusal.http_status(), refusal.retry(), refusal.to_string());
        assert_eq!(answer, (reason, reason.code(), http, retry, message.to_owned()));
        assert_eq!((refusal.state(), refusal.desired_state()), (given.state, given.desired_state), "{message}");
    }
}

#[test]
fn every_reason_has_a_case() {
    let refused: Vec<Reason> = cases().iter().map(|case| case.reason).collect();
    let missing: Vec<_> = Reason::ALL.iter().filter(|reason| !refused.contains(reason)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_recorded_profile_refuses_a_memory_snapshot_of_a_linux_vm() {
    let asked = Command::Snapshot { include_memory: true };
    let code = |policy: &Policy| {
        let row = Lifecycle::from(vm());
        row.decide(asked, policy, Context::of(&row), noon()).map_err(|refusal| refusal.code())
    };
    assert_eq!(code(&Policy::recorded()).err(), Some("memory_snapshot_class"));
    assert_eq!(code(&Policy::default()).err(), None);
}
