//! What the documents show of the code is what the code says now.
//!
//! A rendered part stands between `<!-- begin:name -->` and `<!-- end:name -->`, so that a document can introduce it in
//! its own words. Another part is another line in [`parts`].

use sandbox_lifecycle::view::{DecisionTables, Diagram};
use std::{fs, path::PathBuf};

/// Every rendered part: the document, the name of the part, and what it says now.
fn parts() -> Vec<(&'static str, &'static str, String)> {
    let drawn = |diagram: &Diagram| format!("```mermaid\n{}```\n", diagram.mermaid());
    vec![
        ("docs/RULES.md", "tables", DecisionTables.to_string()),
        ("docs/DIAGRAM.md", "commands", drawn(&Diagram::of_commands())),
        ("docs/DIAGRAM.md", "whole", drawn(&Diagram::whole())),
    ]
}

/// With this in the environment the documents are written anew.
const REWRITES: &str = "UPDATE_DOCS";

#[test]
fn every_rendered_part_of_a_document_is_current() {
    let rewrites = std::env::var_os(REWRITES).is_some();
    let mut old = Vec::new();
    for (document, name, now) in parts() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(document);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{document}: {error}"));
        let current = with_part(&text, name, &now).unwrap_or_else(|missing| panic!("{document}: {missing}"));
        if current == text {
            continue;
        }
        if rewrites {
            fs::write(&path, current).unwrap_or_else(|error| panic!("{document}: {error}"));
        } else {
            old.push(format!("{document}, part `{name}`: {}", first_difference(&text, &current)));
        }
    }
    assert!(old.is_empty(), "{}\nTo write them anew: {REWRITES}=1 cargo test --test docs_current", old.join("\n"));
}

/// The document with the part between its two marks replaced.
fn with_part(text: &str, name: &str, now: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- begin:{name} -->\n"), format!("<!-- end:{name} -->"));
    let missing = |mark: &str| format!("the mark `{}` is missing", mark.trim_end());
    let (before, rest) = text.split_once(&begin).ok_or_else(|| missing(&begin))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| missing(&end))?;
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", now.trim_end()))
}

/// Where two texts part, for whoever has to find out which rule has changed.
fn first_difference(old: &str, new: &str) -> String {
    let mut new_lines = new.lines();
    for (index, line) in old.lines().enumerate() {
        let now = new_lines.next().unwrap_or("(nothing)");
        if line != now {
            return format!("line {} is\n  {line}\nand should be\n  {now}", index + 1);
        }
    }
    format!("there is more now:\n  {}", new_lines.next().unwrap_or("(nothing)"))
}

#[test]
fn a_part_is_replaced_and_what_stands_around_it_is_kept() {
    let text = "before\n<!-- begin:x -->\n\nold\n\n<!-- end:x -->\nafter\n";
    let current = with_part(text, "x", "new\n").expect("both marks");
    assert_eq!(current, "before\n<!-- begin:x -->\n\nnew\n\n<!-- end:x -->\nafter\n");
    assert_eq!(with_part(&current, "x", "new\n").as_deref(), Ok(current.as_str()));
    assert_eq!(with_part("", "x", "new"), Err("the mark `<!-- begin:x -->` is missing".to_owned()));
    assert_eq!(first_difference(text, &current), "line 4 is\n  old\nand should be\n  new");
}
