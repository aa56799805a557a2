//! The typestate view: a sandbox whose state is a type, with only the commands that this state can accept.

use crate::{
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{
        Command, Context, Refusal, Step, Verb,
        table::{
            rows::verb,
            typed_state::{Accepts, State},
        },
    },
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, SandboxState, SizeChange, Ttl},
};
use chrono::{DateTime, Utc};
use core::marker::PhantomData;

/// A [`Lifecycle`] that is in the state `S`.
///
/// It has a method for each command. A call compiles only if the rule table accepts the command in `S`. The other facts
/// of the row still count: a method returns a [`Step`] or a [`Refusal`], as [`Lifecycle::decide`] does.
///
/// ```
/// use sandbox_lifecycle::{Columns, Context, DesiredState, Lifecycle, Policy, render::{Typed, at}};
/// let now = chrono::DateTime::UNIX_EPOCH;
/// let row = Lifecycle::from(Columns::default());
/// let running = Typed::<at::Started>::new(row)?;
/// let step = running.stop(false, &Policy::default(), Context::of(running.lifecycle()), now).expect("it is settled");
/// assert_eq!(step.desired_state(), DesiredState::Stopped);
/// # Ok::<(), sandbox_lifecycle::render::WrongState>(())
/// ```
///
/// A command that the table refuses in the state does not compile. An archived sandbox cannot be stopped:
///
/// ```compile_fail,E0277
/// # use sandbox_lifecycle::{Context, Policy, render::{Typed, at}};
/// # let now = chrono::DateTime::UNIX_EPOCH;
/// fn stop(resting: Typed<at::Archived>) {
/// #   let now = chrono::DateTime::UNIX_EPOCH;
///     let _ = resting.stop(false, &Policy::default(), Context::of(resting.lifecycle()), now);
/// }
/// ```
///
/// A started sandbox cannot be started:
///
/// ```compile_fail,E0277
/// # use sandbox_lifecycle::{Context, Policy, render::{Typed, at}};
/// fn start(running: Typed<at::Started>) {
/// #   let now = chrono::DateTime::UNIX_EPOCH;
///     let _ = running.start(&Policy::default(), Context::of(running.lifecycle()), now);
/// }
/// ```
///
/// A starting sandbox can be destroyed only with force:
///
/// ```compile_fail,E0277
/// # use sandbox_lifecycle::{Context, Policy, render::{Typed, at}};
/// fn destroy(starting: Typed<at::Starting>) {
/// #   let now = chrono::DateTime::UNIX_EPOCH;
///     let _ = starting.destroy(&Policy::default(), Context::of(starting.lifecycle()), now);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed<S> {
    lifecycle: Lifecycle,
    state: PhantomData<fn() -> S>,
}

/// The error for a sandbox in another state than expected. It returns the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox is {}, not {taken_for}", lifecycle.state())]
pub struct WrongState {
    /// The sandbox.
    pub lifecycle: Lifecycle,
    /// The expected state.
    pub taken_for: SandboxState,
}

impl<S: State> Typed<S> {
    /// Returns the typed sandbox if it is in the state `S`.
    ///
    /// # Errors
    /// [`WrongState`], which contains the sandbox, if it is in another state.
    pub fn new(lifecycle: Lifecycle) -> Result<Self, WrongState> {
        if lifecycle.state() == S::STATE {
            Ok(Self { lifecycle, state: PhantomData })
        } else {
            Err(WrongState { lifecycle, taken_for: S::STATE })
        }
    }
}

impl<S> Typed<S> {
    /// Returns the lifecycle.
    pub const fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// Returns the lifecycle without its typed state.
    pub const fn into_inner(self) -> Lifecycle {
        self.lifecycle
    }
}

impl<S> From<Typed<S>> for Lifecycle {
    fn from(typed: Typed<S>) -> Self {
        typed.lifecycle
    }
}

/// Declares a method for each verb, and proves that none is missing.
macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) is $verb:ident: $command:expr;)+) => {
        impl<S: State> Typed<S> {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`Refusal`] if the other facts of the row do not allow the command.
                pub fn $name(
                    &self,
                    $($argument: $type,)*
                    policy: &Policy,
                    context: Context,
                    now: DateTime<Utc>,
                ) -> Result<Step, Refusal>
                where
                    S: Accepts<verb::$verb>,
                {
                    self.lifecycle.decide($command, policy, context, now)
                }
            )+
        }

        const _: fn(Verb) = |verb| match verb {
            $(Verb::$verb => {})+
        };
    };
}
methods! {
    /// Decides [`Command::Start`].
    start() is Start: Command::Start;
    /// Decides [`Command::Stop`].
    stop(force: bool) is Stop: Command::Stop { force };
    /// Decides [`Command::Destroy`] without force: it is refused while a change is under way.
    destroy() is Destroy: Command::Destroy { force: false };
    /// Decides [`Command::Destroy`] with force: it supersedes the change that is under way.
    force_destroy() is ForceDestroy: Command::Destroy { force: true };
    /// Decides [`Command::Pause`].
    pause() is Pause: Command::Pause;
    /// Decides [`Command::Archive`].
    archive() is Archive: Command::Archive;
    /// Decides [`Command::Resize`].
    resize(change: SizeChange) is Resize: Command::Resize(change);
    /// Decides [`Command::Fork`].
    fork() is Fork: Command::Fork;
    /// Decides [`Command::Snapshot`].
    snapshot(include_memory: bool) is Snapshot: Command::Snapshot { include_memory };
    /// Decides [`Command::Recover`].
    recover(start: bool) is Recover: Command::Recover { start };
    /// Decides [`Command::Backup`].
    backup() is Backup: Command::Backup;
    /// Decides [`Command::AutoStop`].
    auto_stop(minutes: AutoStop) is AutoStop: Command::AutoStop { interval: minutes };
    /// Decides [`Command::AutoPause`].
    auto_pause(minutes: AutoPause) is AutoPause: Command::AutoPause { interval: minutes };
    /// Decides [`Command::AutoArchive`].
    auto_archive(minutes: AutoArchive) is AutoArchive: Command::AutoArchive { interval: minutes };
    /// Decides [`Command::AutoDelete`].
    auto_delete(minutes: AutoDelete) is AutoDelete: Command::AutoDelete { interval: minutes };
    /// Decides [`Command::Ttl`].
    ttl(minutes: Ttl) is Ttl: Command::Ttl { interval: minutes };
    /// Decides [`Command::Touch`].
    touch() is Touch: Command::Touch;
}
