//! Transcripts: stories of sandboxes with the outcome of every line, in `tests/transcripts/*/*.txt`.
//!
//! The folder `differences` tells each difference of `docs/DIFFERENCES.md` as one story. Blank lines separate these stories,
//! and each begins with `# Dn name: what a user sees`, with the id and the name of the table.
//!
//! A line of a story is an input. The lines below it that begin with `=`, `+` or `!` are its outcome: the row, the
//! effects or the complete refusal. This test writes them and people review them. A difference fails the test;
//! `UPDATE_TRANSCRIPTS=1 cargo test --test transcripts` rewrites the outcomes.
//!
//! ```text
//! given started linux-vm, auto-delete 0     a sandbox; written started/stopped where state and desired state differ
//! context fork children 2, suspended        the context; `context nothing` clears it
//! after 1h30m                               time passes
//! client: stop force                        a command
//! client tries: pause | archive             commands that are decided but not written
//! runner: job stop completed, epoch 1       a job's end: `completed`, or `failed FAULT` and `recoverable`
//! runner: says error, fault runner          an unsolicited report
//! runner: accepts start                     an answer to a call: accepts, did or refuses, `from STATE`
//! runner: backup begun, attempt 2           or queued; `job backup completed, attempt 2`
//! controller: answers at-rest               a pass after an ask: running, at-rest, paused, none, busy, nothing
//! controller: stored whole                  a pass after the store was asked: whole, missing, no answer
//! controller: not ready, place warm         also `gone`, `image ready`, `fork children 1`, `of an older revision`
//! controller: sees stopped                  a pass with a state that the recorded server's runners show
//! inventory: own runner lists at-rest, epoch 4, released      or `another runner`, or `nothing`
//! clock                                     the timer that is due
//! clock: timeLimit                          this timer, due or not
//! held client: stop                         a step that is decided, but not written until `write`
//! the child                                 the story continues with the fork child
//! ```

#[path = "../support/difference.rs"]
mod difference;
mod play;
mod read;
mod view;

use difference::first_difference;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// Returns every transcript, from every folder.
fn stories() -> Vec<(PathBuf, String)> {
    let folders = entries(&package().join("tests/transcripts")).into_iter().filter(|path| path.is_dir());
    let mut paths: Vec<PathBuf> = folders.flat_map(|folder| entries(&folder)).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).expect("a story"))).collect()
}

#[test]
fn every_transcript_is_up_to_date() {
    let rewrite = std::env::var_os("UPDATE_TRANSCRIPTS").is_some();
    let mut faults = Vec::new();
    for (path, written) in stories() {
        match play::with_outcomes(&written) {
            Err(error) => faults.push(format!("{}:{error}", path.display())),
            Ok(played) if played == written => {}
            Ok(played) if rewrite => fs::write(&path, played).expect("a story can be written"),
            Ok(played) => faults.push(format!("{}, {}", path.display(), first_difference(&played, &written))),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Returns the differences that the table of `docs/DIFFERENCES.md` names: `D1 failed pause` and so on.
fn named_differences() -> Vec<String> {
    let page = fs::read_to_string(package().join("docs/DIFFERENCES.md")).expect("the page of the differences");
    let first_cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let is_id = |word: &str| word.strip_prefix('D').is_some_and(|number| number.parse::<u32>().is_ok());
    first_cells.filter(|cell| cell.split(' ').next().is_some_and(is_id)).map(str::to_owned).collect()
}

#[test]
fn every_difference_has_one_story_and_every_story_tells_a_difference() {
    let names = named_differences();
    let (mut told, mut faults) = (BTreeSet::new(), Vec::new());
    for (path, text) in stories() {
        if path.parent().is_none_or(|folder| !folder.ends_with("differences")) {
            continue;
        }
        // Played here, because a rewrite may be adding the outcomes at this moment.
        let played = play::with_outcomes(&text).unwrap_or(text);
        for story in played.split("\n\n") {
            let (title, lines) = story.trim_start().split_once('\n').unwrap_or((story, ""));
            let name =
                title.strip_prefix("# ").and_then(|title| title.split_once(": ")).map_or(title, |(name, _)| name);
            let shows_more_than_a_row =
                lines.lines().filter(|line| line.starts_with("= ") || line.starts_with("! ")).count() > 1;
            if !names.iter().any(|known| known == name) {
                faults.push(format!("{}: docs/DIFFERENCES.md has no difference `{name}`", path.display()));
            } else if !shows_more_than_a_row {
                faults.push(format!("{}: the story of {name} has no outcome", path.display()));
            } else if !told.insert(name.to_owned()) {
                faults.push(format!("{}: {name} is told twice", path.display()));
            }
        }
    }
    let untold = names.iter().filter(|name| !told.contains(*name));
    faults.extend(untold.map(|name| format!("{name} has no story in tests/transcripts/differences/")));
    assert!(!names.is_empty() && faults.is_empty(), "{}", faults.join("\n"));
}

/// Counts the inputs of a story: refused or without a change, and accepted.
fn counted(story: &str) -> (usize, usize) {
    let outcomes = |line: &&str| line.starts_with("= ") || line.starts_with("! ");
    let asked = |line: &str| ["client", "runner", "clock", "write"].iter().any(|who| line.starts_with(who));
    let (mut not_accepted, mut accepted, mut counts) = (0, 0, false);
    for line in story.lines() {
        if !outcomes(&line) {
            counts = asked(line) || (counts && line.starts_with("+ "));
        } else if counts && (line.starts_with("! ") || line.starts_with("= nothing")) {
            not_accepted += 1;
        } else if counts {
            accepted += 1;
        }
    }
    (not_accepted, accepted)
}

#[test]
fn most_lines_of_the_transcripts_are_refused_or_change_nothing() {
    let counts = stories().iter().map(|(_, story)| counted(story)).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    let (not_accepted, accepted) = counts;
    assert!(not_accepted > accepted && accepted > 0, "{not_accepted} refused or ignored, {accepted} accepted");
}

#[test]
fn an_invalid_line_is_an_error_with_its_line_number() {
    let error = |story: &str| play::with_outcomes(story).expect_err(story);
    assert_eq!(error("client: stop\n"), "1: there is no sandbox yet: begin with `given`");
    assert_eq!(error("given started\n\nclient: jump\n"), "3: no such command: jump");
    assert_eq!(error("given started\nclient: stop gently\n"), "2: stop does not take `gently`");
    assert_eq!(
        error("given strated\n"),
        "1: unknown state `strated`, expected one of creating, restoring, \
        destroyed, destroying, started, stopped, starting, stopping, error, build_failed, pending_build, \
        building_snapshot, unknown, pulling_snapshot, archived, archiving, resizing, snapshotting, forking, pausing, \
        paused, resuming"
    );
    assert_eq!(error("given started, very nice\n"), "1: a sandbox has no `very nice`");
    assert_eq!(error("given started\nafter a while\n"), "2: no such length of time: a while");
    assert_eq!(error("given started\nrunner: hums\n"), "2: a runner does not say `hums`");
    assert_eq!(error("given started\nwrite\n"), "2: nothing is held");
    assert_eq!(error("given started\nand then?\n"), "2: not understood: and then?");
}

#[test]
fn outcomes_are_rewritten_and_other_lines_are_kept() {
    let story = "# A note.\n\ngiven started\n= whatever stood here\n! and here\n";
    assert_eq!(play::with_outcomes(story).as_deref(), Ok("# A note.\n\ngiven started\n= started/started epoch 0\n"));
}
