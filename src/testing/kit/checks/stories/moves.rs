//! The moves of a story: what can happen to a sandbox, and what a controller sees.

use crate::{
    controller::RunnerStanding,
    rules::{Command, Input, Timer},
    testing::kit::cases::plainer,
};
use alloc::vec::Vec;
use proptest::{prelude::*, sample::select};

/// One thing that happens. A number chooses among what there is at the time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Move {
    /// A caller sends a command.
    Command(Command),
    /// Minutes pass.
    Wait(u32),
    /// Time passes until so many microseconds after the next deadline, and its timer arrives.
    Deadline(i8),
    /// The host carries out the first timer that is due.
    Clock,
    /// A timer arrives, due or not.
    Timer(Timer),
    /// The controller looks.
    Pass(Sight),
    /// The runner works on a call and sends a report.
    Work { call: u8, end: Ending },
    /// A report arrives. It may arrive once more.
    Hear { report: u8, again: bool },
    /// A report is lost.
    Lose(u8),
    /// The runner reports its copy unasked.
    Unasked,
}

/// How a runner ends its work on a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It accepts the call, and works.
    Accepts,
    /// It completes the work.
    Completes,
    /// It fails.
    Fails { recoverable: bool },
    /// It refuses the call.
    Refuses,
}

impl Move {
    pub(super) fn plainer(self) -> Vec<Self> {
        let found = match self {
            Self::Command(command) => plainer(command.into())
                .into_iter()
                .filter_map(|input| match input {
                    Input::Command(command) => Some(Self::Command(command)),
                    Input::Report(_) | Input::Timer(_) => None,
                })
                .collect(),
            Self::Pass(_) => Vec::from([Self::Pass(Sight::ORDINARY)]),
            Self::Work { call, end: Ending::Fails { recoverable: true } } => {
                Vec::from([Self::Work { call, end: Ending::Fails { recoverable: false } }])
            }
            Self::Work { .. } | Self::Wait(_) | Self::Deadline(_) | Self::Clock | Self::Timer(_) => Vec::new(),
            Self::Hear { report, again: true } => Vec::from([Self::Hear { report, again: false }]),
            Self::Hear { .. } | Self::Lose(_) | Self::Unasked => Vec::new(),
        };
        found.into_iter().filter(|plain| *plain != self).collect()
    }
}

/// What a controller sees when it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sight {
    pub(super) runner: RunnerStanding,
    /// Whether the runner answers what it has, and not that it is busy or nothing at all.
    pub(super) answer: Option<Busy>,
    pub(super) room: bool,
}

/// Why a runner does not say what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    /// It works on the copy.
    Works,
    /// It does not answer.
    Silent,
    /// It is not asked.
    NotAsked,
}

impl Sight {
    /// A ready runner that was not asked, and room.
    pub(super) const ORDINARY: Self = Self { runner: RunnerStanding::Ready, answer: Some(Busy::NotAsked), room: true };

    pub(super) fn any() -> impl Strategy<Value = Self> + Clone {
        let runner = prop_oneof![
            12 => Just(RunnerStanding::Ready),
            1 => Just(RunnerStanding::NotReady),
            1 => Just(RunnerStanding::Gone),
        ];
        let busy = [Busy::Works, Busy::Silent, Busy::NotAsked];
        let answer = prop_oneof![3 => Just(None), 2 => select(busy.to_vec()).prop_map(Some)];
        (runner, answer, prop::bool::weighted(0.9)).prop_map(|(runner, answer, room)| Self { runner, answer, room })
    }
}
