//! The store: rows with their next deadline, the outbox, the warm pool and the links.

use super::{Desk, Platform};
use crate::mistakes::Mistake;
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Context, DesiredState, RunnerView, Sandbox, SandboxState,
    controller::{Image, Placement, RunnerStanding},
    record::{OutboxEntry, OutboxKey},
    testing::simulation::{Payload, Row as Shown, RunnerId, SandboxId},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// The database. Every change of it is one transaction.
#[derive(Default)]
pub struct Store {
    pub rows: BTreeMap<SandboxId, Row>,
    pub outbox: BTreeMap<(SandboxId, OutboxKey), Entry>,
    /// The sandboxes that wait unclaimed in the warm pool.
    pub pool: BTreeSet<SandboxId>,
    /// The owner of each linked sandbox.
    pub owners: BTreeMap<SandboxId, SandboxId>,
}

/// A stored sandbox.
#[derive(Clone)]
pub struct Row {
    pub sandbox: Rc<Sandbox>,
    /// When to look at it for timers: the indexed column.
    pub deadline: Option<DateTime<Utc>>,
    /// What the laws are judged by.
    pub shown: Shown,
}

/// An entry of the outbox, with what the host adds to a call.
#[derive(Clone)]
pub struct Entry {
    pub entry: OutboxEntry,
    pub payload: Payload,
    /// When it is sent again, and how often it was sent.
    pub again: DateTime<Utc>,
    pub sent: u32,
}

/// Returns the number that a name of the simulation has.
pub fn runner(name: &str) -> RunnerId {
    name.parse().expect("the name of a runner")
}

/// Returns the runner of a sandbox.
pub fn runner_of(sandbox: &Sandbox) -> Option<RunnerId> {
    sandbox.runner_id().map(runner)
}

/// Returns the parent of a fork's child.
pub fn parent_of(sandbox: &Sandbox) -> Option<SandboxId> {
    sandbox.parent_id().map(|name| name.parse().expect("the name of a sandbox"))
}

impl Row {
    pub fn new(sandbox: Sandbox, deadline: Option<DateTime<Utc>>) -> Self {
        Self { shown: Shown::of(&sandbox), sandbox: Rc::new(sandbox), deadline }
    }

    /// Whether it is a live child of this parent.
    fn is_child_of(&self, parent: SandboxId) -> bool {
        let row = self.sandbox.lifecycle();
        let lives = row.state() != SandboxState::Destroyed && row.desired_state() != DesiredState::Destroyed;
        lives && parent_of(&self.sandbox) == Some(parent)
    }
}

impl Store {
    pub fn live_children(&self, id: SandboxId) -> u32 {
        u32::try_from(self.rows.values().filter(|row| row.is_child_of(id)).count()).expect("a few children")
    }

    /// Returns the runners that still owe the acknowledgement of a removal or release of this sandbox.
    pub fn owing(&self, id: SandboxId) -> impl Iterator<Item = RunnerId> {
        self.outbox.keys().filter_map(move |(of, key)| left_by(key).filter(|_| *of == id))
    }

    /// Returns the removals and releases that a runner still has to acknowledge.
    pub fn owed_by(&self, runner: RunnerId) -> Vec<(SandboxId, OutboxKey)> {
        self.outbox.keys().filter(|(_, key)| left_by(key) == Some(runner)).cloned().collect()
    }
}

/// Returns the runner that a removal or a release is for.
fn left_by(key: &OutboxKey) -> Option<RunnerId> {
    match key {
        OutboxKey::Remove { runner: left, .. } | OutboxKey::Release { runner: left, .. } => Some(runner(left)),
        OutboxKey::Event { .. } | OutboxKey::Call { .. } => None,
        OutboxKey::Backup { .. } | OutboxKey::Discard { .. } => None,
    }
}

impl Platform {
    fn live_children(&self, id: SandboxId) -> u32 {
        if self.makes(Mistake::ForgetsForks) { 0 } else { self.store.live_children(id) }
    }

    /// Gathers the context of a row for its revision.
    pub fn context(&self, id: SandboxId, sandbox: &Sandbox, desk: &Desk<'_>) -> Context {
        let unready = runner_of(sandbox).is_some_and(|runner| desk.standing(runner) != RunnerStanding::Ready);
        let owed = if self.makes(Mistake::ForgetsOwed) { 0 } else { self.store.owing(id).count() };
        sandbox
            .context()
            .with_live_fork_children(self.live_children(id))
            .with_owed_departures(u32::try_from(owed).expect("a few entries"))
            .with_runner_unready(unready)
            .with_warm_pool(self.is_pooled(id))
            .with_linked(self.store.owners.contains_key(&id))
    }

    /// Gathers the view of a row for its revision, with the runner that placement found.
    pub fn view(&self, id: SandboxId, sandbox: &Sandbox, desk: &mut Desk<'_>) -> (RunnerView, Option<RunnerId>) {
        let own = runner_of(sandbox);
        let owing: Vec<_> = self.store.owing(id).collect();
        let mut free = desk.ready_runners();
        free.retain(|runner| !owing.contains(runner));
        let placed = desk.random().one_of(&free);
        let view = RunnerView {
            runner: own.map_or(RunnerStanding::Ready, |runner| desk.standing(runner)),
            placement: match placed {
                Some(runner) if runner.0 % 2 == 0 => Placement::Warm,
                Some(_) => Placement::Cold,
                None => Placement::NoRoom,
            },
            image: own.map_or(Image::Missing, |runner| desk.image(runner, id)),
            live_fork_children: self.live_children(id),
            warm_pool: self.is_pooled(id),
            ..RunnerView::of(sandbox.lifecycle())
        };
        (view, placed)
    }
}
