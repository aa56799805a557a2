//! What the controller does next, and the questions that it asks.

use crate::rules::{Step, TaskKind};
use crate::vocabulary::{Micros, object_form};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::Serialize;

/// What the controller does next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "a step that is not written and a question that is not asked leave the sandbox where it is"]
pub enum Next {
    /// Ask, set the answer in the [`RunnerView`](crate::RunnerView), and reconcile again. The view was made for this
    /// revision of the row, and its answers count only for this revision.
    Ask(Question),
    /// Write this step and carry out its effects. Send its outbox entries, and reconcile again after the next report, or
    /// when [`Policy::look_again`](crate::Policy::look_again) is over: to ask before the call has arrived finds nothing new.
    Apply(Step),
    /// Send a call again that the outbox holds, with the same epoch: the runner does not seem to work on it. Then look again
    /// as after a step.
    Resend {
        /// Its task. The outbox has the arguments.
        task: TaskKind,
        /// Its epoch.
        epoch: u32,
    },
    /// Reconcile again at this time, or sooner: after each step that is written, and when the view changes: the runner
    /// becomes ready or is declared gone, or placement finds room.
    Wait {
        /// The earliest of these: a timer acts; the time limit of a change that a pass ends is over; for a row that a
        /// controller must visit, [`Policy::look_again`](crate::Policy::look_again) is over.
        until: DateTime<Utc>,
    },
    /// There is nothing to do, and no timer is armed. If the runner is declared gone, reconcile again.
    Nothing,
}

object_form! {
    /// A question of the controller.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    pub enum Question {
        /// To the row's own runner: what is its copy doing? The runner refuses calls of older epochs from then on. The
        /// answer is [`RunnerView::observed`](crate::RunnerView::observed).
        Runner {
            /// The row's epoch.
            epoch: u32,
        },
        /// To the backup store: does it have the whole backup of this attempt? The answer is
        /// [`RunnerView::stored`](crate::RunnerView::stored).
        Store {
            /// The row's last attempt.
            attempt: u32,
        },
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask(question) => question.fmt(f),
            Self::Apply(step) => write!(f, "apply {step}"),
            Self::Resend { task, epoch } => write!(f, "send {task} (epoch {epoch}) again"),
            Self::Wait { until } => write!(f, "wait until {}", Micros::from(*until)),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runner { epoch } => write!(f, "ask the runner (epoch {epoch})"),
            Self::Store { attempt } => write!(f, "ask the backup store (attempt {attempt})"),
        }
    }
}
