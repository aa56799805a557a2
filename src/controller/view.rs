//! What a controller knows of the runner and of placement when it reconciles a sandbox.

use crate::vocabulary::SandboxState;
use serde::{Deserialize, Serialize};

/// What the controller knows in addition to the row. The default is a ready runner that was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RunnerView {
    /// Whether the sandbox's runner is ready to work.
    pub ready: bool,
    /// What the runner answered about its copy.
    pub observed: Observed,
    /// Which runner has room for the sandbox, if it has no runner or must leave its own.
    pub placement: Placement,
    /// The state of the image on the sandbox's own runner, while the image is built.
    pub image: Image,
    /// The number of failed attempts to archive the sandbox.
    pub archive_attempts: u32,
    /// Whether the sandbox waits unclaimed in a warm pool. It changes only the time of
    /// [`Next::Wait`](crate::Next::Wait).
    pub warm_pool: bool,
}

impl Default for RunnerView {
    fn default() -> Self {
        Self {
            ready: true,
            observed: Observed::NotAsked,
            placement: Placement::NoRoom,
            image: Image::Missing,
            archive_attempts: 0,
            warm_pool: false,
        }
    }
}

/// What a runner answered about its copy of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Observed {
    /// The controller did not ask in this pass.
    #[default]
    NotAsked,
    /// The runner did not answer. Only the clock counts then: a change whose time limit is over ends.
    NoAnswer,
    /// The runner has no such sandbox.
    NotFound,
    /// The runner has a copy in this state.
    State(SandboxState),
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
