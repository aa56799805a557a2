//! An input of any kind, by value or by reference.

use super::{
    command::Command,
    reader::{Form, Kind},
    report::Report,
    timer::{Timer, TimerInput},
};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The argument of [`Lifecycle::decide`](crate::Lifecycle::decide): a [`Command`], a [`Report`], a [`Timer`], an
/// [`Input`] of any kind, or a reference to one of them, which is not copied.
pub trait AsInput: sealed::Sealed {
    #[doc(hidden)]
    fn as_input(&self) -> InputRef<'_>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Input {}
    impl<T: Sealed> Sealed for &T {}
}

/// Declares the kinds of input in one list: the value, the reference, and the conversions of each kind to both.
macro_rules! inputs {
    ($($(#[doc = $doc:literal])+ $(#[serde($form:meta)])? $kind:ident,)+) => {
        /// An input of any kind: a command, a report or a timer.
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
        match form.kind {
            Kind::Command => form.command.0.map(Self::Command),
            Kind::Report => form.report.0.map(Self::Report),
            Kind::Timer => form.timer.0.map(|input| Self::Timer(input.timer)),
        }
    }
}
