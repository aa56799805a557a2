//! The form of the rule table: a row for each command, the guards it demands, and what it writes.

use super::{
    Reason,
    effect::{Notice, ReasonText, RunnerChange},
    step::Beside,
};
use crate::{
    lifecycle::{guards::Guards, packed::Change},
    vocabulary::{BackupState, DesiredState, SandboxState},
};

/// One row of the table: all there is to know about a command.
pub(crate) struct Row {
    /// The guard that makes the command a success that writes nothing, where there is one.
    pub(crate) already: Guards,
    /// The guards that must hold: those of `checks`.
    pub(crate) demands: Guards,
    /// What is demanded, in order, and what is answered without it.
    pub(crate) checks: &'static [Check],
    /// What is written: the first whose guard holds.
    pub(crate) cases: [Case; CASES],
    /// The states it can be accepted from, as the table states them.
    pub(crate) from: &'static [SandboxState],
    /// What the command does, in the domain's words.
    pub(crate) summary: &'static str,
}

/// How many cases a row has. The last always holds.
pub(crate) const CASES: usize = 3;

/// What is written when a guard holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// What is written, as the table says it.
    pub(crate) writes: Writes,
    /// The same, as it is carried out.
    pub(crate) outcome: Outcome,
}

/// What is written when a guard holds, as it is carried out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// The guard.
    pub(crate) when: Guards,
    /// What becomes of the columns.
    pub(crate) change: Change,
    /// What goes with the write.
    pub(crate) beside: Beside,
    /// The row is not written at all.
    pub(crate) untouched: bool,
}

impl Outcome {
    /// The same, of a stop with force or without.
    pub(crate) const fn forced(self, force: bool) -> Self {
        Self { change: self.change.force_stop(force), ..self }
    }
}

impl Case {
    /// Nothing is written.
    pub(crate) const NOTHING: Self = Self::of(Guards::ANY, Writes::NOTHING);

    pub(crate) const fn of(when: Guards, writes: Writes) -> Self {
        let change = match writes.state {
            Some(state) => Change::NOTHING.state(state),
            None => Change::NOTHING,
        };
        let change = match writes.desired {
            Some(desired) => change.desired(desired),
            None => change,
        };
        let change = if writes.soft_delete { change.backup(BackupState::None) } else { change };
        let change = if writes.from_backup { change.left_its_error() } else { change };
        let beside = Beside {
            calls: writes.calls,
            notice: writes.notice,
            reason: if writes.from_backup { ReasonText::Cleared } else { ReasonText::Kept },
            runner: if writes.from_backup { RunnerChange::ReleasedAsPrevious } else { RunnerChange::Kept },
            stamp: None,
            token: writes.token,
            soft_delete: writes.soft_delete,
            child: writes.child,
        };
        Self { writes, outcome: Outcome { when, change, beside, untouched: writes.row_untouched } }
    }
}

/// The cases of a row, filled up with one that is never reached.
pub(crate) const fn cases<const N: usize>(stated: [Case; N]) -> [Case; CASES] {
    const { assert!(N <= CASES, "a row of the table has at most so many cases") };
    let mut cases = [Case::NOTHING; CASES];
    let (mut to, mut from): (&mut [Case], &[Case]) = (&mut cases, &stated);
    while let ([place, places @ ..], [case, rest @ ..]) = (to, from) {
        *place = *case;
        (to, from) = (places, rest);
    }
    cases
}

/// One thing a command demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    pub(crate) guard: Guards,
    pub(crate) reason: Reason,
    pub(crate) why: &'static str,
}

impl Check {
    /// The name of the guard.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.guard.name()
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

/// The guards of a row's checks. A row that asks them in another order than they have does not compile, for the lowest
/// that fails is the refusal.
pub(crate) const fn demanded(checks: &[Check]) -> Guards {
    let (mut demanded, mut rest) = (Guards::NONE, checks);
    while let [check, more @ ..] = rest {
        assert!(demanded.precede(check.guard), "a row asks its guards in the order in which they are declared");
        demanded = demanded.and(check.guard);
        rest = more;
    }
    demanded
}

/// What an accepted command writes, as data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writes {
    /// The state, where it changes at once.
    pub(crate) state: Option<SandboxState>,
    /// The desired state, where it changes.
    pub(crate) desired: Option<DesiredState>,
    /// The name and the backup are given up.
    pub(crate) soft_delete: bool,
    /// Reason and flag are cleared and the runner is kept as the previous one.
    pub(crate) from_backup: bool,
    /// The auth token is replaced.
    pub(crate) token: bool,
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
        state: None,
        desired: None,
        soft_delete: false,
        from_backup: false,
        token: false,
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
        $verb:ident $word:literal from $from:tt $(already $already:ident)?;
        { $($guard:ident else $reason:ident, $why:literal;)* }
        writes { $($when:ident: { $($field:ident: $value:expr),* $(,)? };)* }
    )+) => {
        /// The commands without their arguments: the rows of the rule table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(strum::IntoStaticStr, strum::VariantArray, strum::VariantNames, strum::EnumString, strum::EnumCount)]
        #[strum(parse_err_ty = crate::vocabulary::UnknownWord, parse_err_fn = crate::vocabulary::UnknownWord::new::<Verb>)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Verb {
            $(#[doc = $summary] #[strum(serialize = $word)] $verb,)+
        }

        static ROWS: [Row; <Verb as strum::EnumCount>::COUNT] = [$({
            const CHECKS: &[Check] = &[$(Check { guard: guards::$guard, reason: Reason::$reason, why: $why }),*];
            Row {
                already: Guards::NONE$(.and(guards::$already))?,
                demands: demanded(CHECKS),
                checks: CHECKS,
                cases: cases([$(Case::of(guards::$when, Writes { $($field: $value,)* ..Writes::NOTHING })),*]),
                from: $crate::rules::check::from!($from),
                summary: $summary,
            }
        }),+];

        /// Marker types of the typestate view: one for each verb.
        pub mod verb {
            $(#[doc = $summary] #[derive(Debug, Clone, Copy)] pub enum $verb {})+
        }

        $($crate::rules::check::accepts!($verb $from);)+
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

pub(crate) use {accepts, commands, from};
