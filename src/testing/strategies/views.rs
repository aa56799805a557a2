//! Strategies for what a controller can know in addition to the row: a view of the runner, an entry of an inventory.

use super::{inputs::number, words};
use crate::{
    controller::{Image, ListedBy, Observed, Placement, RunnerStanding, RunnerView, Stored},
    lifecycle::{Columns, Lifecycle},
    runner::Listed,
    vocabulary::CopyState,
};
use proptest::{option, prelude::*, sample::select};

/// Generates anything that a controller can know in addition to the row, gathered for revision 0.
pub fn runner_view() -> impl Strategy<Value = RunnerView> + Clone {
    let image = || {
        let images = [Image::Missing, Image::Pulling, Image::Building, Image::Ready, Image::Failed, Image::Removing];
        select(images.to_vec())
    };
    let runner = prop_oneof![
        7 => Just(RunnerStanding::Ready),
        2 => Just(RunnerStanding::NotReady),
        1 => Just(RunnerStanding::Gone),
    ];
    let observed = prop_oneof![
        1 => select(&[Observed::NotAsked, Observed::NoAnswer, Observed::NotFound, Observed::Busy][..]),
        1 => words::calm_state().prop_map(Observed::State),
        2 => words::state().prop_map(Observed::State),
    ];
    let stored = select(&[Stored::NotAsked, Stored::NoAnswer, Stored::Whole, Stored::Missing][..]);
    let placement = prop_oneof![
        1 => select(&[Placement::NoRoom, Placement::Warm, Placement::Cold][..]),
        1 => image().prop_map(Placement::InFlight),
    ];
    let children = prop_oneof![4 => Just(0u32), 1 => 1u32..3];
    let answers = (observed, option::of(words::size()), stored);
    (runner, answers, placement, image(), children, prop::bool::weighted(0.1))
        .prop_map(|(runner, (observed, observed_size, stored), placement, image, live_fork_children, warm_pool)| {
            let ordinary = RunnerView::of(&Lifecycle::from(Columns::default()));
            RunnerView {
                runner,
                observed,
                observed_size,
                stored,
                placement,
                image,
                live_fork_children,
                warm_pool,
                ..ordinary
            }
        })
        .boxed()
}

/// Generates an entry of a runner's inventory, or none.
pub fn listed() -> impl Strategy<Value = Option<Listed>> + Clone {
    let states = [CopyState::Running, CopyState::AtRest, CopyState::Paused, CopyState::Busy];
    let fields = (number(), select(states.to_vec()), option::of(words::size()), any::<bool>());
    option::weighted(0.8, fields.prop_map(|(epoch, state, size, released)| Listed { epoch, state, size, released }))
}

/// Generates who lists a copy.
pub fn listed_by() -> impl Strategy<Value = ListedBy> + Clone {
    select(&[ListedBy::OwnRunner, ListedBy::OtherRunner, ListedBy::NewestSurvivor][..])
}
