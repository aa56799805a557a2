//! A recovery in place (contract 6).

use crate::{answered, row, time::noon};
use sandbox_lifecycle::{
    Columns, DesiredState, Next, Policy, SandboxState,
    rules::TaskKind,
    vocabulary::{CopyState, Fault, Repair},
};

/// The ask overtook the recovery's call: the copy still ran. The row went to started, the call arrived after that, and its
/// failure left a copy at rest that nobody asked about.
#[test]
fn what_a_copy_shows_before_its_recovery_is_not_its_end() {
    for (desired_state, state) in
        [(DesiredState::Started, CopyState::Running), (DesiredState::Stopped, CopyState::AtRest)]
    {
        let recovering = row(Columns {
            state: SandboxState::Error,
            desired_state,
            fault: Some(Fault::Runner),
            recoverable: true,
            repair: Some(Repair::Recover),
            epoch: 12,
            ..Columns::default()
        });
        let next = recovering.reconcile(&answered(&recovering, state), &Policy::default(), noon());
        assert_eq!(next, Next::Resend { task: TaskKind::Recover, epoch: 12 });
    }
}
