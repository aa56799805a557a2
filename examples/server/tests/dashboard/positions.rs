//! Where the diagram draws each state, and which of its arrows bend around others. This is taste; the rest comes from the crate.

use sandbox_lifecycle::SandboxState;

/// The middle of a state's box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Position {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// The size of the picture.
pub(super) const SIZE: (f64, f64) = (472.0, 468.0);
/// The size of a box, for two short lines of text.
pub(super) const BOX: (f64, f64) = (96.0, 36.0);

/// Returns where a state is drawn. What makes a sandbox is on top, what it does while it runs on the left and right, then what
/// wakes it, and below where it rests and ends. Four columns are as much as a phone can show.
pub(super) const fn of(state: SandboxState) -> Option<Position> {
    const COLUMNS: [f64; 4] = [50.0, 174.0, 298.0, 422.0];
    let [a, b, c, d] = COLUMNS;
    let (x, y) = match state {
        SandboxState::PendingBuild => (a, 24.0),
        SandboxState::BuildingSnapshot => (b, 24.0),
        SandboxState::PullingSnapshot => (c, 24.0),
        SandboxState::Unknown => (d, 24.0),
        SandboxState::BuildFailed => (a, 92.0),
        SandboxState::Creating => (b, 92.0),
        SandboxState::Resuming => (c, 106.0),
        SandboxState::Forking => (a, 172.0),
        SandboxState::Started => (b, 172.0),
        SandboxState::Pausing => (c, 172.0),
        SandboxState::Paused => (d, 139.0),
        SandboxState::Snapshotting => (a, 227.0),
        SandboxState::Stopping => (b, 258.0),
        SandboxState::Starting => (c, 264.0),
        SandboxState::Restoring => (d, 240.0),
        SandboxState::Resizing => (a, 306.0),
        SandboxState::Stopped => (b, 346.0),
        SandboxState::Archiving => (c, 346.0),
        SandboxState::Archived => (d, 346.0),
        SandboxState::Error => (a, 436.0),
        SandboxState::Destroying => (b, 436.0),
        SandboxState::Destroyed => (c, 436.0),
        // A state that is newer than this table: a test says that it needs a place.
        _ => return None,
    };
    Some(Position { x, y })
}

/// The arrows that would cross a box, and how far they bend to their right.
pub(super) const BENDS: [(SandboxState, SandboxState, f64); 1] =
    [(SandboxState::Started, SandboxState::Destroying, -62.0)];
