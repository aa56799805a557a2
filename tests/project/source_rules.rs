//! Rules for the source files, checked on every file of `src/`.
//!
//! Clippy checks its own rules; the tests here only check that `src/lib.rs` denies its lints. Two rules are tested
//! elsewhere: every guard refuses some case (`tests/rules/rule_table.rs`), and the fields of `Lifecycle` are private (a
//! `compile_fail` doc test of `Lifecycle`).

use crate::source::{Source, catch_alls, named_after, root, sources};
use sandbox_lifecycle::{DesiredState, SandboxClass, SandboxState};
use std::{collections::BTreeSet, fs};

/// The number of lines above which a file must be split.
const LONGEST: usize = 400;

/// Fails if any place breaks the rule, and lists all of them.
fn hold(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}\n{}", broken.join("\n"));
}

#[test]
fn a_wire_word_is_spelled_in_one_place() {
    let states: BTreeSet<&str> = SandboxState::ALL.iter().map(|word| word.as_str()).collect();
    let desired = DesiredState::ALL.iter().map(|word| word.as_str());
    let classes = SandboxClass::ALL.iter().map(|word| word.as_str());
    let words: BTreeSet<&str> = states.into_iter().chain(desired).chain(classes).collect();
    let own =
        ["words/state", "words/desired_state", "words/class", "names"].map(|list| format!("src/vocabulary/{list}.rs"));
    let mut broken = Vec::new();
    // The naive model states the rules a second time, in the published words on purpose.
    let stated_twice = |name: &str| name.starts_with("src/testing/");
    for source in sources().iter().filter(|source| !own.contains(&source.name) && !stated_twice(&source.name)) {
        for (line, word) in source.quoted.iter().filter(|(_, quoted)| words.contains(quoted.as_str())) {
            broken.push(format!("{}:{line}: {word:?}", source.name));
        }
    }
    hold("a wire word may be spelled only in its own list in src/vocabulary", broken);
}

#[test]
fn no_match_over_an_own_enum_has_a_catch_all() {
    let broken = sources().into_iter().flat_map(|source| {
        catch_alls(&source.code).into_iter().map(|line| format!("{}:{line}", source.name)).collect::<Vec<_>>()
    });
    hold(
        "a match over an own enum must not have a catch-all arm: a new word must not compile before every rule handles it",
        broken.collect(),
    );
}

#[test]
fn every_banned_path_names_a_replacement() {
    let text = fs::read_to_string(root().join("clippy.toml")).expect("clippy.toml");
    let entries: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with('{')).collect();
    let without = |entry: &&&str| {
        let reason = entry.split_once("reason = \"").and_then(|(_, rest)| rest.split_once('"'));
        reason.is_none_or(|(reason, _)| reason.trim().is_empty())
    };
    hold("an entry of clippy.toml without a reason", entries.iter().filter(without).map(ToString::to_string).collect());
    let unbanned =
        ["std::time::", "chrono::Utc::now", "std::env::", "std::fs::", "std::net::", "std::thread::", "rand::"]
            .into_iter()
            .filter(|root| !entries.iter().any(|entry| entry.contains(&format!("path = \"{root}"))));
    hold("clippy.toml bans no path of these", unbanned.map(str::to_owned).collect());
}

#[test]
fn the_library_denies_every_required_lint() {
    let front = Source::read(&root().join("src/lib.rs"));
    let unasked = [
        "no_std",
        "forbid(unsafe_code)",
        "missing_docs",
        "clippy::panic",
        "clippy::unwrap_used",
        "clippy::expect_used",
        "clippy::indexing_slicing",
        "clippy::as_conversions",
        "clippy::arithmetic_side_effects",
        "clippy::wildcard_enum_match_arm",
        "clippy::disallowed_methods",
        "clippy::disallowed_types",
    ];
    let unasked = unasked.into_iter().filter(|lint| !front.code.contains(lint)).map(str::to_owned);
    hold("src/lib.rs does not deny these lints", unasked.collect());
}

#[test]
fn nothing_reads_a_clock() {
    let broken = sources().into_iter().filter(|source| source.code.contains("::now(")).map(|source| source.name);
    hold("time is a parameter: these files read a clock", broken.collect());
}

#[test]
fn every_lint_exception_has_a_reason() {
    let broken = sources().into_iter().flat_map(|source| {
        let starts = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
        let found = starts.iter().flat_map(|start| source.code.match_indices(start)).filter(|(at, _)| {
            let attribute = source.code[*at..].split(']').next().unwrap_or_default();
            !attribute.contains("reason")
        });
        let line = |at: usize| source.code[..at].matches('\n').count() + 1;
        found.map(|(at, _)| format!("{}:{}", source.name, line(at))).collect::<Vec<_>>()
    });
    hold("an exception to a lint without its reason", broken.collect());
}

#[test]
fn a_file_is_short_and_begins_with_its_subject() {
    let mut broken = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST {
            broken.push(format!("{}: {lines} lines", source.name));
        }
        if !source.text.starts_with("//! ") {
            broken.push(format!("{}: no caption", source.name));
        }
    }
    hold("a file has at most 400 lines and begins with a `//!` line that names its subject", broken);
}

/// Returns the layers of `src/` in the order of the table in `docs/DESIGN.md`, the lowest first.
fn rooms() -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("docs/DESIGN.md")).expect("docs/DESIGN.md");
    let table = page.split("## The rooms").nth(1).expect("a table of rooms").split("\n## ").next().unwrap_or_default();
    let rows =
        table.lines().filter(|line| line.starts_with("| `")).map(|line| line.split('|').nth(1).unwrap_or_default());
    rows.map(|cell| {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(|name| name.trim_end_matches(".rs").trim_end_matches('/').to_owned())
            .collect()
    })
    .collect()
}

#[test]
fn no_module_imports_a_higher_layer() {
    let rooms = rooms();
    let level = |room: &str| rooms.iter().position(|row| row.iter().any(|name| name == room));
    let front = Source::read(&root().join("src/lib.rs"));
    // A name that `src/lib.rs` re-exports belongs to the layer that it comes from.
    let home = |name: &str| {
        let shown = |room: &&String| named_after(&format!("pub use {room}::"), &front.code).contains(name);
        rooms.iter().flatten().find(shown).cloned().unwrap_or_else(|| name.to_owned())
    };
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.name != front.name) {
        let room = source.name["src/".len()..].split('/').next().unwrap_or_default().trim_end_matches(".rs");
        let Some(own) = level(room) else {
            broken.push(format!("{} is in no room", source.name));
            continue;
        };
        for name in named_after("crate::", &source.code) {
            let imported = home(&name);
            if imported != room && level(&imported).is_none_or(|other| other >= own) {
                broken.push(format!("{} imports {name}", source.name));
            }
        }
    }
    hold(
        "docs/DESIGN.md lists the layers from the lowest to the highest, and no layer may import from a higher one",
        broken,
    );
}
