//! Decides line by line, for tests and tools in other languages: a question in, an answer out, JSON Lines both.
//!
//! `{"lifecycle":{…},"input":{"command":"stop","force":false},"now":"2024-10-01T16:45:00Z"}` asks what a command does;
//! an input can also be a `{"report":…}` or a `{"timer":…}`. `context` and `policy` may stand beside it. The answer is
//! `{"step":{"lifecycle":{…},"effects":[…]}}`, `{"refusal":{"code":…,"http":…,"message":…}}` or, for a line that is no
//! question, `{"error":…}`. Every line gets exactly one answer; nothing ends the program but the end of its input.

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, Command, Context, Effect, Input, IntervalError, Lifecycle, Policy,
    Refusal, Report, Timer, Ttl,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::io::{self, BufRead, BufWriter, Write};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    lifecycle: Value,
    input: Value,
    now: Value,
    #[serde(default)]
    context: Option<Value>,
    #[serde(default)]
    policy: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Step { lifecycle: Lifecycle, effects: Vec<Effect> },
    Refusal(Refused),
    Error(String),
}

/// A refusal as a server would answer it: by the rules, or for an interval that its timer cannot take.
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

fn main() -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().split(b'\n') {
        let answer = answer(&line?).unwrap_or_else(Answer::Error);
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?; // Whoever asks one question at a time waits for this answer.
    }
    Ok(())
}

fn answer(line: &[u8]) -> Result<Answer, String> {
    let question: Question = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let row: Lifecycle = part("lifecycle", question.lifecycle)?;
    if let Some(error) = bad_interval(&question.input) {
        return Ok(Answer::Refusal(error.into()));
    }
    let input = input(question.input)?;
    let now: DateTime<Utc> = part("now", question.now)?;
    let context: Context = question.context.map_or(Ok(Context::default()), |value| part("context", value))?;
    let policy: Policy = question.policy.map_or(Ok(Policy::default()), |value| part("policy", value))?;
    match row.decide(input, &policy, context, now) {
        Ok(step) => {
            let lifecycle = step.apply(row).map_err(|stale| stale.to_string())?;
            Ok(Answer::Step { lifecycle, effects: step.effects().collect() })
        }
        Err(refusal) => Ok(Answer::Refusal(refusal.into())),
    }
}

/// A whole number of minutes that the command's interval cannot take: the server refuses it, and so do we.
fn bad_interval(input: &Value) -> Option<IntervalError> {
    let minutes = input.get("minutes")?.as_i64()?;
    match input.get("command")?.as_str()? {
        "autostop" => AutoStop::try_from(minutes).err(),
        "autopause" => AutoPause::try_from(minutes).err(),
        "autoarchive" => AutoArchive::try_from(minutes).err(),
        "autodelete" => AutoDelete::try_from(minutes).err(),
        "ttl" => Ttl::try_from(minutes).err(),
        _ => None,
    }
}

/// A part of the question; an error names it.
fn part<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("{name}: {error}"))
}

/// The input, by its tag: an error then tells of the kind that was meant.
fn input(input: Value) -> Result<Input, String> {
    const NAME: &str = "input";
    if input.get("command").is_some() {
        part::<Command>(NAME, input).map(Into::into)
    } else if input.get("report").is_some() {
        part::<Report>(NAME, input).map(Into::into)
    } else if input.get("timer").is_some() {
        part::<Timer>(NAME, input).map(Into::into)
    } else {
        Err(format!("{NAME}: {input} is neither a command, a report nor a timer"))
    }
}
