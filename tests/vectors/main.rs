//! The vectors: questions about sandboxes with their answers, one JSON object a line, for readers in any language.
//!
//! `UPDATE_VECTORS=1 cargo test --test vectors` writes the files in `vectors/` again. `vectors/README.md` describes them.

mod assess;
mod broken;
mod compare;
mod decide;
#[path = "../support/difference.rs"]
mod difference;
mod form;
mod laws;
mod ledger;
#[path = "../transcripts/read.rs"]
mod read;
mod story;
#[path = "../transcripts/view.rs"]
mod view;
mod vocabulary;

use difference::first_difference;
use sandbox_lifecycle::Policy;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The number of the forms. Raise it when a line of an earlier file could no longer be read in the same way.
const FORMS: u32 = 1;

/// The largest size of all files together, in bytes: they are in the published package.
const MOST_BYTES: usize = 4_000_000;

/// What one file holds, and what makes its lines.
type Maker = fn(&Policy) -> Vec<String>;

const MAKERS: [(&str, Maker); 8] = [
    ("assess", assess::lines),
    ("compare", compare::lines),
    ("decide", decide::decide_lines),
    ("due", decide::due_lines),
    ("ledger", ledger::lines),
    ("reconcile", decide::reconcile_lines),
    ("story", story::lines),
    ("vocabulary", vocabulary::lines),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// Returns every file with its text, by its path below `vectors/`. It is made once for all tests.
fn files() -> &'static BTreeMap<PathBuf, String> {
    static FILES: OnceLock<BTreeMap<PathBuf, String>> = OnceLock::new();
    FILES.get_or_init(made)
}

/// The folder of the default policy is complete. The other one has the lines that differ under the rules of the recorded server.
fn made() -> BTreeMap<PathBuf, String> {
    let version = format!("{{\"forms\":{FORMS},\"crate\":\"{}\"}}\n", env!("CARGO_PKG_VERSION"));
    let mut files = BTreeMap::from([(PathBuf::from("VERSION"), version)]);
    let (default, recorded) = (Policy::default(), Policy::recorded());
    for (name, made) in MAKERS {
        let (lines, others) = (made(&default), made(&recorded));
        let known: BTreeSet<String> = lines.iter().map(|line| without_policy(line)).collect();
        let differing: Vec<String> = others.into_iter().filter(|line| !known.contains(&without_policy(line))).collect();
        for (policy, lines) in [(&default, lines), (&recorded, differing)] {
            if !lines.is_empty() {
                let path = Path::new(&policy.profile.to_string()).join(format!("{name}.jsonl"));
                files.insert(path, lines.join("\n") + "\n");
            }
        }
    }
    files
}

/// Returns a line without its policy, so that lines of two policies can be compared.
fn without_policy(line: &str) -> String {
    let mut value: Value = serde_json::from_str(line).expect("JSON");
    let holder = if value.get("question").is_some() { &mut value["question"] } else { &mut value };
    if let Value::Object(fields) = holder {
        fields.remove("policy");
    }
    value.to_string()
}

#[test]
fn every_file_is_up_to_date() {
    let rewrite = std::env::var_os("UPDATE_VECTORS").is_some();
    let mut faults = Vec::new();
    for (name, text) in files() {
        let path = folder().join(name);
        let written = fs::read_to_string(&path).unwrap_or_default();
        if written == *text {
            continue;
        }
        if rewrite {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
            fs::write(&path, text).expect("a file can be written");
        } else {
            faults.push(format!("{}, {}", name.display(), first_difference(text, &written)));
        }
    }
    let command = "rewrite the files with: UPDATE_VECTORS=1 cargo test --test vectors";
    assert!(faults.is_empty(), "{}\n{command}", faults.join("\n"));
}

#[test]
fn no_other_file_is_among_them() {
    let known: BTreeSet<PathBuf> = files().keys().cloned().chain([PathBuf::from("README.md")]).collect();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let inside = if path.is_dir() { entries(&path) } else { vec![path] };
        found.extend(inside.iter().map(|path| path.strip_prefix(folder()).expect("inside").to_owned()));
    }
    assert_eq!(found, known);
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn every_line_has_an_id_of_its_own() {
    for (name, text) in files() {
        let mut ids = BTreeSet::new();
        for line in text.lines().filter(|_| name.extension().is_some()) {
            let value: Value = serde_json::from_str(line).expect("JSON");
            let id = value["id"].as_str().expect("an id").to_owned();
            assert!(ids.insert(id.clone()), "{}: {id} comes twice", name.display());
        }
    }
}

#[test]
fn they_are_small_enough_for_the_package() {
    let bytes: usize = files().values().map(String::len).sum();
    assert!(bytes < MOST_BYTES, "{bytes} bytes");
}
