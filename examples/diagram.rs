//! Prints the state machine or its decision tables, rendered from the rules: `diagram [mermaid|dot|table]`.

use sandbox_lifecycle::render::{DecisionTables, Diagram};
use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

const USAGE: &str = "usage: diagram [mermaid|dot|table]

  mermaid  the state machine as a Mermaid state diagram (the default)
  dot      the state machine for Graphviz: diagram dot | dot -Tsvg > lifecycle.svg
  table    the decision tables of all commands, in Markdown";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let picture = match arguments[..] {
        [] | ["mermaid"] => Diagram::whole().mermaid().to_string(),
        ["dot"] => Diagram::whole().dot().to_string(),
        ["table"] => DecisionTables.to_string(),
        ["-h" | "--help"] => format!("{USAGE}\n"),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match io::stdout().write_all(picture.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // A closed pipe is not an error, as in `diagram | head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("diagram: cannot write: {error}");
            ExitCode::FAILURE
        }
    }
}
