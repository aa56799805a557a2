//! The README's table of duties: each duty of `docs/PROTOCOL.md`, and the line of the package that carries it.

use std::{fs, path::Path};

/// The beginning of a duty, the file that carries it, and the code that its line has.
const DUTIES: &[(&str, &str, &str)] = &[
    ("Write a step only where its revision still holds", "src/store/write.rs", "self.commit(statements).await?;"),
    ("Send a call only after its step is written", "src/store/outbox.rs", "pub async fn take_outgoing"),
    ("Repeat a call, with the same epoch", "src/outbox.rs", "message.is_still_owed("),
    ("Repeat a removal or release until", "src/api/reports.rs", "store.owed_to(&runner.id)"),
    ("When a runner is scrapped for good", "src/store/runners.rs", "pub async fn scrap"),
    ("Count what is owed before", "src/store/sandboxes.rs", ".with_owed_departures("),
    ("Place no sandbox on a runner that owes", "src/store/runners.rs", "AND NOT EXISTS (SELECT 1 FROM outbox o"),
    ("Look for a runner that has room", "src/controller.rs", ".needs_placement("),
    ("Pass each report with the name of the runner", "src/api/reports.rs", ".report(&runner_id, report"),
    ("Put an answer into the view", "src/controller.rs", "view.answered(answer)"),
    ("Gather the context for the revision", "src/store/sandboxes.rs", ".with_live_fork_children("),
    ("Raise the parent's revision", "src/store/write.rs", "effect == Effect::RaiseParent"),
    ("Store the fork's child", "src/store/write.rs", "effect == Effect::StoreChild"),
    ("Runners store the ledger before they work", "src/runner/core.rs", "async fn store("),
    ("Take inventories", "src/api/reports.rs", "pub async fn inventory"),
    ("Report a runner's unasked state", "src/runner/session.rs", "let report = Report::State"),
    ("Let a runner that returns take what it is owed", "src/runner/session.rs", "let owed = welcome.owed"),
    ("Where the operator takes back", "src/store/runners.rs", "pub async fn take_back_gone"),
    ("Fence a runner before it is declared gone", "src/api/operators.rs", "pub async fn stand"),
    ("Number backups", "src/runner/tasks.rs", "Job::Backup { attempt: Some(attempt) }"),
    ("Who makes backups begins no attempt", "src/runner/messages.rs", "is_older(attempt, newest)"),
    ("The store remembers what it discarded", "src/backups/mod.rs", "pub fn discard_before"),
    ("Name where a completed backup is stored", "src/api/reports.rs", "backup: backup.as_ref()"),
    ("Look at due rows", "src/clock.rs", "async fn apply_due"),
    ("Visit the rows that need a pass", "src/store/sandboxes.rs", "pub async fn take_passes"),
    ("Use one clock", "src/store/mod.rs", "fn now(&self) -> &'static str;"),
    ("Destroy what is linked", "src/clock.rs", "async fn destroy_linked"),
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the duties of `docs/PROTOCOL.md`.
fn duties() -> Vec<String> {
    let page = read("../../docs/PROTOCOL.md");
    let rows = page.lines().skip_while(|line| !line.starts_with("| duty |")).skip(2);
    let first = |line: &str| line.trim_start_matches("| ").split(" | ").next().unwrap_or_default().to_owned();
    rows.take_while(|line| line.starts_with('|')).map(first).collect()
}

#[test]
fn the_readme_names_the_line_of_every_duty() {
    let duties = duties();
    let mut table = String::from("| duty | line |\n|---|---|\n");
    for duty in &duties {
        let mut found = DUTIES.iter().filter(|(begins, ..)| duty.starts_with(begins));
        let (_, file, code) = found.next().unwrap_or_else(|| panic!("no line carries the duty: {duty}"));
        assert!(found.next().is_none(), "two lines carry the duty: {duty}");
        let line = read(file).lines().position(|line| line.contains(code));
        let line = line.unwrap_or_else(|| panic!("{file} has no line with `{code}`, which carries the duty: {duty}"));
        table.push_str(&format!("| {duty} | [`{file}:{line}`]({file}#L{line}) |\n", line = line + 1));
    }
    assert_eq!(duties.len(), DUTIES.len(), "a duty that docs/PROTOCOL.md no longer has");
    let readme = read("README.md");
    let (before, rest) = readme.split_once("<!-- begin:duties -->\n").expect("the place of the table");
    let (shown, after) = rest.split_once("<!-- end:duties -->").expect("the end of the table");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        fs::write(path, format!("{before}<!-- begin:duties -->\n{table}<!-- end:duties -->{after}"))
            .expect("the README");
    } else {
        assert_eq!(shown, table, "run the test with UPDATE_DOCS=1");
    }
}
