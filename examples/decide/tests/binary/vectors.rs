//! The lines of `vectors/` are questions of this program and its answers. `tests/vectors` makes them from the crate.

use crate::run::answers;
use serde_json::{Map, Value, json};
use std::{fs, path::Path};

/// A question of a line, and the answer that the line expects.
struct Expected {
    id: String,
    question: Value,
    answer: Value,
}

/// Returns the lines of a file in every profile that has one.
fn lines(file: &str) -> Vec<Value> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    let folders = fs::read_dir(vectors).expect("the vectors").map(|entry| entry.expect("an entry").path());
    let texts = folders.filter_map(|folder| fs::read_to_string(folder.join(file)).ok());
    let parsed = |line: &str| serde_json::from_str(line).expect("JSON");
    texts.flat_map(|text| text.lines().map(parsed).collect::<Vec<Value>>()).collect()
}

/// Asks every question at once and lists those whose answer is another one.
fn expect_all(expected: &[Expected], at_least: usize) {
    assert!(expected.len() >= at_least, "only {} questions", expected.len());
    let questions: Vec<_> = expected.iter().map(|line| line.question.to_string().into_bytes()).collect();
    let (status, found) = answers(&questions);
    let both = expected.iter().zip(&found);
    let wrong: Vec<_> = both
        .filter(|(line, found)| line.answer != **found)
        .map(|(line, found)| {
            format!("{}\n  question {}\n  expected {}\n  found    {found}", line.id, line.question, line.answer)
        })
        .collect();
    assert!(wrong.is_empty(), "{} answers differ\n{}", wrong.len(), wrong.iter().take(5).cloned().collect::<String>());
    assert_eq!(status, Some(0));
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn expect_file(file: &str, at_least: usize) {
    let line = |line: Value| Expected {
        id: text(&line["id"]),
        question: line["question"].clone(),
        answer: line["answer"].clone(),
    };
    expect_all(&lines(file).into_iter().map(line).collect::<Vec<_>>(), at_least);
}

#[test]
fn it_answers_every_line_as_expected() {
    for (file, at_least) in [
        ("decide.jsonl", 1000),
        ("reconcile.jsonl", 1000),
        ("due.jsonl", 100),
        ("assess.jsonl", 500),
        ("compare.jsonl", 400),
        ("ledger.jsonl", 400),
    ] {
        expect_file(file, at_least);
    }
}

#[test]
fn a_damaged_answer_is_found() {
    let mut line = lines("decide.jsonl").swap_remove(0);
    line["answer"] = json!({ "step": null });
    let expected =
        Expected { id: text(&line["id"]), question: line["question"].clone(), answer: line["answer"].clone() };
    assert!(std::panic::catch_unwind(|| expect_all(&[expected], 1)).is_err());
}

/// Plays a story: each step is a question about the row that the steps before have left.
fn played(story: &Value) -> Vec<Expected> {
    let mut row = story["row"].as_object().expect("a row").clone();
    let (mut asked, mut held) = (Vec::new(), Value::Null);
    for (index, step) in story["steps"].as_array().expect("steps").iter().enumerate() {
        let mut step = step.as_object().expect("a step").clone();
        if let Some(child) = step.get("child") {
            row = child.as_object().expect("a row").clone();
            continue;
        }
        if step.get("write").is_some() {
            let expects = held["expects"].as_object().expect("what a held step expects");
            let is_stale = expects.iter().any(|(column, value)| column_of(&row, column) != *value);
            assert_eq!(step["stale"], json!(is_stale), "{} {index}", story["id"]);
            if !is_stale {
                merge(&mut row, &held["changes"]);
            }
            continue;
        }
        let answer = step.remove("answer").expect("an answer");
        let is_held = step.remove("hold").is_some();
        step.insert("row".to_owned(), Value::Object(row.clone()));
        if let Some(policy) = story.get("policy").filter(|_| step["ask"] != "compare") {
            step.insert("policy".to_owned(), policy.clone());
        }
        asked.push(Expected {
            id: format!("{} {index}", text(&story["id"])),
            question: Value::Object(step),
            answer: answer.clone(),
        });
        let taken = [&answer["step"], &answer["next"]["apply"], &answer["finding"]["apply"]];
        if let Some(step) = taken.into_iter().find(|step| step.is_object()) {
            if is_held {
                held = step.clone();
            } else {
                merge(&mut row, &step["changes"]);
            }
        }
    }
    asked
}

/// Returns a column of a row, which may leave it out.
fn column_of(row: &Map<String, Value>, column: &str) -> Value {
    match column {
        "revision" => row.get(column).cloned().unwrap_or(json!(0)),
        "lastActivityAt" => row.get(column).or_else(|| row.get("createdAt")).cloned().expect("a time"),
        other => panic!("no step expects {other}"),
    }
}

/// Writes the changes of a step. A row without the begin of its state has the last activity in its place, so it is named first.
fn merge(row: &mut Map<String, Value>, changes: &Value) {
    let used = column_of(row, "lastActivityAt");
    row.entry("stateSince").or_insert(used.clone());
    row.entry("lastActivityAt").or_insert(used);
    row.extend(changes.as_object().expect("changes").clone());
}

#[test]
fn it_answers_every_story_as_told() {
    let asked: Vec<_> = lines("story.jsonl").iter().flat_map(played).collect();
    expect_all(&asked, 800);
}
