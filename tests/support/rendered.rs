//! Rendered copies in README and docs: held against what is rendered now, or rewritten with `UPDATE_DOCS=1`.

use std::path::Path;

/// Holds the part of `file` between `<!-- begin:NAME -->` and `<!-- end:NAME -->` against `text`.
///
/// # Errors
/// What to run when the copy has drifted, or what is wrong with the markers.
pub fn hold(file: &str, name: &str, text: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let page = std::fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let (begin, end) = (format!("<!-- begin:{name} -->\n"), format!("<!-- end:{name} -->"));
    let missing = |marker: &str| format!("{file} has no {}", marker.trim());
    let (before, rest) = page.split_once(&begin).ok_or_else(|| missing(&begin))?;
    let (copy, after) = rest.split_once(&end).ok_or_else(|| missing(&end))?;
    if copy == text {
        return Ok(());
    }
    if std::env::var_os("UPDATE_DOCS").is_none() {
        let place = first_difference(copy, text);
        return Err(format!("{file} has drifted at {name}, {place}\nrewrite it with: UPDATE_DOCS=1 cargo test"));
    }
    std::fs::write(&path, format!("{before}{begin}{text}{end}{after}")).map_err(|error| format!("{file}: {error}"))
}

/// Where two texts part, for whoever has to find out what has changed.
fn first_difference(copy: &str, text: &str) -> String {
    let mut lines = text.lines();
    for (index, copied) in copy.lines().enumerate() {
        match lines.next() {
            Some(line) if line == copied => {}
            line => return format!("line {}\n  is  {copied}\n  now {}", index + 1, line.unwrap_or("at its end")),
        }
    }
    format!("at its end\n  now {}", lines.next().unwrap_or("other line ends"))
}
