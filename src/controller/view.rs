//! What a controller knows of the runner and of placement when it reconciles a sandbox.

use crate::vocabulary::object_form;
use crate::{
    lifecycle::Lifecycle,
    runner::CopyAnswer,
    vocabulary::{CopyState, SandboxState, Size},
};
use serde::{Deserialize, Serialize};

object_form! {
    /// What the controller knows in addition to the row. [`RunnerView::of`] is a ready runner that was not asked.
    ///
    /// It is made for one revision of one row: what the runner and the store answered counts only for the revision that
    /// was read before they were asked.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct RunnerView {
        /// The revision of the row for which it was made.
        pub revision: u32,
        /// Whether the sandbox's runner can work.
        #[serde(default)]
        pub runner: RunnerStanding,
        /// What the runner answered about its copy.
        #[serde(default)]
        pub observed: Observed,
        /// The size of the copy, where the runner answered it. A sandbox at rest takes it, because a resize may have
        /// ended without its report.
        #[serde(default)]
        pub observed_size: Option<Size>,
        /// What the backup store answered about the last attempt.
        #[serde(default)]
        pub stored: Stored,
        /// Which runner has room for the sandbox, where
        /// [`needs_placement`](crate::Lifecycle::needs_placement) says that a pass may ask. These are no candidates: a
        /// runner that still owes the acknowledgement of a removal or release of this sandbox, or that has a released
        /// copy of it; and the runner that the step leaves, whose removal of the old copy would delete the new one.
        #[serde(default)]
        pub placement: Placement,
        /// The state of the image on the sandbox's own runner, while the image is built or fetched.
        #[serde(default)]
        pub image: Image,
        /// How many forks of it are alive, as in [`Context::live_fork_children`](crate::Context::live_fork_children).
        /// Nothing removes its disk while there are any. Count them for this revision: [`RunnerView::of`] sets 0.
        #[serde(default)]
        pub live_fork_children: u32,
        /// Whether the sandbox waits unclaimed in a warm pool. It changes only the time of
        /// [`Next::Wait`](crate::Next::Wait).
        #[serde(default)]
        pub warm_pool: bool,
    }
}

impl RunnerView {
    /// Returns the view of a ready runner that was not asked, for this revision of the row.
    pub const fn of(row: &Lifecycle) -> Self {
        Self {
            revision: row.revision,
            runner: RunnerStanding::Ready,
            observed: Observed::NotAsked,
            observed_size: None,
            stored: Stored::NotAsked,
            placement: Placement::NoRoom,
            image: Image::Missing,
            live_fork_children: 0,
            warm_pool: false,
        }
    }

    /// Returns the view as far as it counts for this row. Of a view of another revision nothing is left that could move
    /// or remove anything: the controller asks again.
    pub(super) fn for_row(self, row: &Lifecycle) -> Self {
        if self.revision == row.revision {
            return self;
        }
        let runner = match self.runner {
            RunnerStanding::Ready => RunnerStanding::Ready,
            RunnerStanding::NotReady | RunnerStanding::Gone => RunnerStanding::NotReady,
        };
        Self { runner, live_fork_children: u32::MAX, warm_pool: self.warm_pool, ..Self::of(row) }
    }

    /// Returns the view with a runner's answer to an ask.
    #[must_use]
    pub fn answered(self, answer: CopyAnswer) -> Self {
        let observed = match answer.state {
            CopyState::Running => Observed::State(SandboxState::Started),
            CopyState::AtRest => Observed::State(SandboxState::Stopped),
            CopyState::Paused => Observed::State(SandboxState::Paused),
            CopyState::None => Observed::NotFound,
            CopyState::Busy => Observed::Busy,
        };
        Self { observed, observed_size: answer.size, ..self }
    }
}

/// Whether a runner can work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunnerStanding {
    /// It takes calls.
    #[default]
    Ready,
    /// It does not answer now. That alone never moves a sandbox whose call may have run.
    NotReady,
    /// The operator has declared it gone, and has first fenced its power, network or storage: it runs nothing any more.
    Gone,
}

/// What a runner answered about its copy of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Observed {
    /// It was not asked for this revision.
    #[default]
    NotAsked,
    /// The runner did not answer, or refused the ask because it has seen a newer epoch. Only the clock counts then: a
    /// change whose time limit is over ends.
    NoAnswer,
    /// The runner has no such sandbox.
    NotFound,
    /// The runner works on the copy.
    Busy,
    /// The runner has a copy in this state.
    State(SandboxState),
}

/// What the backup store answered about a backup attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stored {
    /// It was not asked for this revision.
    #[default]
    NotAsked,
    /// The store did not answer.
    NoAnswer,
    /// It has the whole backup.
    Whole,
    /// It has no backup of the attempt, or only a part.
    Missing,
}

/// What placement found for a sandbox without a usable runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Placement {
    /// No runner has room.
    #[default]
    NoRoom,
    /// A runner has room and the image.
    Warm,
    /// A runner has room, but not the image.
    Cold,
    /// A runner has begun with the image, which is in this state there.
    InFlight(Image),
}

/// The state of an image on a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Image {
    /// The runner does not have it.
    #[default]
    Missing,
    /// The runner fetches it.
    Pulling,
    /// The runner builds it.
    Building,
    /// The runner can use it.
    Ready,
    /// The runner failed to fetch or build it.
    Failed,
    /// The runner removes it.
    Removing,
}
