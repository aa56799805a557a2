//! States as types, so that the compiler refuses what the table refuses. `rows.rs` writes the `Accepts` impls.

use crate::vocabulary::SandboxState;

/// A state as a type. The markers in [`at`] are all there are: another would promise what no table holds.
///
/// ```compile_fail,E0277
/// use sandbox_lifecycle::{SandboxState, render::State};
/// enum Hibernated {}
/// impl State for Hibernated {
///     const STATE: SandboxState = SandboxState::Paused;
/// }
/// ```
pub trait State: sealed::Sealed {
    /// The state it stands for.
    const STATE: SandboxState;
}

/// A sandbox in the state `Self` may accept the verb `V`: the row of the table lists the state after `from`.
#[diagnostic::on_unimplemented(
    message = "a sandbox in state `{Self}` does not accept `{V}`",
    label = "the rule table has no way from here",
    note = "`Lifecycle::accepted_commands` says what it takes now"
)]
pub trait Accepts<V>: State {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! states {
    ($($name:ident)+) => {
        /// Marker types: one for each state.
        pub mod at {
            $(
                #[doc = concat!("A sandbox in state `", stringify!($name), "`.")]
                #[derive(Debug, Clone, Copy, PartialEq, Eq)]
                pub enum $name {}
                impl super::sealed::Sealed for $name {}
                impl super::State for $name {
                    const STATE: crate::vocabulary::SandboxState = crate::vocabulary::SandboxState::$name;
                }
            )+
        }

        /// Every state has a marker: leaving one out does not compile.
        const _: fn(SandboxState) = |state| match state {
            $(SandboxState::$name => {})+
        };
    };
}
states! {
    Creating Restoring Destroyed Destroying Started Stopped Starting Stopping Error BuildFailed PendingBuild
    BuildingSnapshot Unknown PullingSnapshot Archived Archiving Resizing Snapshotting Forking Pausing Paused Resuming
}
