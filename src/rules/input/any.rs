//! An input of any kind, by value or by reference.

use super::{
    command::Command,
    reader::{Form, Meant},
    report::Report,
    timer::{Timer, TimerInput},
};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// What [`Lifecycle::decide`](crate::Lifecycle::decide) takes: a [`Command`], a [`Report`], a [`Timer`], an [`Input`] of
/// any kind, or a reference to one, which is then not copied.
pub trait AsInput: sealed::Sealed {
    #[doc(hidden)]
    fn as_input(&self) -> InputRef<'_>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Input {}
    impl<T: Sealed> Sealed for &T {}
}

/// Declares the kinds of input: one list for the value, the reference, and the way from each kind to both.
macro_rules! inputs {
    ($($(#[doc = $doc:literal])+ $(#[serde($form:meta)])? $kind:ident,)+) => {
        /// Anything that can happen to a sandbox.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(untagged, try_from = "Form")]
        pub enum Input {
            $($(#[doc = $doc])+ $(#[serde($form)])? $kind($kind),)+
        }

        /// An [`Input`] by reference.
        #[doc(hidden)]
        #[derive(Debug, Clone, Copy)]
        pub enum InputRef<'a> {
            $($kind(&'a $kind),)+
        }

        $(
            impl sealed::Sealed for $kind {}
            impl AsInput for $kind {
                #[inline(always)]
                fn as_input(&self) -> InputRef<'_> {
                    InputRef::$kind(self)
                }
            }
            impl From<$kind> for Input {
                fn from(input: $kind) -> Self {
                    Self::$kind(input)
                }
            }
        )+

        impl AsInput for Input {
            #[inline(always)]
            fn as_input(&self) -> InputRef<'_> {
                match self {
                    $(Self::$kind(input) => InputRef::$kind(input),)+
                }
            }
        }
    };
}
inputs! {
    /// A request of a caller.
    Command,
    /// A message from a runner.
    Report,
    /// An event of the clock.
    #[serde(serialize_with = "TimerInput::serialize")]
    Timer,
}

impl<T: AsInput> AsInput for &T {
    #[inline(always)]
    fn as_input(&self) -> InputRef<'_> {
        T::as_input(self)
    }
}

impl TryFrom<Form> for Input {
    type Error = String;
    fn try_from(form: Form) -> Result<Self, String> {
        match form.meant {
            Meant::Command => form.command.0.map(Self::Command),
            Meant::Report => form.report.0.map(Self::Report),
            Meant::Timer => form.timer.0.map(|TimerInput { timer }| Self::Timer(timer)),
        }
    }
}
