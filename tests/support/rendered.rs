//! Rendered copies in README and docs. `UPDATE_DOCS=1` rewrites them.

mod difference;

use std::path::{Path, PathBuf};

/// Returns the folder of the workspace, from any of its packages.
fn workspace() -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders
        .find(|folder| folder.join("Cargo.lock").is_file())
        .expect("Cargo.lock is in the folder of the workspace")
        .to_owned()
}

/// Compares the part of `file` between `<!-- begin:NAME -->` and `<!-- end:NAME -->` with `text`.
///
/// # Errors
/// The copy is out of date (the error names the command that rewrites it), or a marker is missing.
pub fn hold(file: &str, name: &str, text: &str) -> Result<(), String> {
    let path = workspace().join(file);
    let page = std::fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let (begin, end) = (format!("<!-- begin:{name} -->\n"), format!("<!-- end:{name} -->"));
    let missing = |marker: &str| format!("{file} has no {}", marker.trim());
    let (before, rest) = page.split_once(&begin).ok_or_else(|| missing(&begin))?;
    let (copy, after) = rest.split_once(&end).ok_or_else(|| missing(&end))?;
    if copy == text {
        return Ok(());
    }
    if std::env::var_os("UPDATE_DOCS").is_none() {
        let place = difference::first_difference(text, copy);
        return Err(format!("{file} is out of date at {name}, {place}\nrewrite it with: UPDATE_DOCS=1 cargo test"));
    }
    std::fs::write(&path, format!("{before}{begin}{text}{end}{after}")).map_err(|error| format!("{file}: {error}"))
}
