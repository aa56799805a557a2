//! Rules for the source files, checked on every file of `src/`.
//!
//! Clippy checks its own rules; the tests here only check that `src/lib.rs` denies its lints. Two rules are tested
//! elsewhere: every guard refuses some case (`tests/rules/rule_table.rs`), and the fields of `Lifecycle` are private (a
//! `compile_fail` doc test of `Lifecycle`).

use crate::source::{Source, catch_alls, root, sources};
use sandbox_lifecycle::{
    DesiredState, Reason, SandboxClass, SandboxState, Timer, Verb,
    lifecycle::Column,
    rules::EventName,
    vocabulary::{BackupState, CopyState, Fault, GpuType, Repair, Word},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// The number of lines above which a file must be split.
const LONGEST: usize = 400;

/// Fails if any place breaks the rule, and lists all of them.
fn hold(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}\n{}", broken.join("\n"));
}

/// Returns every word and field name of the wire and the store, each with the only file that may spell it.
fn spellings() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let lists = [
        ("src/vocabulary/words/state.rs", SandboxState::WORDS),
        ("src/vocabulary/words/desired_state.rs", DesiredState::WORDS),
        ("src/vocabulary/words/class.rs", SandboxClass::WORDS),
        ("src/vocabulary/words/backup_state.rs", BackupState::WORDS),
        ("src/vocabulary/words/copy_state.rs", CopyState::WORDS),
        ("src/vocabulary/words/fault.rs", Fault::WORDS),
        ("src/vocabulary/words/gpu.rs", GpuType::WORDS),
        ("src/vocabulary/words/repair.rs", Repair::WORDS),
        ("src/rules/reason.rs", Reason::WORDS),
        ("src/rules/input/verb.rs", Verb::WORDS),
        ("src/rules/input/timer.rs", Timer::WORDS),
        ("src/rules/event.rs", EventName::WORDS),
    ];
    let words = lists.iter().flat_map(|(file, words)| words.iter().map(move |word| (*word, *file)));
    let names = Column::ALL.iter().flat_map(|column| [column.name, column.sql_name]);
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for (word, file) in words.chain(names.map(|name| (name, "src/vocabulary/names.rs"))) {
        found.entry(word).or_default().insert(file);
    }
    found
}

/// Labels for people that read like a word of the wire.
const LABELS: [(&str, &str); 9] = [
    ("src/lifecycle/facts.rs", "recoverable"),
    ("src/lifecycle/facts.rs", "ephemeral"),
    ("src/lifecycle/held_resources.rs", "disk"),
    ("src/rules/refusal/value.rs", "state"),
    ("src/rules/refusal/value.rs", "desired_state"),
    ("src/vocabulary/interval.rs", "none"),
    ("src/vocabulary/words/fault.rs", "fault"),
    ("src/vocabulary/words/repair.rs", "repair"), // What an unknown word is called in an error; a column has that name too.
    ("src/vocabulary/words/state.rs", "state"),
];

#[test]
fn a_word_of_the_wire_is_spelled_in_one_place() {
    let spellings = spellings();
    let mut found = BTreeSet::new();
    let mut broken = Vec::new();
    // The naive model states the rules a second time, in the published words on purpose.
    for source in sources().iter().filter(|source| !source.name.starts_with("src/testing/")) {
        for (line, quoted) in &source.quoted {
            let Some(homes) = spellings.get(quoted.as_str()) else { continue };
            let again = !found.insert((source.name.clone(), quoted.clone()));
            let is_label = LABELS.contains(&(source.name.as_str(), quoted.as_str()));
            if again || !homes.contains(source.name.as_str()) && !is_label {
                broken.push(format!("{}:{line}: {quoted:?}", source.name));
            }
        }
    }
    hold("a word of the wire may be spelled only once, in the file that lists it", broken);
    let gone = LABELS.iter().filter(|(file, word)| !found.contains(&((*file).to_owned(), (*word).to_owned())));
    hold("a label that is gone", gone.map(|label| format!("{label:?}")).collect());
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

/// The table of what a host owes, and that of the official clients, name tests. Each of them must exist.
#[test]
fn every_test_that_a_page_names_exists() {
    let code: String = tests_of(&root().join("tests")).into_iter().collect();
    let mut missing = Vec::new();
    for (page, column) in [("docs/PROTOCOL.md", 3), ("docs/CLIENTS.md", 4)] {
        let text = fs::read_to_string(root().join(page)).expect("a page");
        let table = text.lines().filter(|line| line.starts_with("| "));
        let names: Vec<_> = table
            .filter_map(|line| line.split(" | ").nth(column))
            .flat_map(|cell| cell.split('`').skip(1).step_by(2).collect::<Vec<_>>())
            .collect();
        assert!(!names.is_empty(), "{page} names no test");
        missing.extend(names.into_iter().filter(|name| !is_found(name, &code)).map(|name| format!("{page}: {name}")));
    }
    hold("a page names a test that does not exist", missing);
}

fn is_found(name: &str, code: &str) -> bool {
    let is_test = name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_' || letter.is_ascii_digit());
    if is_test {
        code.contains(&format!("fn {name}(")) || code.contains(&format!("mod {name};"))
    } else {
        code.contains(name)
    }
}

/// Returns the text of every test file under a folder.
fn tests_of(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder of tests").map(|entry| entry.expect("an entry").path());
    let read = |path: std::path::PathBuf| match path.extension() {
        None if path.is_dir() => tests_of(&path),
        Some(kind) if kind == "rs" => vec![fs::read_to_string(&path).expect("a test")],
        _ => Vec::new(),
    };
    entries.flat_map(read).collect()
}
