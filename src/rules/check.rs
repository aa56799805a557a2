//! The form of the rule table: a row for each command, its checks as masks, and what it writes.

use super::{Reason, Verb, effect::Notice};
use crate::{
    lifecycle::facts::Mask,
    vocabulary::{DesiredState, SandboxState},
};

/// How many checks a row can hold. Every row is tested whole, without a branch, so all rows have this length.
pub(crate) const MOST: usize = 10;

/// A check that always holds, for the places a row does not need.
const ALWAYS: Mask = !0;

/// One row of the table: all there is to know about a command. What every decision reads stands first, on two cache
/// lines; what is read of an accepted command or by a person comes after.
#[repr(C, align(64))]
pub(crate) struct Row {
    /// Which command it is.
    pub(crate) verb: Verb,
    /// Facts of which (one of the first and one of the second) make the command a success that writes nothing.
    pub(crate) already: [Mask; 2],
    /// At least one fact of each must hold; the first that fails is the refusal.
    pub(crate) masks: [Mask; MOST],
    /// What is answered when it fails: the reasons of `checks`, beside the masks that they belong to.
    pub(crate) reasons: [Reason; MOST],
    /// What each mask is called and why it is there.
    pub(crate) checks: &'static [Check],
    /// What is written: the first whose facts hold.
    pub(crate) writes: &'static [(Mask, Writes)],
    /// The states it can be accepted from, as the table states them.
    pub(crate) from: &'static [SandboxState],
    /// What the command does, in the domain's words.
    pub(crate) summary: &'static str,
}

impl Row {
    /// Bits of the checks that fail, the lowest being the first.
    #[inline]
    pub(crate) fn failing(&self, facts: Mask) -> u16 {
        self.masks.iter().rev().fold(0, |failing, mask| failing << 1 | u16::from(facts & mask == 0))
    }

    /// The reason of the lowest of these failing checks.
    #[inline]
    pub(crate) fn reason(&self, failing: u16) -> Reason {
        let first = usize::try_from(failing.trailing_zeros()).unwrap_or(MOST);
        self.reasons.get(first).copied().unwrap_or(Reason::InProgress)
    }

    /// The command has nothing left to do.
    #[inline]
    pub(crate) const fn is_already(&self, facts: Mask) -> bool {
        let [first, second] = self.already;
        (facts & first != 0) & (facts & second != 0)
    }

    /// What an accepted command writes.
    #[inline]
    pub(crate) fn writes(&self, facts: Mask) -> &'static Writes {
        self.writes.iter().find(|(when, _)| facts & when != 0).map_or(&Writes::NOTHING, |(_, writes)| writes)
    }
}

/// One thing a command demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    pub(crate) name: &'static str,
    pub(crate) reason: Reason,
    pub(crate) why: &'static str,
}

impl Check {
    /// The name of the guard.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
    /// What is answered when it fails.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }
    /// Why the command demands it.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        self.why
    }
}

/// The masks of a row, filled up with checks that always hold.
pub(crate) const fn filled<const N: usize>(masks: [Mask; N]) -> [Mask; MOST] {
    filled_with(ALWAYS, masks)
}

/// The reasons of a row, filled up with one that is never asked for.
pub(crate) const fn reasons<const N: usize>(reasons: [Reason; N]) -> [Reason; MOST] {
    filled_with(Reason::InProgress, reasons)
}

const fn filled_with<T: Copy, const N: usize>(filling: T, items: [T; N]) -> [T; MOST] {
    const { assert!(N <= MOST, "a row of the table holds at most MOST checks") };
    let mut row = [filling; MOST];
    let (mut to, mut from): (&mut [T], &[T]) = (&mut row, &items);
    while let ([place, places @ ..], [item, rest @ ..]) = (to, from) {
        *place = *item;
        to = places;
        from = rest;
    }
    row
}

/// Where a write leaves the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// Where it is: only the intent is recorded.
    Stays,
    /// In this state, at once.
    State(SandboxState),
    /// Destroying, or destroyed where no runner holds it: a superseding write.
    Gone,
}

/// Whether the auth token is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Kept,
    Rotated,
    /// A paused sandbox kept its memory, and its token in it.
    RotatedUnlessPaused,
}

/// What an accepted command writes, as data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writes {
    /// The state.
    pub(crate) to: To,
    /// The desired state, where it changes.
    pub(crate) desired: Option<DesiredState>,
    /// The name and the backup are given up.
    pub(crate) soft_delete: bool,
    /// Reason and flag are cleared and the runner is kept as the previous one.
    pub(crate) from_backup: bool,
    /// The auth token.
    pub(crate) token: Token,
    /// The runner is called at once, with the command's arguments.
    pub(crate) calls: bool,
    /// What is told beside the changes.
    pub(crate) notice: Option<Notice>,
    /// A child is made.
    pub(crate) child: bool,
    /// The row is not written at all, so that rules 4 and 5 play no part.
    pub(crate) row_untouched: bool,
}

impl Writes {
    /// Nothing; a row of the table says what it changes of this.
    pub(crate) const NOTHING: Self = Self {
        to: To::Stays,
        desired: None,
        soft_delete: false,
        from_backup: false,
        token: Token::Kept,
        calls: false,
        notice: None,
        child: false,
        row_untouched: false,
    };
}

/// Writes the rule table: enum [`Verb`](super::Verb), the rows, and which typed state takes which verb.
macro_rules! commands {
    ($(
        #[doc = $summary:literal]
        $verb:ident $word:literal from $from:tt $(already [$a:expr, $b:expr])?;
        { $($name:ident: $mask:expr, else $reason:ident, $why:literal;)* }
        writes { $($when:ident: { $($field:ident: $value:expr),* $(,)? };)* }
    )+) => {
        /// The commands without their arguments: the rows of the rule table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(strum::IntoStaticStr, strum::VariantArray, strum::EnumString, strum::EnumCount)]
        #[strum(parse_err_ty = crate::vocabulary::UnknownWord, parse_err_fn = crate::vocabulary::UnknownWord::of::<Verb>)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Verb {
            $(#[doc = $summary] #[strum(serialize = $word)] $verb,)+
        }

        static ROWS: [Row; <Verb as strum::EnumCount>::COUNT] = [$(Row {
            verb: Verb::$verb,
            already: $crate::rules::check::already!($($a, $b)?),
            masks: filled([$($mask),*]),
            reasons: $crate::rules::check::reasons([$(Reason::$reason),*]),
            checks: &[$(Check { name: stringify!($name), reason: Reason::$reason, why: $why }),*],
            // The last case catches what no other does, so that a row without a case of its own is looked up like the rest.
            writes: &[$(($when, Writes { $($field: $value,)* ..Writes::NOTHING }),)* (!0, Writes::NOTHING)],
            from: $crate::rules::check::from!($from),
            summary: $summary,
        }),+];

        /// Marker types of the typestate view: one for each verb.
        pub mod verb {
            $(#[doc = $summary] #[derive(Debug, Clone, Copy)] pub enum $verb {})+
        }

        $($crate::rules::check::accepts!($verb $from);)+
    };
}

macro_rules! already {
    () => {
        [0, 0]
    };
    ($a:expr, $b:expr) => {
        [$a, $b]
    };
}

macro_rules! from {
    (any) => { SandboxState::ALL };
    ([$($from:ident)*]) => { &[$(SandboxState::$from),*] };
}

macro_rules! accepts {
    ($verb:ident any) => {
        impl<S: $crate::rules::typed::State> $crate::rules::typed::Accepts<verb::$verb> for S {}
    };
    ($verb:ident [$($from:ident)*]) => {
        $(impl $crate::rules::typed::Accepts<verb::$verb> for $crate::rules::typed::at::$from {})*
    };
}

pub(crate) use {accepts, already, commands, from};
