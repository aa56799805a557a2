//! The rules of the house that a machine can check, each against every file of `src/`.
//!
//! What clippy checks is left to clippy; here it is only held that clippy is asked. Two rules stand elsewhere: that
//! every guard has a case it refuses (`table.rs`), and that fields which carry rules are private (a doctest on
//! `Lifecycle` that must not compile).

use sandbox_lifecycle::{DesiredState, SandboxClass, SandboxState};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Longer than this, a file has more than one subject.
const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source file, told apart into what is said to the compiler, what is quoted, and what is said to a reader.
struct Source {
    name: String,
    text: String,
    /// The code alone: comments are gone, and strings are empty.
    code: String,
    /// Every string literal with its line.
    quoted: Vec<(usize, String)>,
}

impl Source {
    fn of(name: String, text: String) -> Self {
        let (code, quoted) = read(&text);
        Self { name, text, code, quoted }
    }

    fn read(path: &Path) -> Self {
        let name = path.strip_prefix(root()).expect("a file of this package").display().to_string();
        Self::of(name, fs::read_to_string(path).expect("a readable file"))
    }
}

/// All of `src/`, in order.
fn sources() -> Vec<Source> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join("src")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no source found");
    found.iter().map(PathBuf::as_path).map(Source::read).collect()
}

/// Code without comments and with empty strings, and the strings. Enough of Rust's grammar for this crate's own files.
fn read(text: &str) -> (String, Vec<(usize, String)>) {
    let (mut code, mut quoted, mut line) = (String::new(), Vec::new(), 1);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if next == '"' {
            let end = end_of_string(&rest[1..]);
            quoted.push((line, rest[1..1 + end].to_owned()));
            code.push_str("\"\"");
            end + 2
        } else if let Some(hashes) = raw_string(rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            let end = rest[start..].find(&close).expect("a raw string ends");
            quoted.push((line, rest[start..start + end].to_owned()));
            code.push_str("\"\"");
            start + end + close.len()
        } else if let Some(length) = quoted_char(rest) {
            code.push_str("' '");
            length
        } else {
            code.push(next);
            next.len_utf8()
        };
        let lines = rest[..taken].matches('\n').count();
        if taken > 1 {
            code.extend(std::iter::repeat_n('\n', lines));
        }
        line += lines;
        rest = &rest[taken..];
    }
    (code, quoted)
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().find(|(_, letter)| {
        let ends = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        ends
    });
    end.expect("a string ends").0
}

/// How many hashes a raw string has that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.strip_prefix('r')?;
    let quote = hashes.trim_start_matches('#');
    quote.starts_with('"').then_some(hashes.len() - quote.len())
}

/// How long a character literal is that begins here; a lifetime is none.
fn quoted_char(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let letter = inner.chars().next()?;
    let end = if letter == '\\' { 1 + inner[1..].chars().next()?.len_utf8() } else { letter.len_utf8() };
    let end = end + inner[end..].find('\'').filter(|more| *more == 0 || letter == '\\')?;
    Some(end + 2)
}

/// Fails with everything that breaks a rule, or passes.
fn hold(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}\n{}", broken.join("\n"));
}

#[test]
fn a_wire_word_stands_in_one_place() {
    let states: BTreeSet<&str> = SandboxState::ALL.iter().map(|word| word.as_str()).collect();
    let desired = DesiredState::ALL.iter().map(|word| word.as_str());
    let classes = SandboxClass::ALL.iter().map(|word| word.as_str());
    let words: BTreeSet<&str> = states.into_iter().chain(desired).chain(classes).collect();
    // A field's name may be spelled as a state is: the body of an error has an `error`.
    let own =
        ["words/state", "words/desired_state", "words/class", "names"].map(|list| format!("src/vocabulary/{list}.rs"));
    let mut broken = Vec::new();
    // The naive model is a second statement of the rules, written in the published words on purpose.
    let stated_twice = |name: &str| name.starts_with("src/testing/");
    for source in sources().iter().filter(|source| !own.contains(&source.name) && !stated_twice(&source.name)) {
        for (line, word) in source.quoted.iter().filter(|(_, quoted)| words.contains(quoted.as_str())) {
            broken.push(format!("{}:{line}: {word:?}", source.name));
        }
    }
    hold("a word of the wire is spelled by its own list in src/vocabulary, and by nobody else", broken);
}

#[test]
fn no_match_over_our_own_enums_has_a_catch_all() {
    let broken = sources().into_iter().flat_map(|source| {
        catch_alls(&source.code).into_iter().map(|line| format!("{}:{line}", source.name)).collect::<Vec<_>>()
    });
    hold("a new word must not compile until every rule has said what becomes of it", broken.collect());
}

/// The lines of catch-all arms (`_ =>`, `_other =>`) in matches some arm of which names a variant of an enum.
fn catch_alls(code: &str) -> Vec<usize> {
    struct Block {
        opened_by: char,
        names_a_variant: bool,
        catch_alls: Vec<usize>,
        pattern: String,
    }
    let new = |opened_by| Block { opened_by, names_a_variant: false, catch_alls: Vec::new(), pattern: String::new() };
    let (mut blocks, mut found, mut line) = (vec![new('{')], Vec::new(), 1);
    let mut letters = code.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        let Some(block) = blocks.last_mut() else { break };
        match letter {
            '{' | '(' | '[' => {
                block.pattern.push(letter);
                blocks.push(new(letter));
            }
            '}' | ')' | ']' => {
                let ended = blocks.pop().unwrap_or_else(|| new(letter));
                if ended.names_a_variant {
                    found.extend(ended.catch_alls);
                }
                if let Some(outer) = blocks.last_mut() {
                    // What stands in brackets belongs to the pattern around them: `Some(State::Stopped)`.
                    outer.pattern.push_str(&ended.pattern);
                    outer.pattern.push(letter);
                    if letter == '}' && letters.peek() != Some(&' ') {
                        outer.pattern.clear();
                    }
                }
            }
            '=' if letters.peek() == Some(&'>') => {
                let name = block.pattern.split(" if ").next().unwrap_or_default().trim();
                let named = |rest: &str| rest.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
                if name.strip_prefix('_').is_some_and(named) {
                    block.catch_alls.push(line);
                }
                block.names_a_variant |= names_a_variant(&block.pattern);
                block.pattern.clear();
            }
            ';' => block.pattern.clear(),
            // Between arms, and not within the brackets of a pattern.
            ',' if block.opened_by == '{' => block.pattern.clear(),
            letter => block.pattern.push(letter),
        }
    }
    found.sort_unstable();
    found
}

/// `State::Stopped`, `Self::Never`: a path from one capital to another.
fn names_a_variant(pattern: &str) -> bool {
    pattern.match_indices("::").any(|(at, _)| {
        let after = pattern[at + 2..].chars().next();
        let before = pattern[..at].rsplit(|letter: char| !letter.is_alphanumeric()).next();
        after.is_some_and(char::is_uppercase) && before.is_some_and(|name| name.starts_with(char::is_uppercase))
    })
}

#[test]
fn a_catch_all_is_found_where_it_hides() {
    let found = |arms: &str| catch_alls(&format!("fn f() {{\n match x {{\n{arms}\n }}\n}}\n"));
    assert_eq!(found("State::Stopped => 1,\n_ => 2,"), [4]);
    assert_eq!(found("Some(State::Stopped) => { 1 }\n_other if y => 2,"), [4]);
    assert_eq!(found("(State::Stopped, _) => 1,\n(_, _wish) => 2,"), [0; 0]);
    assert_eq!(found("400 => 1,\n_ => State::Stopped,"), [0; 0]);
    assert_eq!(found("400 => State::Stopped,\n_ => 2,"), [0; 0]);
    assert_eq!(found("(Task::Stop, State::Stopped) => 1,\n_moved_on => 2,"), [4]);
    assert_eq!(found("State::Stopped | State::Paused if y => {\n 1\n }\n _ => 2,"), [6]);
    assert_eq!(found("Some(_) => match y { State::Stopped => 1, _ => 2 },\nNone => 3,"), [3]);
}

#[test]
fn everything_that_is_banned_says_what_to_use_instead() {
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
    hold("nothing of this is banned by clippy.toml", unbanned.map(str::to_owned).collect());
}

#[test]
fn the_library_forbids_what_the_house_forbids() {
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
    hold("not asked of the compiler in src/lib.rs", unasked.collect());
}

#[test]
fn nothing_reads_a_clock() {
    let broken = sources().into_iter().filter(|source| source.code.contains("::now(")).map(|source| source.name);
    hold("time is a parameter", broken.collect());
}

#[test]
fn an_exception_to_a_lint_says_why() {
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
fn a_file_has_one_subject_and_says_which() {
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
    hold("a file has at most 400 lines or so, and begins by saying what it is about", broken);
}

/// The rooms of `src/` as `docs/DESIGN.md` lists them, the lowest first. Those of one row stand beside each other.
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

/// The first names of all paths that begin with this word: `crate::rules::Step`, `crate::{policy::Policy, Columns}`.
fn named_after(start: &str, code: &str) -> BTreeSet<String> {
    let first = |path: &str| {
        path.trim()
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let go = |depth: &mut i32, letter| {
        *depth += i32::from(letter == '{') - i32::from(letter == '}');
        *depth
    };
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(start) {
        let rest = &code[at + start.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(first(rest));
            continue;
        };
        let mut depth = 0;
        let group = &group[..group.find(|letter| go(&mut depth, letter) < 0).unwrap_or(group.len())];
        let mut depth = 0;
        found.extend(group.split(|letter| go(&mut depth, letter) == 0 && letter == ',').map(first));
    }
    found.remove("");
    found
}

#[test]
fn lower_never_imports_upper() {
    let rooms = rooms();
    let level = |room: &str| rooms.iter().position(|row| row.iter().any(|name| name == room));
    let front = Source::read(&root().join("src/lib.rs"));
    // What the front door shows under its own name lives in a room, too.
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
    hold("docs/DESIGN.md lists the rooms from the lowest to the highest, and none imports from one above it", broken);
}

#[test]
fn an_import_is_found_however_it_is_written() {
    let found = |code| named_after("crate::", code).into_iter().collect::<Vec<_>>();
    assert_eq!(found("use crate::rules::{Step, Verb}; crate::Columns::default()"), ["Columns", "rules"]);
    assert_eq!(
        found("use crate::{\n policy::Policy,\n rules::{Step, check::Row},\n Columns, view,\n};"),
        ["Columns", "policy", "rules", "view"]
    );
}

#[test]
fn the_reader_tells_code_from_quotes_and_comments() {
    let text =
        "let a = \"one\\\"\"; // \"two\"\nlet b = r#\"three\"#;\nlet c: &'static str = x('\"', '\\'');\n\"four\"";
    let (code, quoted) = read(text);
    assert_eq!(code, "let a = \"\"; \nlet b = \"\";\nlet c: &'static str = x(' ', ' ');\n\"\"");
    assert_eq!(quoted, [(1, "one\\\"".to_owned()), (2, "three".to_owned()), (4, "four".to_owned())]);
}
