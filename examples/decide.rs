//! Answers questions line by line, for tests and tools in other languages. Questions and answers are JSON Lines.
//!
//! `{"lifecycle":{…},"input":{"command":"stop","force":false},"now":"2024-10-01T16:45:00Z"}` asks what a command does.
//! The input can also be a `{"report":…}` or a `{"timer":…}`. `context` and `policy` are optional fields. The answer is
//! `{"step":{"lifecycle":{…},"effects":[…]}}`, `{"refusal":{"code":…,"http":…,"message":…}}` or, for a line that is not a
//! question, `{"error":…}`. A context must name the revision of its row, which is 0 if it is not named. Every line gets
//! exactly one answer. The program ends when its input ends or its output is closed.

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Command, Context, Effect, Input, Lifecycle, Policy, Refusal,
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, IntervalError, Ttl},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};
use std::{
    io::{self, BufRead, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

const USAGE: &str = "usage: decide < questions.jsonl

  Each line is a question: {\"lifecycle\":{...},\"input\":{\"command\":\"stop\",\"force\":false},\"now\":\"2024-10-01T16:45:00Z\"}.
  The input can also be a {\"report\":...} or a {\"timer\":...}. The fields \"context\" and \"policy\" are optional.
  The answer is a {\"step\":...}, a {\"refusal\":...} or, if the line is not a question, an {\"error\":...}.";

/// The UTF-8 byte order mark, which some editors write at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A question with unparsed parts. Each part is parsed separately, so that an error names its part and a duplicate field is
/// an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    lifecycle: Box<RawValue>,
    input: Box<RawValue>,
    now: Box<RawValue>,
    context: Option<Box<RawValue>>,
    policy: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Step { lifecycle: Lifecycle, effects: Vec<Effect> },
    Refusal(Refused),
    Error(String),
}

/// A refusal as a server would answer it: by the rules, or because an interval is out of range.
#[derive(Serialize)]
struct Refused {
    code: &'static str,
    http: u16,
    message: String,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code(), http: refusal.http_status(), message: refusal.to_string() }
    }
}

impl From<IntervalError> for Refused {
    fn from(error: IntervalError) -> Self {
        Self { code: error.code(), http: error.http_status(), message: error.to_string() }
    }
}

fn main() -> ExitCode {
    match std::env::args_os().nth(1) {
        None => {}
        Some(word) if word == "--help" || word == "-h" => {
            return ended(writeln!(io::stdout(), "{USAGE}"));
        }
        Some(word) => {
            eprintln!("decide: unknown argument {}\n{USAGE}", word.display());
            return ExitCode::from(2);
        }
    }
    ended(answers())
}

/// Returns the exit status. A closed pipe is not an error, as in `decide | head`.
fn ended(result: io::Result<()>) -> ExitCode {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("decide: {error}");
            ExitCode::FAILURE
        }
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}

fn answers() -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().split(b'\n') {
        let answer = answer(&line?).unwrap_or_else(Answer::Error);
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?; // An interactive caller waits for this answer.
    }
    Ok(())
}

fn answer(line: &[u8]) -> Result<Answer, String> {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii();
    if !line.starts_with(b"{") {
        return Err("a question is a JSON object".to_owned());
    }
    let question: Question = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let row: Lifecycle = part("lifecycle", &question.lifecycle)?;
    let now: DateTime<Utc> = part("now", &question.now)?;
    let context: Context = question.context.map_or(Ok(Context::of(&row)), |text| part("context", &text))?;
    let policy: Policy = question.policy.map_or(Ok(Policy::default()), |text| part("policy", &text))?;
    let input = match bad_interval(&question.input) {
        Some((error, rest)) => {
            let _: Command = serde_json::from_value(rest).map_err(|error| format!("input: {error}"))?;
            return Ok(Answer::Refusal(error.into()));
        }
        None => part::<Input>("input", &question.input)?,
    };
    match row.decide(input, &policy, context, now) {
        Ok(step) => {
            let lifecycle = step.apply(row).map_err(|stale| stale.to_string())?;
            Ok(Answer::Step { lifecycle, effects: step.effects().collect() })
        }
        Err(refusal) => Ok(Answer::Refusal(refusal.into())),
    }
}

/// Returns the error for minutes that are out of range for the command's interval, which the server refuses too. It also
/// returns the command with valid minutes, so that the caller can check the rest of the command.
fn bad_interval(input: &RawValue) -> Option<(IntervalError, Value)> {
    let mut command: Value = serde_json::from_str(input.get()).ok()?;
    let minutes = command.get("minutes")?.as_i64()?;
    let error = match command.get("command")?.as_str()? {
        "autostop" => AutoStop::try_from(minutes).err(),
        "autopause" => AutoPause::try_from(minutes).err(),
        "autoarchive" => AutoArchive::try_from(minutes).err(),
        "autodelete" => AutoDelete::try_from(minutes).err(),
        "ttl" => Ttl::try_from(minutes).err(),
        _ => None,
    }?;
    *command.get_mut("minutes")? = Value::from(0);
    Some((error, command))
}

/// Parses a part of the question. An error names the part.
fn part<T: DeserializeOwned>(name: &str, text: &RawValue) -> Result<T, String> {
    serde_json::from_str(text.get()).map_err(|error| format!("{name}: {error}"))
}
