//! What a sandbox held over its history: CPU, memory, disk and GPU time, from webhooks, polls or rows.

use super::evidence::Evidence;
use super::observation::Observation;
use super::seen::Seen;
use crate::lifecycle::HeldResources;
use crate::vocabulary::{Micros, SandboxState, Size, object_form};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};
use serde::Serialize;

object_form! {
    /// What a sandbox held between two times, as quantities multiplied by time.
    ///
    /// A change counts from the moment at which the API shows it: a requested start is `starting`, and holds compute. Rows and
    /// records give the same answer, because both show the reported state.
    ///
    /// It is exact if the history has every change: one webhook or poll for each. Between two polls the earlier one counts until
    /// the later record was written, and the last observation counts until `to`: read the sandbox before you bill. What is
    /// before the first observation, or in a state or with a size that is not shown, is
    /// [`unknown_seconds`](Self::unknown_seconds) and not zero.
    ///
    /// A webhook shows no size, and a size counts only from its record on. A meter over webhooks therefore begins with a record,
    /// for example the answer to the create, and reads one again after each resize.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    pub struct Usage {
        cpu: u64,
        memory: u64,
        disk: u64,
        gpu: u64,
        unknown: u64,
    }
}

const MICROS_PER_SECOND: u64 = 1_000_000;

impl Usage {
    /// Returns what the sandbox of these observations held from `from` until `to`. Their order does not matter.
    ///
    /// ```
    /// use sandbox_lifecycle::{Columns, DesiredState, Lifecycle, Observation, SandboxState, client::Usage};
    /// use chrono::{DateTime, TimeDelta};
    /// let noon = DateTime::UNIX_EPOCH + TimeDelta::hours(12);
    /// let started = Columns { state_since: noon, ..Columns::default() };
    /// let stopped = Columns {
    ///     state: SandboxState::Stopped,
    ///     desired_state: DesiredState::Stopped,
    ///     state_since: noon + TimeDelta::minutes(10),
    ///     ..started
    /// };
    /// let history = [stopped, started].map(|row| Observation::new(&Lifecycle::from(row), row.state_since));
    /// let usage = Usage::between(history, noon, noon + TimeDelta::hours(1));
    /// assert_eq!((usage.cpu_seconds(), usage.disk_gb_seconds()), (2 * 600, 10 * 3_600));
    /// ```
    pub fn between(history: impl IntoIterator<Item = Observation>, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let mut history: Vec<_> = history.into_iter().map(|seen| (holds_from(&seen), seen)).collect();
        history.sort_by_key(|(holds_from, seen)| (*holds_from, seen.observed_at));
        let (from, to) = (Micros::from(from), Micros::from(to));
        let (mut usage, mut known, mut at) = (Self::default(), Known::default(), Micros::MIN);
        for (next, seen) in history {
            usage.add(known.held(), at.max(from), next.min(to));
            known.add(seen);
            at = next;
        }
        usage.add(known.held(), at.max(from), to);
        usage
    }

    /// Returns the sum of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_add(other.cpu),
            memory: self.memory.saturating_add(other.memory),
            disk: self.disk.saturating_add(other.disk),
            gpu: self.gpu.saturating_add(other.gpu),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }

    /// Returns the CPU time: cores multiplied by seconds, rounded down.
    pub const fn cpu_seconds(&self) -> u64 {
        self.cpu / MICROS_PER_SECOND
    }

    /// Returns the memory time: GB multiplied by seconds, rounded down.
    pub const fn memory_gb_seconds(&self) -> u64 {
        self.memory / MICROS_PER_SECOND
    }

    /// Returns the disk time: GB multiplied by seconds, rounded down.
    pub const fn disk_gb_seconds(&self) -> u64 {
        self.disk / MICROS_PER_SECOND
    }

    /// Returns the GPU time: devices multiplied by seconds, rounded down.
    pub const fn gpu_seconds(&self) -> u64 {
        self.gpu / MICROS_PER_SECOND
    }

    /// Returns for how many seconds nothing shows what the sandbox held, rounded down.
    pub const fn unknown_seconds(&self) -> u64 {
        self.unknown / MICROS_PER_SECOND
    }

    /// Adds what the sandbox holds from `from` until `to`.
    fn add(&mut self, held: Option<Held>, from: Micros, to: Micros) {
        let micros = u64::try_from(to.as_micros().saturating_sub(from.as_micros())).unwrap_or(0);
        let times = |quantity: u32| micros.saturating_mul(quantity.into());
        let more = match held {
            Some(Held { size, gpus }) => Self {
                cpu: times(size.cpu),
                memory: times(size.memory),
                disk: times(size.disk),
                gpu: times(gpus.into()),
                unknown: 0,
            },
            None => Self { unknown: micros, ..Self::default() },
        };
        *self = self.plus(more);
    }
}

/// Returns from when on an observation counts: when its record was written. A row shows since when it is in its state.
fn holds_from(seen: &Observation) -> Micros {
    let shown = seen.shown();
    shown.updated_at().or(shown.since()).unwrap_or(seen.observed_at()).into()
}

struct Held {
    size: Size,
    gpus: u8,
}

impl Held {
    const NOTHING: Self = Self { size: Size { cpu: 0, memory: 0, disk: 0 }, gpus: 0 };
}

/// What is known at one point of the history.
#[derive(Default)]
struct Known {
    evidence: Evidence,
    /// Whether a resize was seen since the size was shown.
    is_size_old: bool,
}

impl Known {
    fn add(&mut self, seen: Observation) {
        let shown = seen.shown();
        self.is_size_old =
            shown.state().known() == Some(SandboxState::Resizing) || self.is_size_old && shown.size().is_none();
        self.evidence.add(seen);
    }

    /// Returns what the sandbox holds, or `None` if that is not shown.
    fn held(&self) -> Option<Held> {
        let known = &self.evidence;
        if known.is_gone() {
            return Some(Held::NOTHING);
        }
        let state = known.state().known()?;
        let held = match known.desired_state() {
            Seen::Known(desired) => HeldResources::in_state(state, desired),
            // Only a change in place depends on the desired state.
            Seen::NotShown | Seen::Unknown => HeldResources::in_any_case(state)?,
        };
        if !(held.compute || held.disk) {
            return Some(Held::NOTHING);
        }
        // The resize holds the old size until it ends.
        let is_shown = !self.is_size_old || state == SandboxState::Resizing;
        let size = known.size().filter(|_| is_shown)?;
        Some(Held { size: held.of(size), gpus: if held.compute { known.gpus()? } else { 0 } })
    }
}
