//! Processes as `/proc` shows them.

use std::{collections::BTreeMap, fs};

/// Returns the live processes whose environment begins one of its variables like this.
pub fn marked(variable: &str) -> BTreeMap<u32, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let has_mark = environment.windows(variable.len()).any(|window| window == variable.as_bytes());
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let state = status.lines().find_map(|line| line.strip_prefix("State:\t")).unwrap_or("Z").to_owned();
        if let (true, Ok(pid), false) = (has_mark, entry.file_name().to_string_lossy().parse(), state.starts_with('Z'))
        {
            found.insert(pid, state.chars().take(1).collect());
        }
    }
    found
}
