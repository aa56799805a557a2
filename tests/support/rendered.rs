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
        return Err(format!("{file} has drifted at {name}; rewrite it with: UPDATE_DOCS=1 cargo test"));
    }
    std::fs::write(&path, format!("{before}{begin}{text}{end}{after}")).map_err(|error| format!("{file}: {error}"))
}
