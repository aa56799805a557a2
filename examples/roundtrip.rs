//! Reads API records, one JSON object a line, and writes each back as it came, unknown words and fields too.
//!
//! `cargo run --example roundtrip < records.jsonl`. A line that is no record gives `{"error":…}` in its place and the
//! program goes on; it then ends with 2. What is written back differs from what came in three ways only: blanks
//! between tokens, unknown fields after the known ones, and `4` for `4.0`.

use sandbox_lifecycle::record::{Kept, SandboxDto};
use serde_json::{json, value::RawValue};
use std::{
    io::{self, BufRead, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

const USAGE: &str = "usage: roundtrip < records.jsonl

  Writes every API record as it came, one a line; for a line that is no record, an {\"error\":...}.
  Exit status: 0 all were records, 2 some were not.";

/// What some editors put before a text.
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
        // Whoever closes the pipe has seen enough: `roundtrip | head`.
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
