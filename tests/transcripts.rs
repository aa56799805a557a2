//! Stories of sandboxes, told and answered line by line: `tests/transcripts/*.txt`.
//!
//! Each line of a story is something that happens; the lines below it that begin with `=`, `+` or `!` are what came of
//! it: the row, what is to be done, or the refusal in full. They are written by this test and reviewed by people:
//! `UPDATE_TRANSCRIPTS=1 cargo test --test transcripts` writes them anew, and without it a difference fails.
//!
//! ```text
//! given started linux-vm, auto-delete 0     a sandbox; the pair is written started/stopped where the two differ
//! beside fork children 2, suspended         what the row does not hold; `beside nothing` ends it
//! after 1h30m                               time passes
//! client: stop force                        a command
//! client tries: pause | archive             commands whose answers alone are of interest; nothing is written
//! runner: job stop completed, epoch 1       a job's end: `completed`, or `failed FAULT` and `recoverable`
//! runner: says error, fault runner          a report that nobody asked for
//! runner: accepts start                     an answer to a call: accepts, did or refuses, `from STATE`
//! runner: backup begun                      or queued
//! controller: sees stopped                  a pass: `sees nothing yet`, `not ready`, `place warm`, `image ready`, …
//! clock                                     whatever is due
//! clock: timeLimit                          this timer, due or not
//! held client: stop                         decided and not yet written; `write` writes it
//! the child                                 from here on the story is that of the fork's child
//! ```

#[path = "transcripts/play.rs"]
mod play;
#[path = "transcripts/read.rs"]
mod read;

use std::{fs, path::PathBuf};

fn stories() -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let entries = fs::read_dir(&folder).expect("the folder of transcripts");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).expect("a story"))).collect()
}

/// Where two texts begin to differ.
fn first_difference(told: &str, written: &str) -> String {
    let mut lines = told.lines().zip(written.lines()).enumerate();
    match lines.find(|(_, (told, written))| told != written) {
        Some((index, (told, written))) => format!("line {}:\n  found    {written}\n  expected {told}", index + 1),
        None => "one is longer than the other".to_owned(),
    }
}

#[test]
fn every_story_goes_as_it_is_written() {
    let rewrite = std::env::var_os("UPDATE_TRANSCRIPTS").is_some();
    let mut faults = Vec::new();
    for (path, written) in stories() {
        match play::told(&written) {
            Err(error) => faults.push(format!("{}:{error}", path.display())),
            Ok(told) if told == written => {}
            Ok(told) if rewrite => fs::write(&path, told).expect("a story can be written"),
            Ok(told) => faults.push(format!("{}, {}", path.display(), first_difference(&told, &written))),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// How many inputs of a story were refused or changed nothing, and how many were taken.
fn counted(story: &str) -> (usize, usize) {
    let outcomes = |line: &&str| line.starts_with("= ") || line.starts_with("! ");
    let asked = |line: &str| ["client", "runner", "clock", "write"].iter().any(|who| line.starts_with(who));
    let (mut not_taken, mut taken, mut counts) = (0, 0, false);
    for line in story.lines() {
        if !outcomes(&line) {
            counts = asked(line) || (counts && line.starts_with("+ "));
        } else if counts && (line.starts_with("! ") || line.starts_with("= nothing")) {
            not_taken += 1;
        } else if counts {
            taken += 1;
        }
    }
    (not_taken, taken)
}

#[test]
fn the_stories_are_mostly_about_what_is_refused_or_changes_nothing() {
    let counts = stories().iter().map(|(_, story)| counted(story)).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    let (not_taken, taken) = counts;
    assert!(not_taken > taken && taken > 0, "{not_taken} refused or ignored, {taken} taken");
}

#[test]
fn a_line_that_is_not_understood_is_an_error_with_its_number() {
    let error = |story: &str| play::told(story).expect_err(story);
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
fn what_came_of_a_line_is_written_anew_and_the_rest_is_kept() {
    let story = "# A note.\n\ngiven started\n= whatever stood here\n! and here\n";
    assert_eq!(play::told(story).as_deref(), Ok("# A note.\n\ngiven started\n= started/started epoch 0\n"));
}
