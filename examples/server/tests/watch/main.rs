//! The program `watch`, against a listener that answers with the records of a real platform: the crate itself.

mod errors;
mod follow;
mod list;
mod platform;
mod server;

use std::process::{Command, Stdio};

/// What a run of the program printed, and its exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ran {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn new(exit: i32, stdout: impl Into<String>, stderr: impl Into<String>) -> Self {
        Self { exit: Some(exit), stdout: stdout.into(), stderr: stderr.into() }
    }
}

/// The key that every run sends. No output may have it.
const KEY: &str = "dtn_4f9a7c";

/// Returns the program with only the environment of this test.
fn program(api: &str, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_watch"));
    program.env_clear().env("DAYTONA_API_URL", api).env("DAYTONA_API_KEY", KEY).args(arguments);
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// Runs the program to its end.
fn watch(api: &str, arguments: &[&str]) -> Ran {
    let output = program(api, arguments).output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    let ran = Ran { exit: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
    for printed in [&ran.stdout, &ran.stderr] {
        assert!(!printed.contains(KEY), "the key is printed: {printed}");
        let is_control = |letter: char| letter.is_control() && letter != '\n';
        assert!(!printed.contains(is_control), "a control character is printed: {printed:?}");
    }
    ran
}
