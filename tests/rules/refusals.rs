//! Refusals: for every reason a row, an input and the complete refusal.

use crate::time::{minutes, noon};
use chrono::Duration;
use sandbox_lifecycle::{
    AutoDelete, AutoPause, AutoStop, BackupState, Columns, Command, Context, DesiredState, Fault, Input, Lifecycle,
    Policy, Reason, Report, Retry, SandboxClass, SandboxState, SizeChange,
};
use std::num::NonZeroU32;

/// A row, an input and the refusal that follows.
struct Case {
    given: Columns,
    beside: Context,
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
    use Retry::{AlreadySo, NotFromHere, OtherArguments, ReadAgain, WhenSettled};
    use SandboxState::{Archived, Starting, Stopped};
    let alone = Context::default();
    let ephemeral = |columns| Columns { auto_delete: AutoDelete::AtOnce, ..columns };
    let under_way = Columns { desired_state: DesiredState::Stopped, pending: true, ..container() };
    let with_gpu = ephemeral(Columns { gpu: 1, ..vm() });
    let without_runner = Columns { has_runner: false, ..vm() };
    let pauses = Columns { auto_stop: AutoStop::Never, auto_pause: AutoPause::After(minutes(60)), ..vm() };
    let windows = Columns { class: SandboxClass::Windows, ..Columns::default() };
    let case = |given, asked: Input, reason, http, retry, message| Case {
        given,
        beside: alone,
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
            "stop is refused while the sandbox is archived: nothing else holds compute or memory to free; it \
                would accept start, destroy, destroy with force",
        ),
        case(
            container(),
            says(Starting),
            Reason::BadState,
            400,
            NotFromHere,
            "the report state is refused while the sandbox is started: this state is not left by \
                such a report",
        ),
        case(
            broken(),
            Command::Start.into(),
            Reason::Errored,
            400,
            NotFromHere,
            "start is refused while the sandbox is error and meant to be started: an error is recovered or \
                destroyed, never started over; it would accept destroy, destroy with force, recover",
        ),
        case(
            under_way,
            Command::Start.into(),
            Reason::InProgress,
            409,
            WhenSettled,
            "start is refused while the sandbox is started and meant to be stopped: only an archiving under \
                way may be called back; it would accept destroy with force",
        ),
        case(
            under_way,
            says(Stopped),
            Reason::Conflict,
            409,
            ReadAgain,
            "the report state is refused while the sandbox is started and meant to be stopped: the row \
                has moved on; read it and decide again",
        ),
        case(
            Columns { pending: true, ..timed_out() },
            Command::Recover { start: true }.into(),
            Reason::Conflict,
            409,
            ReadAgain,
            "recover is refused while the sandbox is error and meant to be started: the row has moved on; it \
                would accept destroy with force",
        ),
        case(
            container(),
            Command::Pause.into(),
            Reason::UnsupportedClass,
            422,
            NotFromHere,
            "pause is refused while the sandbox is started: only a VM can keep its memory; it would accept \
                stop, destroy, destroy with force, resize, snapshot",
        ),
        case(
            with_gpu,
            Command::Fork.into(),
            Reason::GpuUnsupported,
            422,
            NotFromHere,
            "fork is refused while the sandbox is started: a GPU's memory cannot be copied; it would accept \
                stop, destroy, destroy with force, pause, resize, snapshot",
        ),
        case(
            without_runner,
            Command::Pause.into(),
            Reason::NoRunner,
            404,
            NotFromHere,
            "pause is refused while the sandbox is started: its runner writes the memory down; it would \
                accept stop, destroy, destroy with force",
        ),
        case(
            without_runner,
            change(3, 0, 0),
            Reason::NoRunner,
            400,
            NotFromHere,
            "resize is refused while the sandbox is started: its runner changes the size; it would accept \
                stop, destroy, destroy with force",
        ),
        case(
            ephemeral(resting(container(), Stopped)),
            Command::Archive.into(),
            Reason::Ephemeral,
            400,
            NotFromHere,
            "archive is refused while the sandbox is stopped: an ephemeral sandbox is deleted, never \
                archived; it would accept start, destroy, destroy with force, resize, snapshot",
        ),
        case(
            container(),
            Command::Recover { start: true }.into(),
            Reason::NotRecoverable,
            400,
            NotFromHere,
            "recover is refused while the sandbox is started: its runner or its backup must be able to bring \
                it back; it would accept stop, destroy, destroy with force, resize, snapshot",
        ),
        case(
            Columns { recoverable: true, ..container() },
            Command::Recover { start: true }.into(),
            Reason::NotError,
            400,
            NotFromHere,
            "recover is refused while the sandbox is started: there is nothing to recover from; it would \
                accept stop, destroy, destroy with force, resize, snapshot",
        ),
        Case {
            beside: alone.with_last_recovery(noon() - Duration::minutes(30)),
            ..case(
                timed_out(),
                Command::Recover { start: true }.into(),
                Reason::RecoverCooldown,
                409,
                WhenSettled,
                "recover is refused while the sandbox is error and meant to be started: it was recovered from \
                its backup within the cooldown, and a backup that fails at once would be tried for ever; it would accept destroy, destroy with force",
            )
        },
        case(
            container(),
            change(2, 4, 0),
            Reason::NoChange,
            400,
            AlreadySo,
            "resize is refused while the sandbox is started: there is nothing to do; it would accept stop, \
                destroy, destroy with force, resize, snapshot",
        ),
        case(
            container(),
            change(0, 0, 11),
            Reason::DiskNeedsStop,
            400,
            OtherArguments,
            "resize is refused while the sandbox is started: a disk in use does not change its size; it would \
                accept stop, destroy, destroy with force, resize, snapshot",
        ),
        case(
            container(),
            change(1, 0, 0),
            Reason::CpuShrinkRunning,
            400,
            OtherArguments,
            "resize is refused while the sandbox is started: running processes hold their cpu; it would \
                accept stop, destroy, destroy with force, resize, snapshot",
        ),
        case(
            container(),
            change(0, 3, 0),
            Reason::MemShrinkRunning,
            400,
            OtherArguments,
            "resize is refused while the sandbox is started: running processes hold their memory; it would \
                accept stop, destroy, destroy with force, resize, snapshot",
        ),
        case(
            resting(container(), Stopped),
            change(0, 0, 9),
            Reason::DiskShrink,
            400,
            OtherArguments,
            "resize is refused while the sandbox is stopped: a disk that shrinks loses data; it would accept \
                start, destroy, destroy with force, archive, resize, snapshot",
        ),
        case(
            container(),
            Command::Snapshot { include_memory: true }.into(),
            Reason::MemorySnapshotClass,
            400,
            OtherArguments,
            "snapshot is refused while the sandbox is started: this class has no memory to keep; it would \
                accept stop, destroy, destroy with force, resize, snapshot",
        ),
        case(
            resting(vm(), Stopped),
            Command::Snapshot { include_memory: true }.into(),
            Reason::MemorySnapshotNeedsStarted,
            400,
            OtherArguments,
            "snapshot is refused while the sandbox is stopped: only what runs has memory to keep; it would \
                accept start, destroy, destroy with force, archive, resize, snapshot",
        ),
        case(
            windows,
            Command::Snapshot { include_memory: false }.into(),
            Reason::FsSnapshotNeedsStopped,
            400,
            OtherArguments,
            "snapshot is refused while the sandbox is started: this class's disk is whole only at rest; it \
                would accept stop, destroy, destroy with force, pause, resize, fork, snapshot",
        ),
        case(
            Columns { backup_state: BackupState::InProgress, ..container() },
            Command::Backup.into(),
            Reason::BackupInProgress,
            400,
            WhenSettled,
            "backup is refused while the sandbox is started: one backup at a time; it would accept stop, \
                destroy, destroy with force, resize, snapshot",
        ),
        case(
            with_gpu,
            Command::AutoDelete { interval: AutoDelete::AtOnce }.into(),
            Reason::GpuMustStayEphemeral,
            400,
            NotFromHere,
            "autodelete is refused while the sandbox is started: a GPU is too dear to rest; it would accept \
                stop, destroy, destroy with force, pause, resize, snapshot",
        ),
        Case {
            beside: alone.with_linked(true),
            ..case(
                ephemeral(container()),
                Command::AutoDelete { interval: AutoDelete::NEVER }.into(),
                Reason::LinkedMustStayEphemeral,
                400,
                OtherArguments,
                "autodelete is refused while the sandbox is started: it goes when its owner goes; it would accept \
                stop, destroy, destroy with force, resize, snapshot",
            )
        },
        case(
            pauses,
            Command::AutoStop { interval: AutoStop::After(minutes(60)) }.into(),
            Reason::OneIdleTimer,
            400,
            OtherArguments,
            "autostop is refused while the sandbox is started: auto-pause is set, and two timers on \
                one clock would race: turn it off first; it would accept stop, destroy, destroy with force, pause, resize, fork, snapshot",
        ),
        Case {
            beside: alone.with_live_fork_children(2),
            ..case(
                vm(),
                Command::Destroy { force: false }.into(),
                Reason::ForkChildren,
                400,
                WhenSettled,
                "destroy is refused while the sandbox is started: its forks still read its disk; it would accept \
                stop, pause, resize, fork, snapshot",
            )
        },
        Case {
            beside: alone.with_organization_suspended(true),
            ..case(
                resting(container(), Stopped),
                Command::Start.into(),
                Reason::Suspended,
                403,
                NotFromHere,
                "start is refused while the sandbox is stopped: a suspended organization starts nothing; it would \
                accept destroy, destroy with force, archive",
            )
        },
    ]
}

#[test]
fn each_refusal_has_its_code_status_retry_and_message() {
    for Case { given, beside, asked, reason, http, retry, message } in cases() {
        let decided = Lifecycle::from(given).decide(asked, &Policy::default(), beside, noon());
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
        Lifecycle::from(vm()).decide(asked, policy, Context::default(), noon()).map_err(|refusal| refusal.code())
    };
    assert_eq!(code(&Policy::recorded()).err(), Some("memory_snapshot_class"));
    assert_eq!(code(&Policy::default()).err(), None);
}
