//! What a controller knows of the world when it looks at a sandbox.

use crate::vocabulary::SandboxState;
use serde::{Deserialize, Serialize};

/// What the controller knows beside the row. The default is a ready runner that has not been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RunnerView {
    /// The sandbox's runner is ready to work.
    pub ready: bool,
    /// What the runner says of its copy.
    pub observed: Observed,
    /// Which runner could take the sandbox in, for one that has none or must leave its own.
    pub placement: Placement,
    /// How far the image is on the sandbox's own runner, for one that is being built.
    pub image: Image,
    /// How many attempts to archive it have failed so far.
    pub archive_attempts: u32,
    /// The sandbox waits unclaimed in a warm pool; only the time until which to wait depends on it.
    pub warm_pool: bool,
}

impl Default for RunnerView {
    fn default() -> Self {
        Self {
            ready: true,
            observed: Observed::NotAsked,
            placement: Placement::None,
            image: Image::Missing,
            archive_attempts: 0,
            warm_pool: false,
        }
    }
}

/// What a runner says of its copy of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Observed {
    /// It has not been asked in this pass.
    #[default]
    NotAsked,
    /// It was asked and did not answer. What the clock says is then all there is: a change whose time is over ends.
    NoAnswer,
    /// It has no such sandbox.
    NotFound,
    /// It has, in this state.
    State(SandboxState),
}

/// Where a sandbox without a usable runner could go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Placement {
    /// No runner has room.
    #[default]
    None,
    /// A runner has room and the image.
    Warm,
    /// A runner has room and not the image.
    Cold,
    /// A runner is fetching or building the image.
    InFlight(Image),
}

/// How far an image is on a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Image {
    /// Nothing is known of it.
    #[default]
    Missing,
    /// It is being fetched.
    Pulling,
    /// It is being built.
    Building,
    /// It can be used.
    Ready,
    /// Fetching or building it failed.
    Failed,
    /// It is being removed.
    Removing,
}
