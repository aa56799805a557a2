//! What is printed: text when something changed, or one JSON object for each look. It has no control characters.

use crate::{Exit, Stop};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write as _},
};

pub struct Output {
    json: bool,
    /// What was printed last, and with which time.
    last: Option<(String, DateTime<Utc>)>,
}

impl Output {
    pub const fn new(json: bool) -> Self {
        Self { json, last: None }
    }

    /// Prints a look. Its text has times that pass, such as `in 5 min`, so it is written again with the time of the last print:
    /// it is then another text only if something else changed.
    pub fn show(
        &mut self,
        look: &impl Serialize,
        text: impl Fn(DateTime<Utc>) -> String,
        now: DateTime<Utc>,
    ) -> Result<(), Stop> {
        if self.json {
            let line = serde_json::to_string(look).map_err(|error| Stop::new(Exit::NoApi, error.to_string()))?;
            return print(&escaped(&line));
        }
        if self.last.as_ref().is_some_and(|(last, at)| *last == text(*at)) {
            return Ok(());
        }
        let text = text(now);
        let separator = if self.last.is_some() { "\n" } else { "" };
        print(&format!("{separator}{}", text.trim_end()))?;
        self.last = Some((text, now));
        Ok(())
    }
}

fn print(text: &str) -> Result<(), Stop> {
    let closed = |error: io::Error| Stop::new(Exit::OutputClosed, error.to_string());
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(closed)
}

/// Returns JSON text without control characters. JSON itself has them only inside of its texts, where an escape means the same.
fn escaped(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut text, letter| {
        if is_unsafe(letter) {
            let units = &mut [0; 2];
            letter.encode_utf16(units).iter().for_each(|unit| _ = write!(text, "\\u{unit:04x}"));
        } else {
            text.push(letter);
        }
        text
    })
}

/// Returns the text on one line, without what a terminal obeys: an API answers with texts that its users chose.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(is_unsafe) {
        let escape =
            |letter: char| if is_unsafe(letter) { letter.escape_default().collect() } else { letter.to_string() };
        Cow::Owned(text.chars().map(escape).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a terminal obeys it: control characters, line separators, and those that turn the direction of the text.
fn is_unsafe(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}
