//! The typestate view: a sandbox whose state the compiler knows takes only the commands that its state can take.

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
/// It has a method for each command, and only those compile that the rule table knows a way for from `S`. The facts
/// beside the state still decide: a method answers a [`Step`] or a [`Refusal`], as [`Lifecycle::decide`] does.
///
/// ```
/// use sandbox_lifecycle::{Columns, Context, DesiredState, Lifecycle, Policy, render::{Typed, at}};
/// let now = chrono::DateTime::UNIX_EPOCH;
/// let row = Lifecycle::from(Columns::default());
/// let running = Typed::<at::Started>::new(row)?;
/// let step = running.stop(false, &Policy::default(), Context::default(), now).expect("it is settled");
/// assert_eq!(step.desired_state(), DesiredState::Stopped);
/// # Ok::<(), sandbox_lifecycle::render::WrongState>(())
/// ```
///
/// What the table has no way for does not compile. A sandbox in its backup holds nothing that could be stopped:
///
/// ```compile_fail,E0277
/// # use sandbox_lifecycle::{Context, Policy, render::{Typed, at}};
/// # let now = chrono::DateTime::UNIX_EPOCH;
/// fn stop(resting: Typed<at::Archived>) {
/// #   let now = chrono::DateTime::UNIX_EPOCH;
///     let _ = resting.stop(false, &Policy::default(), Context::default(), now);
/// }
/// ```
///
/// what runs is not started,
///
/// ```compile_fail,E0277
/// # use sandbox_lifecycle::{Context, Policy, render::{Typed, at}};
/// fn start(running: Typed<at::Started>) {
/// #   let now = chrono::DateTime::UNIX_EPOCH;
///     let _ = running.start(&Policy::default(), Context::default(), now);
/// }
/// ```
///
/// and what is on its way is destroyed with force or not at all:
///
/// ```compile_fail,E0277
/// # use sandbox_lifecycle::{Context, Policy, render::{Typed, at}};
/// fn destroy(starting: Typed<at::Starting>) {
/// #   let now = chrono::DateTime::UNIX_EPOCH;
///     let _ = starting.destroy(&Policy::default(), Context::default(), now);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed<S> {
    lifecycle: Lifecycle,
    state: PhantomData<fn() -> S>,
}

/// The sandbox is in another state than it was taken for; here it is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox is {}, not {taken_for}", lifecycle.state())]
pub struct WrongState {
    /// The sandbox.
    pub lifecycle: Lifecycle,
    /// The state it was taken for.
    pub taken_for: SandboxState,
}

impl<S: State> Typed<S> {
    /// The sandbox, if it is in the state `S`.
    ///
    /// # Errors
    /// [`WrongState`], which hands it back, when it is not.
    pub fn new(lifecycle: Lifecycle) -> Result<Self, WrongState> {
        if lifecycle.state() == S::STATE {
            Ok(Self { lifecycle, state: PhantomData })
        } else {
            Err(WrongState { lifecycle, taken_for: S::STATE })
        }
    }
}

impl<S> Typed<S> {
    /// The value.
    pub const fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// The value, without what the compiler knew of it.
    pub const fn into_inner(self) -> Lifecycle {
        self.lifecycle
    }
}

impl<S> From<Typed<S>> for Lifecycle {
    fn from(typed: Typed<S>) -> Self {
        typed.lifecycle
    }
}

/// Writes a method for each verb, and proves that none is missing.
macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) is $verb:ident: $command:expr;)+) => {
        impl<S: State> Typed<S> {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`Refusal`], where the facts beside the state do not allow it.
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
    /// [`Command::Start`].
    start() is Start: Command::Start;
    /// [`Command::Stop`].
    stop(force: bool) is Stop: Command::Stop { force };
    /// [`Command::Destroy`], which waits for what is under way.
    destroy() is Destroy: Command::Destroy { force: false };
    /// [`Command::Destroy`], which supersedes what is under way.
    force_destroy() is ForceDestroy: Command::Destroy { force: true };
    /// [`Command::Pause`].
    pause() is Pause: Command::Pause;
    /// [`Command::Archive`].
    archive() is Archive: Command::Archive;
    /// [`Command::Resize`].
    resize(change: SizeChange) is Resize: Command::Resize(change);
    /// [`Command::Fork`].
    fork() is Fork: Command::Fork;
    /// [`Command::Snapshot`].
    snapshot(include_memory: bool) is Snapshot: Command::Snapshot { include_memory };
    /// [`Command::Recover`].
    recover(start: bool) is Recover: Command::Recover { start };
    /// [`Command::Backup`].
    backup() is Backup: Command::Backup;
    /// [`Command::AutoStop`].
    auto_stop(minutes: AutoStop) is AutoStop: Command::AutoStop { interval: minutes };
    /// [`Command::AutoPause`].
    auto_pause(minutes: AutoPause) is AutoPause: Command::AutoPause { interval: minutes };
    /// [`Command::AutoArchive`].
    auto_archive(minutes: AutoArchive) is AutoArchive: Command::AutoArchive { interval: minutes };
    /// [`Command::AutoDelete`].
    auto_delete(minutes: AutoDelete) is AutoDelete: Command::AutoDelete { interval: minutes };
    /// [`Command::Ttl`].
    ttl(minutes: Ttl) is Ttl: Command::Ttl { interval: minutes };
    /// [`Command::Touch`].
    touch() is Touch: Command::Touch;
}
