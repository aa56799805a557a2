//! `watch`: follows one sandbox, or lists all, of any API of this shape. It is an example of the crate's client room.
//!
//! | file | what it shows of the crate |
//! |---|---|
//! | `follow.rs` | the loop of a wait: `Wait`, `Goal`, `Assessment`, `Observation`, `Usage` |
//! | `view.rs` | what a record says: `ReadLifecycle`, `PartialLifecycle`, `Forecast`, `Contents`, `HeldResources` |
//! | `list.rs` | a list of all pages: `ListQuery`, `SandboxPage`, faulty items |
//! | `api.rs` | requests and errors: `HttpRequest`, `ErrorBody`, `Advice` |
//! | `patience.rs` | when to ask again after an error, and when to give up |
//! | `options.rs`, `output.rs` | the command line, and text that is safe to print |

mod api;
mod follow;
mod list;
mod options;
mod output;
mod patience;
mod view;

use clap::Parser;
use options::Options;
use output::{Output, printable};
use std::process::ExitCode;

/// How the program ends: its exit code. `--help` explains the codes (`options::AFTER_HELP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Reached = 0,
    Unreachable = 1,
    Configuration = 2,
    NotInTime = 3,
    NoApi = 4,
    /// Nobody reads the output: 128 and the number of SIGPIPE, as of a program that the signal ends.
    OutputClosed = 141,
}

/// Why the program ends before it has a result.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stop {
    exit: Exit,
    text: String,
}

impl Stop {
    fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let exit = run(&options).unwrap_or_else(|Stop { exit, text }| {
        if exit != Exit::OutputClosed {
            complain(&text);
        }
        exit
    });
    ExitCode::from(exit as u8) // The codes are written above, and fit.
}

fn run(options: &Options) -> Result<Exit, Stop> {
    let api = api::Api::new(options)?;
    let mut output = Output::new(options.json);
    match &options.sandbox {
        Some(sandbox) => follow::follow(&api, sandbox, options, &mut output),
        None => list::list(&api, options, &mut output),
    }
}

/// Writes a line to standard error. If that is closed, the exit code still says what happened.
fn complain(text: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "watch: {}", printable(text)).unwrap_or_default();
}
