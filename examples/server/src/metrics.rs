//! What the platform counts, as Prometheus reads it.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use std::{sync::Arc, sync::atomic::AtomicU64, time::Duration};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Work {
    part: &'static str,
}

/// What the crate does for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Read the columns of a row.
    Columns,
    /// Read the rest of the record, which is JSON.
    Record,
    /// Decide.
    Decide,
    /// Apply the step, and find the columns that it writes.
    Apply,
}

impl From<Part> for Work {
    fn from(part: Part) -> Self {
        let part = match part {
            Part::Columns => "columns",
            Part::Record => "record",
            Part::Decide => "decide",
            Part::Apply => "apply",
        };
        Self { part }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cause {
    cause: &'static str,
}

/// The numbers of one process.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    decisions: Family<Cause, Counter>,
    refusals: Family<Code, Counter>,
    stale_writes: Counter,
    in_crate: Family<Work, Counter<f64, AtomicU64>>,
    outbox_age: Gauge<f64, AtomicU64>,
    deadline_lag: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("sandbox");
        let metrics = Self {
            registry: Arc::default(),
            decisions: Family::default(),
            refusals: Family::default(),
            stale_writes: Counter::default(),
            in_crate: Family::default(),
            outbox_age: Gauge::default(),
            deadline_lag: Gauge::default(),
        };
        registry.register("decisions", "Decisions that were written, by their cause", metrics.decisions.clone());
        registry.register("refusals", "Refused commands, by their code", metrics.refusals.clone());
        registry.register("stale_writes", "Writes that another writer came before", metrics.stale_writes.clone());
        registry.register("crate_seconds", "Time in the crate, by what it does", metrics.in_crate.clone());
        registry.register("outbox_age_seconds", "Age of the oldest entry that is not done", metrics.outbox_age.clone());
        registry.register(
            "deadline_lag_seconds",
            "How late the clock looked at the last due row, in real time",
            metrics.deadline_lag.clone(),
        );
        Self { registry: Arc::new(registry), ..metrics }
    }
}

impl Metrics {
    /// Counts a decision that was written.
    pub fn decided(&self, cause: &'static str) {
        self.decisions.get_or_create(&Cause { cause }).inc();
    }

    /// Counts a refused command.
    pub fn refused(&self, code: &str) {
        self.refusals.get_or_create(&Code { code: code.into() }).inc();
    }

    /// Counts a write that another writer came before.
    pub fn stale_write(&self) {
        self.stale_writes.inc();
    }

    /// Adds time that was spent in the crate.
    pub fn in_crate(&self, part: Part, time: Duration) {
        self.in_crate.get_or_create(&part.into()).inc_by(time.as_secs_f64());
    }

    /// Returns how many seconds were spent in a part of the crate.
    pub fn seconds_in(&self, part: Part) -> f64 {
        self.in_crate.get_or_create(&part.into()).get()
    }

    /// Notes the age of the oldest entry of the outbox.
    pub fn outbox_age(&self, seconds: f64) {
        self.outbox_age.set(seconds);
    }

    /// Notes how late the clock is.
    pub fn deadline_lag(&self, seconds: f64) {
        self.deadline_lag.set(seconds);
    }

    /// Returns the text for Prometheus.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
