//! Every recorded decision, held against this crate.
//!
//! Each row of each table under `tests/conformance/` (or under the directory that `CONFORMANCE_DIR` names) becomes
//! inputs to the public API, and every output column is compared. The only rows that may differ are those of the
//! named differences in `differences.rs`; a difference says by a predicate over the row's inputs where it applies and
//! what is expected there instead. It fails when a row differs without one, when a difference changes nothing on a row
//! it claims, and when it covers no row of the project's own tables.

#[path = "conformance/actions.rs"]
mod actions;
#[path = "conformance/commands.rs"]
mod commands;
#[path = "conformance/differences.rs"]
mod differences;
#[path = "conformance/jobs.rs"]
mod jobs;
#[path = "conformance/judge.rs"]
mod judge;
#[path = "support/rendered.rs"]
mod rendered;
#[path = "conformance/reports.rs"]
mod reports;
#[path = "conformance/simple.rs"]
mod simple;
#[path = "conformance/table.rs"]
mod table;
#[path = "conformance/timers.rs"]
mod timers;

use std::{path::PathBuf, process::ExitCode, sync::Mutex};

/// How a row of each table is judged.
const TABLES: [(&str, judge::Judge); 9] = [
    ("valid", simple::valid),
    ("projection", simple::projection),
    ("invariants", simple::invariants),
    ("commands", commands::judge),
    ("reports", reports::judge),
    ("jobs", jobs::judge),
    ("actions", actions::actions),
    ("placement", actions::placement),
    ("timers", timers::judge),
];

fn main() -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
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
