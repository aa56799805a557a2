//! What holds for the lines: they read back as what they name, every cell has one, and a database can store every value.

use crate::files;
use sandbox_lifecycle::{
    Assessment, Context, Goal, Input, Lifecycle, Policy, RunnerView, Verb,
    chrono::{DateTime, Datelike, Utc},
    testing::{Case, cell_of, cells, pass_cell_of, pass_cells},
    vocabulary::Word,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path};

/// Returns the lines of a file of the default policy.
fn lines(file: &str) -> Vec<Value> {
    let text = &files()[&Path::new("0.226").join(file)];
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn ids(file: &str, ask: &str) -> BTreeSet<String> {
    let prefix = format!("{ask}/");
    let id = |line: &Value| line["id"].as_str().and_then(|id| id.strip_prefix(&prefix)).expect("an id").to_owned();
    lines(file).iter().map(id).collect()
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"))
}

#[test]
fn every_cell_has_a_line() {
    let policy = Policy::default();
    let cells = cells(&policy);
    let named: BTreeSet<String> = cells.iter().map(|cell| cell.name.to_string()).collect();
    let asked = ids("decide.jsonl", "decide");
    assert!(named.is_subset(&asked), "{:?}", named.difference(&asked));
    let timed = cells.iter().filter(|cell| matches!(cell.case.input, Input::Timer(_)));
    assert_eq!(ids("due.jsonl", "due"), timed.map(|cell| cell.name.to_string()).collect());
    let passes = pass_cells(&policy).iter().map(|cell| cell.name.to_string().replacen("pass/", "", 1)).collect();
    assert_eq!(ids("reconcile.jsonl", "reconcile"), passes);
}

#[test]
fn every_check_of_every_command_refuses() {
    let asked = lines("decide.jsonl");
    let refused: BTreeSet<(Verb, &str)> = asked
        .iter()
        .filter(|line| line["answer"].get("refusal").is_some())
        .filter_map(|line| match read(&line["question"]["input"]) {
            Input::Command(command) => line["id"].as_str()?.rsplit_once('/').map(|(_, guard)| (command.verb(), guard)),
            Input::Report(_) | Input::Timer(_) => None,
        })
        .collect();
    let checks = Verb::ALL.iter().flat_map(|verb| verb.checks().iter().map(|check| (*verb, check.name())));
    let never: Vec<_> =
        checks.filter(|(verb, guard)| !refused.contains(&(*verb, guard.replace('_', "-").as_str()))).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn a_line_reads_back_as_the_cell_that_it_names() {
    let policy = Policy::default();
    for line in lines("decide.jsonl") {
        let question = &line["question"];
        let row: Lifecycle = read(&question["row"]);
        let context = question.get("context").map_or(Context::of(&row), read);
        let case = Case { row, input: read(&question["input"]), context, now: read(&question["now"]) };
        assert_eq!(line["id"], json!(format!("decide/{}", cell_of(&case, &policy))));
    }
    for line in lines("reconcile.jsonl") {
        let question = &line["question"];
        let (row, view): (Lifecycle, RunnerView) = (read(&question["row"]), read(&question["view"]));
        let name = pass_cell_of(&row, &view, &policy, read(&question["now"])).to_string();
        assert_eq!(line["id"], json!(name.replacen("pass/", "reconcile/", 1)));
    }
}

/// Returns what cannot be stored: a year that a database or another language does not take, or a size beyond `i32`.
fn unstorable(name: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| unstorable(name, value, found)),
        Value::Array(items) => items.iter().for_each(|value| unstorable(name, value, found)),
        Value::String(text) => {
            let year = text.parse::<DateTime<Utc>>().map(|time| time.year());
            found.extend(year.ok().filter(|year| !(1..=9999).contains(year)).map(|year| format!("{name} {year}")));
        }
        Value::Number(number) => {
            // These count writes, pieces of work and attempts up to the largest `u32`, and start again at 0.
            let counts = ["revision", "epoch", "newest", "supersedes", "attempt", "backupAttempt"].contains(&name);
            let largest = if counts { i64::from(u32::MAX) } else { i64::from(i32::MAX) };
            let fits = number.as_i64().is_some_and(|number| (i64::from(i32::MIN)..=largest).contains(&number));
            found.extend((!fits).then(|| format!("{name} {number}")));
        }
        Value::Null | Value::Bool(_) => {}
    }
}

#[test]
fn a_database_can_store_every_value() {
    for (name, text) in files().iter().filter(|(name, _)| name.extension().is_some()) {
        for line in text.lines() {
            let (value, mut found) = (serde_json::from_str::<Value>(line).expect("JSON"), Vec::new());
            unstorable("", &value, &mut found);
            assert!(found.is_empty(), "{}: {} holds {found:?}", name.display(), value["id"]);
        }
    }
    let mut found = Vec::new();
    unstorable("", &json!({ "cpu": u32::MAX, "at": "+10000-01-01T00:00:00Z", "epoch": u32::MAX }), &mut found);
    assert_eq!(found, ["at 10000", "cpu 4294967295"]);
}

/// Returns the names of the answers of a file: `verdict/carryOut`, `finding/agrees`, …
fn answers(file: &str, field: &str) -> BTreeSet<String> {
    let name = |answer: &Value| match answer {
        Value::String(word) => Some(word.clone()),
        Value::Object(fields) => fields.keys().next().cloned(),
        _ => None,
    };
    lines(file).iter().filter_map(|line| name(&line["answer"][field])).collect()
}

fn names(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn every_kind_of_answer_occurs() {
    let verdicts =
        ["answer", "carryOut", "notUnderWay", "refuse", "repeat", "send", "superseded", "underWay", "withoutEffect"];
    assert_eq!(answers("ledger.jsonl", "verdict"), names(&verdicts));
    assert_eq!(answers("compare.jsonl", "finding"), names(&["agrees", "apply", "release", "remove"]));
    assert_eq!(answers("reconcile.jsonl", "next"), names(&["apply", "ask", "nothing", "resend", "wait"]));
    let assessments = ["pending", "reached", "stuck", "timed_out", "unknown", "unreachable"];
    assert_eq!(answers("assess.jsonl", "assessment"), names(&assessments));
    let asked: BTreeSet<String> = lines("decide.jsonl").iter().map(|line| line["answer"].to_string()).collect();
    let refusals = asked.iter().filter(|answer| answer.contains("\"refusal\"")).count();
    assert!(refusals > 30 && asked.len() - refusals > 300, "{refusals} refusals of {} different answers", asked.len());
    let reasons = ["different_desired_state", "evicted", "failed", "gone", "not_done", "timed_out_in_queue"];
    assert_eq!(answers("assess.jsonl", "reason"), names(&reasons));
    let missing = ["auto_delete", "desired_state", "record", "size", "snapshot", "state"];
    assert_eq!(answers("assess.jsonl", "missing"), names(&missing));
}

#[test]
fn an_assessment_reads_back() {
    for line in lines("assess.jsonl") {
        let _: (Goal, Assessment) = (read(&line["question"]["goal"]), read(&line["answer"]));
    }
}

#[test]
fn the_vocabulary_has_every_command() {
    let words: Vec<String> = lines("vocabulary.jsonl")
        .iter()
        .filter(|line| line["list"] == "command")
        .map(|line| line["word"].as_str().expect("a word").to_owned())
        .collect();
    assert_eq!(words, Verb::WORDS);
}
