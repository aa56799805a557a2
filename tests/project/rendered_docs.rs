//! Rendered parts of the documents match the rules. A new rendered part is a new line in [`parts`].

use crate::{rendered, rooms};
use sandbox_lifecycle::{
    Verb,
    render::{DecisionTable, DecisionTables, Diagram},
};
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

/// Returns the arrows of a diagram: from, to, and the triggers.
fn arrows(text: &str, arrow: &str, label: &str) -> BTreeSet<(String, String, String)> {
    let words = |word: &str| word.trim_matches(|letter| matches!(letter, ' ' | '"' | ']' | ';')).to_owned();
    let lines = text.lines().filter_map(|line| line.split_once(arrow)).filter_map(|(from, rest)| {
        let (to, by) = rest.split_once(label)?;
        Some((words(from), words(to), words(by)))
    });
    lines.collect()
}

#[test]
fn both_forms_of_a_diagram_have_the_same_arrows_and_nodes() {
    let diagram = Diagram::whole();
    let (mermaid, dot) = (diagram.mermaid().to_string(), diagram.dot().to_string());
    let drawn = arrows(&mermaid, " --> ", ": ");
    assert!(drawn.len() > 20, "{mermaid}");
    assert_eq!(arrows(&dot, " -> ", " [label=\""), drawn);
    let lines = |text: &str, begin: &str, end: &str| {
        text.lines().filter(|line| line.starts_with(begin) && line.ends_with(end)).count()
    };
    assert_eq!(lines(&dot, "  begin ->", ";"), lines(&mermaid, "    [*] -->", ""));
    assert_eq!(lines(&dot, "  begin [shape=point];", ""), 1);
    assert_eq!(lines(&dot, "", " [color=red];"), lines(&mermaid, "    class ", " failed"));
    assert_eq!(lines(&dot, "", " [style=\"rounded,dashed\"];"), lines(&mermaid, "    class ", " moving"));
    assert_eq!(lines(&dot, "", ", shape=plaintext];"), lines(&mermaid, "    class ", " several"));
    assert_eq!(lines(&dot, "", " [peripheries=2];"), lines(&mermaid, "", " --> [*]"));
}

#[test]
fn a_decision_table_is_that_of_its_command() {
    let tables: Vec<Verb> = DecisionTable::all().map(|table| table.verb()).collect();
    assert_eq!(tables, Verb::ALL);
    let stop = DecisionTable::for_verb(Verb::Stop);
    let guards: Vec<String> =
        stop.demands().filter_map(|demand| demand.check().guard()).map(|guard| format!("{guard:?}")).collect();
    assert_eq!(guards, ["not_errored", "settled", "started_or_paused", "idle"]);
    let demands: Vec<(String, u16)> =
        stop.demands().map(|demand| (demand.check().to_string(), demand.http_status())).collect();
    let expected = [("not_errored", 400), ("settled", 409), ("started_or_paused", 400), ("idle", 409)];
    assert_eq!(demands, expected.map(|(check, status)| (check.to_owned(), status)));
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
