//! What follows from the rules and is written nowhere by hand: decision tables, diagrams and the typestate view.
//!
//! - [`DecisionTable`]: a row of the rule table as data and as Markdown: what a command demands, in which order and
//!   why, what it answers, what it writes.
//! - [`transitions`] and [`Diagram`]: what can happen to a sandbox, found by letting it happen; as Mermaid and as DOT.
//! - [`Typed`]: a sandbox whose state the compiler knows, so that it refuses what the table refuses.

mod diagram;
mod explore;
mod table;
mod typed;

pub use crate::rules::table::{
    rows::verb,
    typed_state::{Accepts, State, at},
};
pub use diagram::Diagram;
pub use explore::{Transition, Trigger, transitions};
pub use table::{DecisionTable, DecisionTables, Demand, Writing};
pub use typed::{Typed, WrongState};
