//! The first difference of two texts.

/// Returns the number of the first line that differs, with both versions of it.
pub fn first_difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    for line in 1.. {
        let (expected, found) = match (expected.next(), found.next()) {
            (None, None) => break,
            (expected, found) if expected == found => continue,
            (expected, found) => (expected.unwrap_or("(the text ends)"), found.unwrap_or("(the text ends)")),
        };
        return format!("line {line}:\n  expected {expected}\n  found    {found}");
    }
    "only the line ends differ".to_owned()
}
