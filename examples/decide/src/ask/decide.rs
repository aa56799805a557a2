//! What a command, a report or a timer does.

use super::{Answer, context_of, policy_of, row_of};
use crate::{
    error::Error,
    parts::{Parts, parsed},
    step::{Refused, StepForm},
};
use sandbox_lifecycle::{
    Input,
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, IntervalError, Ttl},
};
use serde_json::{Value, value::RawValue};

/// Answers `{"ask":"decide","row":…,"input":…,"now":…}`.
pub fn decide(parts: &mut Parts) -> Result<Answer, Error> {
    let row = row_of(parts)?;
    let input = parts.required_text("input")?;
    let now = parts.required("now")?;
    let context = context_of(parts, &row)?;
    let policy = policy_of(parts)?;
    let input: Input = match bad_interval(&input) {
        Some((error, rest)) => {
            let _: Input = serde_json::from_value(rest).map_err(|error| Error::wrong("input", error))?;
            return Ok(Answer::Refusal { refusal: error.into() });
        }
        None => parsed("input", &input)?,
    };
    match row.decide(input, &policy, context, now) {
        Ok(step) => Ok(Answer::Step { step: Some(StepForm::of(&step, row)?) }),
        Err(refusal) => Ok(Answer::Refusal { refusal: Refused::Rules(refusal) }),
    }
}

/// Returns the error for minutes that are out of range for the command's interval, which a server refuses too. It also
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
