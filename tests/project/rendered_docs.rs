//! Rendered parts of the documents match the rules. A new rendered part is a new line in [`parts`].

use crate::{rendered, rooms};
use sandbox_lifecycle::render::{DecisionTables, Diagram};

/// Every rendered part: the document, the name of the part and the current text.
fn parts() -> Vec<(&'static str, &'static str, String)> {
    let drawn = |diagram: &Diagram| format!("```mermaid\n{}```\n", diagram.mermaid());
    vec![
        ("docs/DESIGN.md", "rooms", rooms::table()),
        ("docs/DESIGN.md", "picture of the rooms", rooms::picture("")),
        ("docs/DESIGN.md", "picture of the rules", rooms::picture("rules")),
        ("docs/RULES.md", "tables", DecisionTables.to_string()),
        ("docs/DIAGRAM.md", "commands", drawn(&Diagram::of_commands())),
        ("docs/DIAGRAM.md", "whole", drawn(&Diagram::whole())),
    ]
}

#[test]
fn every_rendered_part_of_a_document_is_up_to_date() {
    let drifted: Vec<String> =
        parts().iter().filter_map(|(file, name, text)| rendered::hold(file, name, text).err()).collect();
    assert!(drifted.is_empty(), "{}", drifted.join("\n\n"));
}
