//! What a controller does next, and what it does about a copy that a runner lists.

use super::{Answer, FindingForm, NextForm, context_of, policy_of, row_of};
use crate::{error::Error, parts::Parts, step::StepForm};
use sandbox_lifecycle::{Next, RunnerView, controller::Finding, runner::Listed};

/// Answers `{"ask":"reconcile","row":…,"view":…,"now":…}`. Without a view the runner is ready and was not asked.
pub fn reconcile(parts: &mut Parts) -> Result<Answer, Error> {
    let row = row_of(parts)?;
    let now = parts.required("now")?;
    let view = parts.optional("view")?.unwrap_or_else(|| RunnerView::of(&row));
    let policy = policy_of(parts)?;
    let next = match row.reconcile(&view, &policy, now) {
        Next::Ask(question) => NextForm::Ask(question),
        Next::Apply(step) => NextForm::Apply(StepForm::of(&step, row)?),
        Next::Resend { task, epoch } => NextForm::Resend { task, epoch },
        Next::Wait { until } => NextForm::Wait { until },
        Next::Nothing => NextForm::Nothing,
    };
    Ok(Answer::Next { next })
}

/// Answers `{"ask":"compare","row":…,"by":…,"copy":…,"now":…}`. Without a copy, or with null, the runner does not list one.
pub fn compare(parts: &mut Parts) -> Result<Answer, Error> {
    let row = row_of(parts)?;
    let by = parts.required("by")?;
    let copy: Option<Listed> = parts.optional("copy")?;
    let now = parts.required("now")?;
    let context = context_of(parts, &row)?;
    let finding = match row.compare(by, copy.as_ref(), context, now) {
        Finding::Agrees => FindingForm::Agrees,
        Finding::Apply(step) => FindingForm::Apply(StepForm::of(&step, row)?),
        Finding::Remove { epoch } => FindingForm::Remove { epoch },
        Finding::Release { epoch } => FindingForm::Release { epoch },
    };
    Ok(Answer::Finding { finding })
}
