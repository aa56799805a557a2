//! Parses what a controller knows, and what a runner lists.

use crate::read::{Read, parts, rest, size, word};
use sandbox_lifecycle::{
    Lifecycle, RunnerView,
    controller::{Image, ListedBy, Observed, Placement, RunnerStanding, Stored},
    runner::{CopyAnswer, Listed},
    vocabulary::Size,
};

/// `gone, answers at-rest 2/4/10, stored whole, place warm, …`, for the present revision of the row.
pub fn view(text: &str, row: &Lifecycle) -> Read<RunnerView> {
    let mut view = RunnerView::of(row);
    for part in parts(text) {
        match part.split_once(' ').unwrap_or((part, "")) {
            ("not", "ready") => view.runner = RunnerStanding::NotReady,
            ("gone", "") => view.runner = RunnerStanding::Gone,
            ("sees", "nothing yet") => view.observed = Observed::NotAsked,
            ("sees", "no such sandbox") => view.observed = Observed::NotFound,
            ("sees", state) => view.observed = Observed::State(word(state)?),
            ("answers", "nothing") => view.observed = Observed::NoAnswer,
            ("answers", copy) => view = view.answered(answer(copy)?),
            ("stored", "no answer") => view.stored = Stored::NoAnswer,
            ("stored", "whole") => view.stored = Stored::Whole,
            ("stored", "missing") => view.stored = Stored::Missing,
            ("place", "none") => view.placement = Placement::NoRoom,
            ("place", "warm") => view.placement = Placement::Warm,
            ("place", "cold") => view.placement = Placement::Cold,
            ("place", image) => view.placement = Placement::InFlight(self::image(image)?),
            ("image", image) => view.image = self::image(image)?,
            ("fork", children) => view.live_fork_children = word(rest(children, "children").unwrap_or_default())?,
            ("of", "an older revision") => view.revision = row.revision().wrapping_sub(1),
            _ => return Err(format!("a controller does not know `{part}`")),
        }
    }
    Ok(view)
}

/// `running`, or `at-rest 2/4/10` with a size.
fn answer(text: &str) -> Read<CopyAnswer> {
    let (state, size) = copy(text)?;
    Ok(CopyAnswer { state, size })
}

fn copy(text: &str) -> Read<(sandbox_lifecycle::vocabulary::CopyState, Option<Size>)> {
    match text.split_once(' ') {
        None => Ok((word(text)?, None)),
        Some((state, size)) => Ok((word(state)?, Some(self::size(size)?))),
    }
}

/// `own runner lists at-rest 2/4/10, epoch 4, released`, `another runner lists …` or `own runner lists nothing`.
pub fn inventory(text: &str) -> Read<(ListedBy, Option<Listed>)> {
    let wrong = || format!("an inventory does not say `{text}`");
    let (who, what) = text.split_once(" lists ").ok_or_else(wrong)?;
    let by = match who {
        "own runner" => ListedBy::OwnRunner,
        "another runner" => ListedBy::OtherRunner,
        "the newest survivor" => ListedBy::NewestSurvivor,
        _ => return Err(wrong()),
    };
    if what == "nothing" {
        return Ok((by, None));
    }
    let mut parts = parts(what);
    let (state, size) = copy(parts.next().unwrap_or_default())?;
    let mut listed = Listed { epoch: None, state, size, released: false };
    for part in parts {
        match part.split_once(' ') {
            None if part == "released" => listed.released = true,
            Some(("epoch", epoch)) => listed.epoch = Some(word(epoch)?),
            _ => return Err(wrong()),
        }
    }
    Ok((by, Some(listed)))
}

fn image(text: &str) -> Read<Image> {
    Ok(match text {
        "missing" => Image::Missing,
        "pulling" => Image::Pulling,
        "building" => Image::Building,
        "ready" => Image::Ready,
        "failed" => Image::Failed,
        "removing" => Image::Removing,
        _ => return Err(format!("no such image: {text}")),
    })
}
