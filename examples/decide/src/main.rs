//! Answers questions about sandboxes line by line, for tests and tools in other languages: JSON Lines in, JSON Lines out.
//!
//! `vectors/README.md` describes the forms. Every line gets exactly one answer, in order. The program ends when its input
//! ends or its output is closed.

mod ask;
mod error;
mod parts;
mod row;
mod step;

use error::{Code, Error};
use serde::Serialize;
use std::{
    io::{self, BufRead, BufWriter, ErrorKind, Read, Write},
    process::ExitCode,
};

const USAGE: &str = "usage: decide < questions.jsonl";
const HELP: &str = r#"
Each line is a question, and its field "ask" says which one. Fields in brackets may be missing.

  decide     row, input, now, [context], [policy]   what a command, a report or a timer does
  reconcile  row, now, [view], [policy]             what the controller does next
  due        row, now, [context], [policy]          the timer that acts now
  deadlines  row, [context], [policy]               when each timer acts
  compare    row, by, now, [copy], [context]        what to do about a copy that a runner lists
  assess     goal, begin, now, [seen], [snapshots], [timeoutSeconds], [policy]
                                                    whether a client's wait is over
  create     request, now, [choices], [policy]      the row and the record of a new sandbox
  ledger     message, [ledger]                      what a runner does with a message

A question:  {"ask":"decide","row":{"state":"started","desiredState":"started"},
              "input":{"command":"stop","force":false},"now":"2024-10-01T16:45:00Z"}     (in one line)
Its answer:  {"step":{...}}, or {"refusal":{"code":...,"http":...,"message":...,"retry":...}}
Not a question: {"error":{"code":...,"message":...,"line":...}}; the next line is answered all the same.

A row is what a server stores. An API record hides columns that rules read, so only `assess` takes one.
A context names the revision of its row; one that is left out is that of an ordinary sandbox.
The forms are described in vectors/README.md, next to some thousand questions with their answers.

Exit status: 0 every line is a question, 1 input or output failed, 2 a line or an argument is not understood."#;

/// The UTF-8 byte order mark, which some editors write at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The longest line in bytes. An API record has some thousand.
const LONGEST: u64 = 4 << 20;

fn main() -> ExitCode {
    let result = match std::env::args_os().nth(1) {
        None => answer_all(io::stdin().lock(), io::stdout().lock()),
        Some(word) if word == "--help" || word == "-h" => {
            writeln!(io::stdout(), "{USAGE}\n{HELP}").map(|()| ExitCode::SUCCESS)
        }
        Some(word) => {
            eprintln!("decide: unknown argument {}\n{USAGE}", word.display());
            return ExitCode::from(2);
        }
    };
    result.unwrap_or_else(|error| {
        // A closed pipe is not an error, as in `decide | head`.
        if error.kind() == ErrorKind::BrokenPipe {
            return ExitCode::SUCCESS;
        }
        eprintln!("decide: {error}");
        ExitCode::FAILURE
    })
}

/// Answers every line. The exit status says whether each one was a question.
fn answer_all(mut input: impl BufRead, output: impl Write) -> io::Result<ExitCode> {
    let mut output = BufWriter::new(output);
    let mut status = ExitCode::SUCCESS;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = input.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let is_whole = line.ends_with(b"\n") || (line.len() as u64) < LONGEST;
        let answer = if is_whole { ask::answer(trimmed(&line)) } else { Err(too_long(&mut input)?) };
        match answer {
            Ok(answer) => serde_json::to_writer(&mut output, &answer)?,
            Err(error) => {
                status = ExitCode::from(2);
                serde_json::to_writer(&mut output, &NotAQuestion { error: Numbered { error, line: number } })?;
            }
        }
        output.write_all(b"\n")?;
        output.flush()?; // An interactive caller waits for this answer.
    }
    Ok(status)
}

/// The answer to a line that is not a question.
#[derive(Serialize)]
struct NotAQuestion {
    error: Numbered,
}

#[derive(Serialize)]
struct Numbered {
    #[serde(flatten)]
    error: Error,
    line: u64,
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii()
}

/// Skips the rest of a line that is too long to be a question.
fn too_long(input: &mut impl BufRead) -> io::Result<Error> {
    input.skip_until(b'\n')?;
    Ok(Error::new(Code::TooLong, format!("a line has at most {LONGEST} bytes")))
}
