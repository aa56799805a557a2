//! Values of an input in messages: quoted, and cut where they are long.
//!
//! A caller can send a value of any length. A message repeats enough of it to find the mistake, so that no answer and no
//! log line grows with the input.

use alloc::{format, string::String, string::ToString};
use core::fmt::{self, Write};
use serde::de;

/// How many characters of a value a message repeats.
const MOST: usize = 100;

/// A value in a message, cut after [`MOST`] characters.
pub(crate) struct Cut<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Cut<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cut(f, format_args!("{}", self.0)).map(|_| ())
    }
}

/// A text in quotes in a message, cut after [`MOST`] characters.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let was_cut = write_cut(f, format_args!("{:?}", self.0))?;
        if was_cut { f.write_char('"') } else { Ok(()) }
    }
}

/// Writes a value, and an ellipsis in place of what is cut. Returns whether something was cut.
fn write_cut(f: &mut fmt::Formatter<'_>, value: fmt::Arguments<'_>) -> Result<bool, fmt::Error> {
    let mut cutter = Cutter { to: f, left: MOST, was_cut: false };
    let written = cutter.write_fmt(value);
    // The cutter ends a write with an error, so that a long value is not formatted to its end.
    if cutter.was_cut { f.write_char('…').map(|()| true) } else { written.map(|()| false) }
}

/// Passes on the first characters.
struct Cutter<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    left: usize,
    was_cut: bool,
}

impl Write for Cutter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match head(text, self.left) {
            None => {
                self.left = self.left.saturating_sub(text.chars().count());
                self.to.write_str(text)
            }
            Some(head) => {
                self.was_cut = true;
                self.to.write_str(head)?;
                Err(fmt::Error)
            }
        }
    }
}

/// Returns the first `most` characters of a longer text, or `None` if there are no more than these.
fn head(text: &str, most: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(most)?;
    text.get(..end)
}

/// Returns the same error, or one with a shorter message if the message repeats a long value.
///
/// serde writes its messages itself, with the whole value between quotes or backticks: `invalid type: string "…", expected
/// a number`.
pub(crate) fn brief<E: de::Error>(error: E) -> E {
    match cut_value(&error.to_string()) {
        Some(shorter) => E::custom(shorter),
        None => error,
    }
}

/// Cuts the value in a message of serde. `None` means that it is short, or that there is none.
///
/// The value may hold the delimiter and the words after it, too, so its end is the last place that fits.
fn cut_value(message: &str) -> Option<String> {
    let start = message.find(['"', '`'])?;
    let delimiter = message.get(start..)?.chars().next()?;
    let (before, value) = message.split_at_checked(start.saturating_add(1))?;
    let ends = [", expected ", ", there are no "].map(|after| value.rfind(&format!("{delimiter}{after}")));
    let end = ends.into_iter().flatten().max().or_else(|| value.rfind(delimiter))?;
    let (value, after) = value.split_at_checked(end)?;
    head(value, MOST).map(|head| format!("{before}{head}…{after}"))
}
