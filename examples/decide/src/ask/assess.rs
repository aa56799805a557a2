//! Whether a client's wait is over.

use super::{Answer, observed::observation, policy_of};
use crate::{
    error::{Code, Error},
    parts::{Parts, parsed},
};
use sandbox_lifecycle::{
    Goal, Wait,
    chrono::{DateTime, TimeDelta, Utc},
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Whether a look found the snapshot that the client waits for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotLook {
    found: bool,
    at: DateTime<Utc>,
}

/// Answers `{"ask":"assess","goal":…,"begin":…,"seen":[…],"now":…}`.
///
/// The wait begins after an answer (`{"after":OBSERVATION}`), after a command that was accepted without one
/// (`{"accepted":TIME}`), or without a command (`{"watching":OBSERVATION}`).
pub fn assess(parts: &mut Parts) -> Result<Answer, Error> {
    let goal: Goal = parts.required("goal")?;
    let begin = parts.required_text("begin")?;
    let now = parts.required("now")?;
    let seen: Vec<Box<RawValue>> = parts.optional("seen")?.unwrap_or_default();
    let looks: Vec<SnapshotLook> = parts.optional("snapshots")?.unwrap_or_default();
    let timeout = parts.optional("timeoutSeconds")?.map(seconds).transpose()?;
    let policy = policy_of(parts)?;
    let mut wait = begun(goal, &begin, timeout)?;
    for text in &seen {
        wait.observe(observation("seen", text)?);
    }
    for look in looks {
        wait.observe_snapshot(look.found, look.at);
    }
    Ok(Answer::Assessment(wait.assess(&policy, now)))
}

fn seconds(count: i64) -> Result<TimeDelta, Error> {
    let length = (count >= 0).then(|| TimeDelta::try_seconds(count)).flatten();
    length.ok_or_else(|| Error::wrong("timeoutSeconds", format!("{count} is out of range")))
}

fn begun(goal: Goal, text: &RawValue, timeout: Option<TimeDelta>) -> Result<Wait, Error> {
    let mut parts = Parts::of_value("begin", text, &["after", "accepted", "watching"])?;
    let (after, accepted, watching) = (parts.text("after"), parts.text("accepted"), parts.text("watching"));
    match (after, accepted, watching) {
        (Some(text), None, None) => Ok(Wait::after(goal, observation("after", &text)?, timeout)),
        (None, Some(text), None) => Ok(Wait::accepted(goal, parsed("accepted", &text)?, timeout)),
        (None, None, Some(text)) => Ok(Wait::watching(goal, observation("watching", &text)?, timeout)),
        _ => Err(Error::new(Code::WrongValue, "begin: a wait begins with one of after, accepted or watching")),
    }
}
