//! Views that are derived from the rules: decision tables, diagrams and the typestate view.
//!
//! - [`DecisionTable`]: a row of the rule table as data and as Markdown: what a command demands, in which order and
//!   why, its refusals and what it writes.
//! - [`transitions`] and [`Diagram`]: all transitions of a sandbox, found by exploration; as Mermaid and as DOT.
//! - [`Typed`]: a sandbox whose state is a type. A command that the table refuses in this state does not compile.

mod diagram;
mod explore;
mod table;
mod typed;

pub use crate::rules::table::{
    rows::verb,
    typed_state::{Accepts, State, at},
};
pub use diagram::Diagram;
#[cfg(feature = "proptest")]
pub(crate) use explore::{Example, MovedBy, examples, trigger_of_pass};
pub use explore::{Transition, Trigger, transitions};
pub use table::{DecisionTable, DecisionTables, Demand, Writing};
pub use typed::{Typed, WrongState};

use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn comma_separated<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
