//! The builder of a check.

use super::{
    cases::{Plan, Rows},
    checks::{lists, passes, single, stories, writers},
    failure::Failure,
    report::Report,
    system::System,
};
use crate::{lifecycle::Column, rules::Verb};
use alloc::string::String;

/// A check of a system: which inputs it tries, on which rows, how many, and from which seed.
///
/// The default tries all commands, reports and timers. First come the chosen cases, one for each decision that the rules
/// distinguish and one for each side of each deadline; then 10,000 random ones on rows that a database can store. For one
/// seed everything is the same in every run.
#[derive(Debug, Clone, Default)]
#[must_use = "a check does nothing until it is given a system"]
pub struct Check {
    plan: Plan,
}

/// The environment variable from which [`Check::seed_from_env`] takes the seed.
pub const SEED_VARIABLE: &str = "SANDBOX_LIFECYCLE_SEED";

impl Check {
    /// Returns the default check.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the check that tries only these commands. Reports and timers are tried unless they are left out too.
    pub fn commands(mut self, verbs: impl IntoIterator<Item = Verb>) -> Self {
        self.plan.inputs = self.plan.inputs.commands(verbs);
        self
    }

    /// Returns the check without reports, for a system that has no runners.
    pub fn without_reports(mut self) -> Self {
        self.plan.inputs = self.plan.inputs.without_reports();
        self
    }

    /// Returns the check without timers, for a system that has no clock.
    pub fn without_timers(mut self) -> Self {
        self.plan.inputs = self.plan.inputs.without_timers();
        self
    }

    /// Returns the check with this number of random cases, after the chosen ones.
    pub fn random_cases(mut self, cases: u32) -> Self {
        self.plan.random = cases;
        self
    }

    /// Returns the check whose random cases are on these rows.
    pub fn rows(mut self, rows: Rows) -> Self {
        self.plan.rows = rows;
        self
    }

    /// Returns the check with this seed. The default is 0. A failure shows its seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.plan.seed = seed;
        self
    }

    /// Returns the check with the seed in the environment variable [`SEED_VARIABLE`], if it holds a number.
    #[expect(clippy::disallowed_methods, reason = "a test asks for its seed; no rule depends on it")]
    pub fn seed_from_env(self) -> Self {
        let seed = std::env::var(SEED_VARIABLE).ok().and_then(|text: String| text.trim().parse().ok());
        match seed {
            Some(seed) => self.seed(seed),
            None => self,
        }
    }

    /// Makes every check that the system offers, the short ones first: single inputs, lists, passes, stories, and two
    /// writers. The report names what the system does not offer.
    ///
    /// # Errors
    /// [`Failure`], with the smallest case on which the system is wrong. Its number counts the cases of all checks.
    pub fn all<S: System>(&self, system: &mut S) -> Result<Report, Failure> {
        type Part<S> = fn(&Check, &mut S) -> Result<Report, Failure>;
        let parts: [Part<S>; 4] = [Self::lists, Self::passes, Self::stories, Self::two_writers];
        let mut report = self.single(system)?;
        for part in parts {
            match part(self, system) {
                Ok(other) => report = report.and(other),
                Err(Failure::NotOffered(part)) => {
                    report.not_offered.insert(part);
                }
                // The check of single inputs has compared something.
                Err(Failure::NothingCompared(_)) => {}
                Err(Failure::Wrong(mut counterexample)) => {
                    counterexample.cases = counterexample.cases.saturating_add(report.cases);
                    return Err(Failure::Wrong(counterexample));
                }
            }
        }
        Ok(report)
    }

    /// Compares the answers to single inputs: the row after each, or the code of the refusal.
    ///
    /// # Errors
    /// [`Failure`], with the smallest case on which the system is wrong.
    pub fn single(&self, system: &mut impl System) -> Result<Report, Failure> {
        judged(single::check(&self.plan, system)?, system)
    }

    /// Compares passes of the controller: what it writes, asks, sends again, or waits for.
    ///
    /// # Errors
    /// [`Failure`], with the smallest pass that is wrong, or because the system does not offer [`System::pass`].
    pub fn passes(&self, system: &mut impl System) -> Result<Report, Failure> {
        judged(passes::check(&self.plan, system)?, system)
    }

    /// Plays stories: commands, a clock, a controller, and a runner whose reports are lost, repeated, late or failures. The
    /// system carries its row from step to step; only the first row is stored. If the system does not offer
    /// [`System::pass`], the crate's controller makes the passes and stores the rows that it writes.
    ///
    /// The stories have ten steps for each random case of the check.
    ///
    /// # Errors
    /// [`Failure`], with the shortest story at whose end the system is wrong.
    pub fn stories(&self, system: &mut impl System) -> Result<Report, Failure> {
        judged(stories::check(&self.plan, system)?, system)
    }

    /// Lets two writers read and write one row in every order, for every pair of inputs and in every state that accepts
    /// both. Where both write, exactly one of them wins.
    ///
    /// # Errors
    /// [`Failure`], with the smallest race that is wrong, or because the system does not offer [`System::prepare`].
    pub fn two_writers(&self, system: &mut impl System) -> Result<Report, Failure> {
        judged(writers::check(&self.plan, system)?, system)
    }

    /// Lets the system read lists of API records, some with words that no version knows. Every other record must be read.
    ///
    /// # Errors
    /// [`Failure`], with the list of which a record is lost, or because the system does not offer [`System::read_list`].
    pub fn lists(&self, system: &mut impl System) -> Result<Report, Failure> {
        lists::check(&self.plan, system)
    }
}

/// Adds the columns that were not compared to a report. It is a failure if nothing was compared.
fn judged(report: Report, system: &impl System) -> Result<Report, Failure> {
    let declined: u64 = report.declined.values().sum();
    if report.cases <= declined {
        return Err(Failure::NothingCompared(report.declined));
    }
    let not_compared = Column::ALL.iter().filter(|column| !system.has_column(column)).map(|column| column.name);
    Ok(Report { not_compared: not_compared.collect(), ..report })
}
