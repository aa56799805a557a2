//! Reads API records, one JSON object a line, and writes each record unchanged, including unknown words and fields.
//!
//! `cargo run --example roundtrip < records.jsonl`. For a line that is not a record the program writes `{"error":…}`,
//! continues, and ends with exit status 2. The output differs from the input in three ways only: blanks between tokens,
//! unknown fields after the known ones, and `4` for `4.0`.

use sandbox_lifecycle::record::{Kept, SandboxDto};
use serde_json::{json, value::RawValue};
use std::{
    io::{self, BufRead, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

const USAGE: &str = "usage: roundtrip < records.jsonl

  Reads API records, one a line, and writes each one unchanged; for a line that is not a record, an {\"error\":...}.
  Exit status: 0 if every line is a record, 2 otherwise.";

/// The UTF-8 byte order mark, which some editors write at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn main() -> ExitCode {
    let result = match std::env::args_os().nth(1) {
        None => records(),
        Some(word) if word == "--help" || word == "-h" => writeln!(io::stdout(), "{USAGE}").map(|()| ExitCode::SUCCESS),
        Some(word) => {
            eprintln!("roundtrip: unknown argument {}\n{USAGE}", word.display());
            return ExitCode::from(2);
        }
    };
    result.unwrap_or_else(|error| {
        // A closed pipe is not an error, as in `roundtrip | head`.
        if error.kind() == ErrorKind::BrokenPipe {
            return ExitCode::SUCCESS;
        }
        eprintln!("roundtrip: {error}");
        ExitCode::FAILURE
    })
}

fn records() -> io::Result<ExitCode> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut code = ExitCode::SUCCESS;
    for line in io::stdin().lock().split(b'\n') {
        let line = line?;
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line);
        let record = serde_json::from_slice::<SandboxDto<Kept<Box<RawValue>>>>(line);
        let written = record.and_then(|record| serde_json::to_string(&record)).unwrap_or_else(|error| {
            code = ExitCode::from(2);
            json!({"error": error.to_string()}).to_string()
        });
        writeln!(output, "{written}")?;
    }
    output.flush()?;
    Ok(code)
}
