//! The picture of the page has every state and every arrow of the crate. `UPDATE_DOCS=1` draws it again.

use crate::draw::{Arrow, svg};
use sandbox_lifecycle::{
    SandboxState,
    render::{Transition, transitions},
};
use std::{collections::BTreeSet, env, fs, path::Path};

/// Returns what stands between quotation marks after each of these names.
fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.split(&format!("{name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_page_has_the_picture_as_the_crate_is_now() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dashboard/diagram.svg");
    let drawn = svg();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &drawn).expect("the picture can be written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == drawn, "the picture is an old one: run the tests with UPDATE_DOCS=1");
}

#[test]
fn every_state_of_the_crate_has_its_place() {
    let words: Vec<&str> = SandboxState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(values(&svg(), "data-state"), words);
}

#[test]
fn every_arrow_of_the_crate_is_drawn_once() {
    let svg = svg();
    let drawn: Vec<(&str, &str)> = values(&svg, "data-from").into_iter().zip(values(&svg, "data-to")).collect();
    let known = transitions().into_iter().filter(|Transition { from, to, .. }| from != to);
    let known: BTreeSet<(&str, &str)> = known.map(|known| (known.from.as_str(), known.to.as_str())).collect();
    assert_eq!(drawn.len(), known.len());
    assert_eq!(drawn.into_iter().collect::<BTreeSet<_>>(), known);
}

#[test]
fn no_two_boxes_overlap() {
    let svg = svg();
    let boxes = svg.split("<rect ").skip(1).map(|rest| ["x", "y", "width", "height"].map(|name| values(rest, name)[0]));
    let boxes: Vec<[f64; 4]> = boxes.map(|sides| sides.map(|side| side.parse().expect("a number"))).collect();
    for (n, [x, y, width, height]) in boxes.iter().enumerate() {
        for [other_x, other_y, ..] in &boxes[n + 1..] {
            assert!((x - other_x).abs() > *width || (y - other_y).abs() > *height, "{x},{y} and {other_x},{other_y}");
        }
    }
}

#[test]
fn ordinary_life_leads_from_creation_through_every_rest_to_the_end() {
    let arrows: Vec<&Arrow> = Arrow::all().iter().filter(|arrow| arrow.is_ordinary()).collect();
    let mut reached = BTreeSet::from([SandboxState::PendingBuild, SandboxState::PullingSnapshot]);
    while let Some(arrow) = arrows.iter().find(|arrow| reached.contains(&arrow.from) && !reached.contains(&arrow.to)) {
        reached.insert(arrow.to);
    }
    // The API never shows unknown, and failures are not ordinary.
    let ordinary = SandboxState::ALL.iter().filter(|state| **state != SandboxState::Unknown && !state.is_failed());
    assert_eq!(reached, ordinary.copied().collect());
}
