//! Rendered parts of the documents match the rules. A new rendered part is a new line in [`parts`].

use crate::{rendered, rooms};
use sandbox_lifecycle::render::{DecisionTables, Diagram};
use std::{collections::BTreeSet, fs, path::Path};

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

/// Returns the ids of differences (`D1` and so on) in a text.
fn differences(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_id = |word: &&str| word.strip_prefix('D').is_some_and(|number| number.parse::<u32>().is_ok());
    words.filter(is_id).map(str::to_owned).collect()
}

/// The conformance test counts the rows of each difference, and the README shows the counts. The page names those without one.
#[test]
fn a_difference_without_a_recorded_row_is_named_as_one() {
    let read = |page: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("a page");
    let (page, readme) = (read("docs/DIFFERENCES.md"), read("README.md"));
    let counted = differences(readme.split("<!-- begin:conformance -->").nth(1).expect("the counts"));
    let table = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let all: BTreeSet<String> = table.flat_map(differences).collect();
    let (_, rest) = page.split_once("both agree. ").expect("the sentence about them");
    let (named, _) = rest.split_once(" depend on columns").expect("the sentence about them");
    assert_eq!(all.difference(&counted).cloned().collect::<BTreeSet<_>>(), differences(named));
    assert!(counted.is_subset(&all), "{counted:?}");
}
