//! Source files, parsed as far as the checks of the source rules need it: code, strings and matches.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source file, separated into code, string literals and comments.
pub struct Source {
    pub name: String,
    pub text: String,
    /// The code without comments, with empty strings.
    pub code: String,
    /// Every string literal with its line.
    pub quoted: Vec<(usize, String)>,
}

impl Source {
    fn of(name: String, text: String) -> Self {
        let (code, quoted) = read(&text);
        Self { name, text, code, quoted }
    }

    pub fn read(path: &Path) -> Self {
        let name = path.strip_prefix(root()).expect("a file of this package").display().to_string();
        Self::of(name, fs::read_to_string(path).expect("a readable file"))
    }
}

/// Returns all files of `src/`, sorted by path.
pub fn sources() -> Vec<Source> {
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

/// Returns the code without comments and with empty strings, and the string literals with their lines. It knows
/// only the part of Rust's grammar that the files of this crate use.
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

/// Returns the number of hashes of a raw string that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.strip_prefix('r')?;
    let quote = hashes.trim_start_matches('#');
    quote.starts_with('"').then_some(hashes.len() - quote.len())
}

/// Returns the length of a character literal that begins here. A lifetime is not one.
fn quoted_char(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let letter = inner.chars().next()?;
    let end = if letter == '\\' { 1 + inner[1..].chars().next()?.len_utf8() } else { letter.len_utf8() };
    let end = end + inner[end..].find('\'').filter(|more| *more == 0 || letter == '\\')?;
    Some(end + 2)
}

/// Returns the lines of catch-all arms (`_ =>`, `_other =>`) in matches with an arm that names an enum variant.
pub fn catch_alls(code: &str) -> Vec<usize> {
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
                    // Text in brackets belongs to the pattern around it: `Some(State::Stopped)`.
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
            // A comma between arms, not inside the brackets of a pattern.
            ',' if block.opened_by == '{' => block.pattern.clear(),
            letter => block.pattern.push(letter),
        }
    }
    found.sort_unstable();
    found
}

/// Returns whether a pattern has a path such as `State::Stopped` or `Self::Never`.
fn names_a_variant(pattern: &str) -> bool {
    pattern.match_indices("::").any(|(at, _)| {
        let after = pattern[at + 2..].chars().next();
        let before = pattern[..at].rsplit(|letter: char| !letter.is_alphanumeric()).next();
        after.is_some_and(char::is_uppercase) && before.is_some_and(|name| name.starts_with(char::is_uppercase))
    })
}

#[test]
fn the_reader_finds_every_catch_all_arm() {
    let found = |arms: &str| catch_alls(&format!("fn f() {{\n match x {{\n{arms}\n }}\n}}\n"));
    assert_eq!(found("State::Stopped => 1,\n_ => 2,"), [4]);
    assert_eq!(found("Some(State::Stopped) => { 1 }\n_other if y => 2,"), [4]);
    assert_eq!(found("(State::Stopped, _) => 1,\n(_, _desired) => 2,"), [0; 0]);
    assert_eq!(found("400 => 1,\n_ => State::Stopped,"), [0; 0]);
    assert_eq!(found("400 => State::Stopped,\n_ => 2,"), [0; 0]);
    assert_eq!(found("(Task::Stop, State::Stopped) => 1,\n_moved_on => 2,"), [4]);
    assert_eq!(found("State::Stopped | State::Paused if y => {\n 1\n }\n _ => 2,"), [6]);
    assert_eq!(found("Some(_) => match y { State::Stopped => 1, _ => 2 },\nNone => 3,"), [3]);
}

#[test]
fn the_reader_separates_code_from_strings_and_comments() {
    let text =
        "let a = \"one\\\"\"; // \"two\"\nlet b = r#\"three\"#;\nlet c: &'static str = x('\"', '\\'');\n\"four\"";
    let (code, quoted) = read(text);
    assert_eq!(code, "let a = \"\"; \nlet b = \"\";\nlet c: &'static str = x(' ', ' ');\n\"\"");
    assert_eq!(quoted, [(1, "one\\\"".to_owned()), (2, "three".to_owned()), (4, "four".to_owned())]);
}
