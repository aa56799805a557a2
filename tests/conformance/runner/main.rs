//! Compares the crate with every recorded decision.
//!
//! Each row of each table in `tests/conformance/`, or in the folder that `CONFORMANCE_DIR` names, becomes inputs to the
//! public API, and every output column is compared. Only rows of a named difference in `differences.rs` may differ: it
//! has a predicate over the inputs of a row and the output that is expected instead. The run fails when a row differs
//! without a difference, when a difference changes nothing on a row that it claims, and when a difference covers no row
//! of the tables in this repository.

mod actions;
mod commands;
mod differences;
mod jobs;
mod judge;
#[path = "../../support/rendered.rs"]
mod rendered;
mod reports;
mod states;
mod table;
mod timers;

use std::{path::PathBuf, process::ExitCode, sync::Mutex};

/// The judge of each table.
const TABLES: [(&str, judge::Judge); 9] = [
    ("valid", states::valid),
    ("projection", states::projection),
    ("invariants", states::invariants),
    ("commands", commands::judge),
    ("reports", reports::judge),
    ("jobs", jobs::judge),
    ("actions", actions::actions),
    ("placement", actions::placement),
    ("timers", timers::judge),
];

fn main() -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let other = std::env::var_os("CONFORMANCE_DIR").map(PathBuf::from);
    let must_cover = other.is_none();
    let found = table::find(other.as_ref().unwrap_or(&own)).expect("a readable directory of tables");
    assert!(!found.is_empty(), "no table (*.csv.gz) in {}", other.unwrap_or(own).display());

    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let trials = found.into_iter().map(|(name, path)| {
        libtest_mimic::Trial::test(name.clone(), move || {
            let judge = TABLES.iter().find(|(table, _)| *table == name).map(|(_, judge)| *judge);
            let report = judge::run(&name, &path, judge, must_cover)?;
            LINES.lock().expect("no trial panics while it holds the lock").push(report.line());
            report.into_result()
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let mut lines = LINES.lock().expect("all trials have ended");
    lines.sort();
    for line in lines.iter() {
        println!("{line}");
    }
    let whole = must_cover && lines.len() == TABLES.len();
    let copy = format!("```text\n{}\n```\n", lines.join("\n"));
    if whole && let Err(error) = rendered::hold("README.md", "conformance", &copy) {
        println!("{error}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
