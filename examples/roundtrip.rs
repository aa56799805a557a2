//! Reads API records, one JSON object a line, and writes each back as it came, unknown words and fields too.
//!
//! `cargo run --example roundtrip < records.jsonl`. A line that is no record gives `{"error":…}` in its place and the
//! program goes on; it then ends with 2. What is written back differs from what came in three ways only: blanks
//! between tokens, unknown fields after the known ones, and `4` for `4.0`.

use sandbox_lifecycle::record::{Kept, SandboxDto};
use serde_json::{json, value::RawValue};
use std::{
    io::{self, BufRead, BufWriter, Write},
    process::ExitCode,
};

fn main() -> io::Result<ExitCode> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut code = ExitCode::SUCCESS;
    for line in io::stdin().lock().split(b'\n') {
        let record = serde_json::from_slice::<SandboxDto<Kept<Box<RawValue>>>>(&line?);
        let written = record.and_then(|record| serde_json::to_string(&record)).unwrap_or_else(|error| {
            code = ExitCode::from(2);
            json!({"error": error.to_string()}).to_string()
        });
        writeln!(output, "{written}")?;
    }
    output.flush()?;
    Ok(code)
}
