//! What goes in at the one door: an input of any kind, by value or by reference.

use super::{
    command::Command,
    reader::{Form, Meant},
    report::Report,
    timer::Timer,
};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Whatever can happen to a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Form")]
pub enum Input {
    /// A caller asks.
    Command(Command),
    /// A runner tells.
    Report(Report),
    /// The clock acts.
    Timer(Timer),
}

/// What [`Lifecycle::decide`](crate::Lifecycle::decide) takes: a [`Command`], a [`Report`], a [`Timer`], an [`Input`] of
/// any kind, or a reference to one, which is not copied.
pub trait AsInput: sealed::Sealed {
    /// It, by reference.
    #[doc(hidden)]
    fn as_input(&self) -> InputRef<'_>;
}

/// An [`Input`] by reference.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum InputRef<'a> {
    Command(&'a Command),
    Report(&'a Report),
    Timer(&'a Timer),
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Input {}
    impl Sealed for super::Command {}
    impl Sealed for super::Report {}
    impl Sealed for super::Timer {}
    impl<T: Sealed> Sealed for &T {}
}

impl AsInput for Command {
    #[inline(always)]
    fn as_input(&self) -> InputRef<'_> {
        InputRef::Command(self)
    }
}
impl AsInput for Report {
    #[inline(always)]
    fn as_input(&self) -> InputRef<'_> {
        InputRef::Report(self)
    }
}
impl AsInput for Timer {
    #[inline(always)]
    fn as_input(&self) -> InputRef<'_> {
        InputRef::Timer(self)
    }
}
impl AsInput for Input {
    #[inline(always)]
    fn as_input(&self) -> InputRef<'_> {
        match self {
            Self::Command(command) => InputRef::Command(command),
            Self::Report(report) => InputRef::Report(report),
            Self::Timer(timer) => InputRef::Timer(timer),
        }
    }
}
impl<T: AsInput> AsInput for &T {
    #[inline(always)]
    fn as_input(&self) -> InputRef<'_> {
        T::as_input(self)
    }
}

impl From<Command> for Input {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}
impl From<Report> for Input {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}
impl From<Timer> for Input {
    fn from(timer: Timer) -> Self {
        Self::Timer(timer)
    }
}

impl TryFrom<Form> for Input {
    type Error = String;
    fn try_from(form: Form) -> Result<Self, String> {
        match form.meant {
            Meant::Command => form.command.0.map(Self::Command),
            Meant::Report => form.report.0.map(Self::Report),
            Meant::Timer => form.timer.0.map(Self::Timer),
        }
    }
}
