//! The state machine of the crate as a picture: the states and arrows are the crate's, the places are ours.
//!
//! There are some two hundred arrows, because nearly every state can end in an error or be destroyed, and a runner may report
//! what nobody asked for. Drawn alike, nobody could follow one. So the arrows of ordinary life are drawn strongly: what a caller
//! commands, what the controller then does, and how it ends well; neither failures nor the ways out of them. The others are there too, but the page shows them only for
//! the state that it lights.

use crate::positions::{self, BENDS, BOX, Position, SIZE};
use sandbox_lifecycle::{
    ApiProfile, SandboxState,
    render::{Transition, Trigger, transitions},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::LazyLock,
};

/// An arrow: all transitions between two states.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrow {
    /// The state before.
    pub from: SandboxState,
    /// The state after.
    pub to: SandboxState,
    /// What moves it.
    pub by: BTreeSet<Trigger>,
}

impl Arrow {
    /// Returns the arrows between different states, each once. The crate finds them by exploration, which takes a while.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Arrow>> = LazyLock::new(|| {
            let mut arrows: BTreeMap<_, BTreeSet<Trigger>> = BTreeMap::new();
            for Transition { from, to, by } in transitions() {
                if from != to {
                    arrows.entry((from, to)).or_default().insert(by);
                }
            }
            arrows.into_iter().map(|((from, to), by)| Arrow { from, to, by }).collect()
        });
        &ALL
    }

    /// Whether it belongs to ordinary life.
    pub fn is_ordinary(&self) -> bool {
        // Nearly every state has an arrow to the ends. The ways there that people know are a delete and what follows it.
        let ends = matches!(self.to, SandboxState::Destroyed | SandboxState::Destroying);
        let fails = self.from.is_failed() || self.to.is_failed();
        self.by.iter().any(|by| match by {
            _ if fails => false,
            Trigger::Command(verb) => verb.is_offered_by(ApiProfile::default()),
            Trigger::Done => self.from.is_transient() && (!ends || self.from == SandboxState::Destroying),
            Trigger::Controller => !ends,
            _ => false,
        })
    }

    fn bend(&self, arrows: &[Self]) -> f64 {
        let bent = BENDS.iter().find(|(from, to, _)| (*from, *to) == (self.from, self.to));
        let has_return = arrows.iter().any(|other| (other.from, other.to) == (self.to, self.from));
        bent.map_or(if has_return { 8.0 } else { 0.0 }, |(_, _, bend)| *bend)
    }
}

/// Draws the picture. It has no colours: the page gives them to the classes.
pub fn svg() -> String {
    let (width, height) = SIZE;
    let mut svg = format!(
        "<svg id=\"diagram\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"diagram-title\">\
         <title id=\"diagram-title\">The states of a sandbox, and what leads from one to another</title>\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"6\" markerHeight=\"6\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0.5 8 4 0 7.5z\"/></marker></defs>\n"
    );
    let arrows = Arrow::all();
    // Writing to a `String` cannot fail. Faint arrows come first, so that they lie below the strong ones.
    let (ordinary, rare): (Vec<_>, Vec<_>) = arrows.iter().partition(|arrow| arrow.is_ordinary());
    for (arrow, class) in
        rare.iter().map(|arrow| (arrow, "rare")).chain(ordinary.iter().map(|arrow| (arrow, "ordinary")))
    {
        let (from, to) = (arrow.from, arrow.to);
        let Some(path) = path(arrow, arrow.bend(arrows)) else { continue };
        let by = arrow.by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            svg,
            "<path class=\"arrow {class}\" data-from=\"{from}\" data-to=\"{to}\" d=\"{path}\"><title>{from} to {to}: {by}\
             </title></path>"
        );
    }
    svg.extend(SandboxState::ALL.iter().filter_map(|state| Some(node(*state, positions::of(*state)?))));
    svg.push_str("</svg>");
    svg
}

/// Draws a state: a box, its word in one line or two, and a place for the number of sandboxes in it.
fn node(state: SandboxState, Position { x, y }: Position) -> String {
    let (width, height) = BOX;
    let kind = match (state.is_failed(), state.is_transient()) {
        (true, _) => "failed",
        (false, true) => "moves",
        (false, false) => "rests",
    };
    let word = state.as_str();
    let lines: Vec<&str> = word.split('_').collect();
    let first = y + 4.5 - 7.0 * (lines.len() as f64 - 1.0);
    let lines = lines.iter().zip(0..).map(|(line, n)| {
        let y = first + 14.0 * f64::from(n);
        format!("<tspan x=\"{x}\" y=\"{y}\">{line}</tspan>")
    });
    format!(
        "<g class=\"state {kind}\" data-state=\"{word}\"><rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\
         <text text-anchor=\"middle\">{}</text><text class=\"count\" x=\"{}\" y=\"{}\" text-anchor=\"end\"></text></g>\n",
        x - width / 2.0,
        y - height / 2.0,
        lines.collect::<String>(),
        x + width / 2.0 - 4.0,
        y - height / 2.0 + 11.0,
    )
}

/// Returns the path of an arrow: a curve from the edge of one box to that of the other, bent to its right by so much, so that
/// two arrows between the same boxes lie side by side.
fn path(arrow: &Arrow, bend: f64) -> Option<String> {
    let (from, to) = (positions::of(arrow.from)?, positions::of(arrow.to)?);
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx.hypot(dy).max(1.0);
    let (right_x, right_y) = (-dy / length * bend, dx / length * bend);
    let middle = Position { x: (from.x + to.x) / 2.0 + right_x, y: (from.y + to.y) / 2.0 + right_y };
    // The ends move sideways too, a little, so that the arrows do not meet in one point.
    let aside = bend.clamp(-8.0, 8.0) / bend.abs().max(1.0);
    let shifted = |end: Position| Position { x: end.x + right_x * aside.abs(), y: end.y + right_y * aside.abs() };
    let start = edge(shifted(from), from, middle, 2.0);
    let end = edge(shifted(to), to, middle, 3.0);
    let [sx, sy, mx, my, ex, ey] =
        [start.x, start.y, middle.x, middle.y, end.x, end.y].map(|c| (c * 10.0).round() / 10.0);
    Some(format!("M{sx} {sy}Q{mx} {my} {ex} {ey}"))
}

/// Returns where the line from a point in a box to another point leaves the box, and a gap more.
fn edge(inside: Position, middle: Position, outside: Position, gap: f64) -> Position {
    let (half_width, half_height) = (BOX.0 / 2.0 + gap, BOX.1 / 2.0 + gap);
    let (dx, dy) = (outside.x - inside.x, outside.y - inside.y);
    let reach = |delta: f64, from: f64, middle: f64, half: f64| {
        if delta.abs() < f64::EPSILON { f64::INFINITY } else { (middle + half.copysign(delta) - from) / delta }
    };
    let t = reach(dx, inside.x, middle.x, half_width).min(reach(dy, inside.y, middle.y, half_height));
    Position { x: inside.x + dx * t, y: inside.y + dy * t }
}
