//! The state machine as a diagram, in Mermaid and in DOT, drawn from [`transitions`](super::transitions).

use super::comma_separated;
use super::explore::{self, Transition, Trigger, transitions};
use crate::{lifecycle::state_set::StateSet, vocabulary::SandboxState};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// The diagram of the state machine as a client sees it: reported states, and the triggers that lead from one to
/// another.
///
/// A trigger that leads from many states to one is drawn as a single arrow from a box that names the states: one box
/// such as `not archived, destroyed` is easier to read than twenty arrows.
///
/// ```
/// use sandbox_lifecycle::render::Diagram;
/// let diagram = Diagram::of_commands();
/// assert!(diagram.mermaid().to_string().contains("    started --> stopping: stop\n"));
/// assert!(diagram.dot().to_string().contains("  started -> stopping [label=\"stop\"];\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    begins: Vec<SandboxState>,
    edges: Vec<Edge>,
}

/// An arrow of a [`Diagram`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: StateSet,
    to: SandboxState,
    by: BTreeSet<Trigger>,
}

/// The largest number of source states that are drawn separately. From more states, one arrow is drawn from a box that
/// names them: failures, and commands and timers that supersede. The success of a job is always drawn from its own
/// state.
const DRAWN_APART: u32 = 4;

impl Diagram {
    /// Returns the diagram of all triggers.
    pub fn whole() -> Self {
        Self { begins: explore::first_states().into_iter().collect(), edges: edges(transitions()) }
    }

    /// Returns the diagram of the commands alone.
    pub fn of_commands() -> Self {
        let mut asked = transitions();
        asked.retain(|transition| matches!(transition.by, Trigger::Command(_)));
        Self { begins: Vec::new(), edges: edges(asked) }
    }

    /// Renders the diagram as Mermaid (`stateDiagram-v2`).
    pub fn mermaid(&self) -> impl fmt::Display + use<'_> {
        Mermaid(self)
    }

    /// Renders the diagram as DOT, for Graphviz.
    pub fn dot(&self) -> impl fmt::Display + use<'_> {
        Dot(self)
    }

    /// Returns the states that the diagram shows as nodes.
    fn states(&self) -> impl Iterator<Item = SandboxState> {
        let apart = self.edges.iter().filter(|edge| !edge.is_gathered());
        let shown = apart.fold(StateSet::NONE, |shown, edge| shown.or(edge.from));
        self.edges.iter().fold(shown, |shown, edge| shown.or(StateSet::of(&[edge.to]))).iter()
    }

    /// Returns the set of states to print. Where the text is `not …`, it does not name states that the diagram never
    /// shows.
    fn words(&self, several: StateSet) -> StateSet {
        let ends = |shown: StateSet, edge: &Edge| shown.or(edge.from).or(StateSet::of(&[edge.to]));
        let shown = self.edges.iter().fold(StateSet::NONE, ends);
        let widest = several.or(shown.not());
        if widest.len() > widest.not().len() { widest } else { several }
    }

    /// Returns the sets of states that share an arrow, each once.
    fn gathered(&self) -> BTreeSet<StateSet> {
        self.edges.iter().filter(|edge| edge.is_gathered()).map(|edge| edge.from).collect()
    }
}

impl Edge {
    const fn is_gathered(&self) -> bool {
        self.from.len() > 1
    }

    fn label(&self) -> String {
        comma_separated(&self.by)
    }
}

/// Returns one arrow for each pair of states, with all its triggers, and one for each large set of source states.
fn edges(transitions: Vec<Transition>) -> Vec<Edge> {
    let mut sources: BTreeMap<(SandboxState, Trigger), StateSet> = BTreeMap::new();
    for Transition { from, to, by } in transitions {
        let sources = sources.entry((to, by)).or_insert(StateSet::NONE);
        *sources = sources.or(StateSet::of(&[from]));
    }
    let mut arrows: BTreeMap<(StateSet, SandboxState), BTreeSet<Trigger>> = BTreeMap::new();
    let mut draw = |from, to, by| arrows.entry((from, to)).or_default().insert(by);
    for ((to, by), from) in sources {
        if from.len() > DRAWN_APART && by != Trigger::Done {
            draw(from, to, by);
        } else {
            from.iter().for_each(|state| {
                draw(StateSet::of(&[state]), to, by);
            });
        }
    }
    arrows.into_iter().map(|((from, to), by)| Edge { from, to, by }).collect()
}

/// The name of a node: the word of a state, or the number of a set of states.
struct Node<'a>(StateSet, &'a BTreeSet<StateSet>);

impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1.iter().position(|states| *states == self.0) {
            Some(place) => write!(f, "several_{}", place.saturating_add(1)),
            None => self.0.fmt(f),
        }
    }
}

struct Mermaid<'a>(&'a Diagram);

impl fmt::Display for Mermaid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(diagram) = self;
        let gathered = diagram.gathered();
        writeln!(f, "stateDiagram-v2\n    direction LR")?;
        diagram.begins.iter().try_for_each(|state| writeln!(f, "    [*] --> {state}"))?;
        for states in &gathered {
            writeln!(f, "    state \"{}\" as {}", diagram.words(*states), Node(*states, &gathered))?;
        }
        for edge in &diagram.edges {
            writeln!(f, "    {} --> {}: {}", Node(edge.from, &gathered), edge.to, edge.label())?;
        }
        diagram
            .states()
            .filter(|state| state.is_terminal())
            .try_for_each(|state| writeln!(f, "    {state} --> [*]"))?;
        f.write_str("    classDef moving stroke-dasharray: 4\n    classDef failed stroke: #c00\n")?;
        f.write_str("    classDef several stroke: none, fill: none\n")?;
        for state in diagram.states() {
            match (state.is_failed(), state.is_transient()) {
                (true, _) => writeln!(f, "    class {state} failed")?,
                (false, true) => writeln!(f, "    class {state} moving")?,
                (false, false) => {}
            }
        }
        gathered.iter().try_for_each(|states| writeln!(f, "    class {} several", Node(*states, &gathered)))
    }
}

struct Dot<'a>(&'a Diagram);

impl fmt::Display for Dot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(diagram) = self;
        let gathered = diagram.gathered();
        f.write_str("digraph lifecycle {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n")?;
        for state in diagram.states() {
            match (state.is_failed(), state.is_transient()) {
                (true, _) => writeln!(f, "  {state} [color=red];")?,
                (false, true) => writeln!(f, "  {state} [style=\"rounded,dashed\"];")?,
                (false, false) if state.is_terminal() => writeln!(f, "  {state} [peripheries=2];")?,
                (false, false) => writeln!(f, "  {state};")?,
            }
        }
        for states in &gathered {
            writeln!(f, "  {} [label=\"{}\", shape=plaintext];", Node(*states, &gathered), diagram.words(*states))?;
        }
        if !diagram.begins.is_empty() {
            writeln!(f, "  begin [shape=point];")?;
        }
        diagram.begins.iter().try_for_each(|state| writeln!(f, "  begin -> {state};"))?;
        for edge in &diagram.edges {
            writeln!(f, "  {} -> {} [label=\"{}\"];", Node(edge.from, &gathered), edge.to, edge.label())?;
        }
        f.write_str("}\n")
    }
}
