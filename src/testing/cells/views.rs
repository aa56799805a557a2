//! The views of a runner that a controller can have of one row.

use crate::{
    controller::{Image, Observed, Placement, RunnerStanding, RunnerView, Stored},
    lifecycle::Lifecycle,
    vocabulary::{SandboxState, Size},
};

pub(super) const STANDINGS: [RunnerStanding; 3] =
    [RunnerStanding::Ready, RunnerStanding::NotReady, RunnerStanding::Gone];
pub(super) const IMAGES: [Image; 6] =
    [Image::Missing, Image::Pulling, Image::Building, Image::Ready, Image::Failed, Image::Removing];

/// Returns what a controller can know before it asks the runner: the runner's standing, the placement and the image, as far as a
/// pass reads them.
pub(super) fn views(row: &Lifecycle) -> impl Iterator<Item = RunnerView> + use<> {
    let (row, view) = (*row, RunnerView::of(row));
    let standings = STANDINGS.into_iter().map(move |runner| RunnerView { runner, ..view });
    let placements = [Placement::NoRoom, Placement::Warm, Placement::Cold].into_iter();
    let placements = placements.chain(IMAGES.map(Placement::InFlight));
    let placed = move |view: RunnerView| {
        let read = if row.needs_placement(view.runner) { usize::MAX } else { 1 };
        placements.clone().take(read).map(move |placement| RunnerView { placement, ..view })
    };
    let builds = matches!(row.state(), SandboxState::BuildingSnapshot | SandboxState::PullingSnapshot);
    let images = IMAGES.into_iter().take(if builds { usize::MAX } else { 0 });
    standings.flat_map(placed).chain(images.map(move |image| RunnerView { image, ..view }))
}

/// Returns all answers of a runner or of the store that the controller asks.
pub(super) fn answers(row: &Lifecycle) -> impl Iterator<Item = RunnerView> + use<> {
    let view = RunnerView::of(row);
    let states = SandboxState::ALL.iter().map(|state| Observed::State(*state));
    let observed = [Observed::NotFound, Observed::NoAnswer, Observed::Busy].into_iter().chain(states);
    let not_found = RunnerView { observed: Observed::NotFound, ..view };
    let placed = [Placement::Warm, Placement::Cold].map(|placement| RunnerView { placement, ..not_found });
    let pulled = IMAGES.map(|image| RunnerView { image, ..not_found });
    let stored = [Stored::NoAnswer, Stored::Whole, Stored::Missing].map(|stored| RunnerView { stored, ..view });
    observed.map(move |observed| RunnerView { observed, ..view }).chain(stored).chain(placed).chain(pulled)
}

/// Returns every view that may lead to another result: those before an ask, the answers, answers with another size, live forks,
/// and a view of another revision.
pub(super) fn all_views(row: &Lifecycle) -> impl Iterator<Item = RunnerView> + use<> {
    let size = Size { disk: row.size.disk.saturating_add(1), ..row.size };
    let calm = [SandboxState::Started, SandboxState::Stopped, SandboxState::Paused].map(Observed::State);
    let view = RunnerView::of(row);
    let sized = calm.map(|observed| RunnerView { observed, observed_size: Some(size), ..view });
    let late = RunnerView { revision: view.revision.wrapping_add(1), observed: Observed::NotFound, ..view };
    let late = STANDINGS.map(|runner| RunnerView { runner, ..late });
    let plain = views(row).chain(answers(row)).chain(sized);
    plain.flat_map(|view| [view, RunnerView { live_fork_children: 1, ..view }]).chain(late)
}
