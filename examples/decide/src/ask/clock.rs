//! The timer that acts now, and when each timer acts.

use super::{Answer, context_of, policy_of, row_of};
use crate::{error::Error, parts::Parts, step::StepForm};

/// Answers `{"ask":"due","row":…,"now":…}` with the step of the first timer that acts, or null.
pub fn due(parts: &mut Parts) -> Result<Answer, Error> {
    let row = row_of(parts)?;
    let now = parts.required("now")?;
    let context = context_of(parts, &row)?;
    let policy = policy_of(parts)?;
    let step = row.due(&policy, context, now).map(|step| StepForm::of(&step, row)).transpose()?;
    Ok(Answer::Step { step })
}

/// Answers `{"ask":"deadlines","row":…}` with every timer that has a time.
pub fn deadlines(parts: &mut Parts) -> Result<Answer, Error> {
    let row = row_of(parts)?;
    let context = context_of(parts, &row)?;
    let policy = policy_of(parts)?;
    Ok(Answer::Deadlines { deadlines: row.deadlines(&policy, context).collect() })
}
