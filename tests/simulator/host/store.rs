//! The store: rows with their next deadline, the outbox, and what operators declared.

use crate::{
    network::{Id, RunnerId},
    world::World,
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Context, DesiredState, RunnerView, Sandbox, SandboxState,
    controller::{Image, Placement, RunnerStanding},
    record::{BackupRef, Message, OutboxEntry, OutboxKey},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// The database. Every change of it is one transaction.
#[derive(Default)]
pub struct Store {
    pub rows: BTreeMap<Id, Row>,
    pub outbox: BTreeMap<(Id, OutboxKey), Entry>,
    /// The number of the next sandbox.
    pub next: Id,
    /// What the hosts know of each runner.
    pub standings: Vec<RunnerStanding>,
    /// Runners that must still send their inventory.
    pub unlisted: BTreeSet<RunnerId>,
    /// The sandboxes that wait unclaimed in the warm pool.
    pub pool: BTreeSet<Id>,
    /// The owner of each linked sandbox.
    pub owners: BTreeMap<Id, Id>,
    /// The events that were committed, and those that subscribers saw.
    pub committed: BTreeSet<(Id, OutboxKey)>,
    pub seen: BTreeSet<(Id, OutboxKey)>,
}

/// A stored sandbox.
#[derive(Clone)]
pub struct Row {
    pub sandbox: Rc<Sandbox>,
    /// When to look at it for timers: the indexed column.
    pub deadline: Option<DateTime<Utc>>,
}

/// An entry of the outbox, with what the host adds to a call.
#[derive(Clone)]
pub struct Entry {
    pub entry: OutboxEntry,
    /// The backup attempt that a restore reads.
    pub restores: Option<u32>,
    /// The child that a fork makes.
    pub child: Option<Id>,
    /// When it is sent again, and how often it was sent.
    pub again: i64,
    pub sent: u32,
}

pub fn sandbox_name(id: Id) -> String {
    format!("s{id}")
}

pub fn runner_name(runner: RunnerId) -> String {
    format!("r{runner}")
}

/// Returns the number at the end of a name.
pub fn number_of(name: &str) -> usize {
    name[1..].parse().expect("a name ends in its number")
}

/// Returns where the backup of an attempt is stored.
pub fn reference(attempt: u32) -> BackupRef {
    BackupRef { snapshot: attempt.to_string(), registry: "store".into() }
}

/// Returns the runner of a sandbox.
pub fn runner_of(sandbox: &Sandbox) -> Option<RunnerId> {
    sandbox.runner_id().map(number_of)
}

/// Whether a sandbox is a live child of this parent.
pub fn child_of(sandbox: &Sandbox, parent: Id) -> bool {
    let row = sandbox.lifecycle();
    let lives = row.state() != SandboxState::Destroyed && row.desired_state() != DesiredState::Destroyed;
    lives && sandbox.parent_id().is_some_and(|name| number_of(name) == parent)
}

impl Store {
    pub fn live_children(&self, id: Id) -> u32 {
        self.rows.values().filter(|row| child_of(&row.sandbox, id)).count() as u32
    }

    /// Returns the runners that still owe the acknowledgement of a removal or release of this sandbox.
    pub fn owing(&self, id: Id) -> impl Iterator<Item = RunnerId> {
        self.outbox.iter().filter_map(move |((of, key), _)| match key {
            OutboxKey::Remove { runner, .. } | OutboxKey::Release { runner, .. } if *of == id => {
                Some(number_of(runner))
            }
            OutboxKey::Remove { .. } | OutboxKey::Release { .. } => None,
            OutboxKey::Event { .. } | OutboxKey::Call { .. } => None,
            OutboxKey::Backup { .. } | OutboxKey::Discard { .. } => None,
        })
    }

    /// Returns the removals and releases that a runner still has to acknowledge.
    pub fn owed_by(&self, runner: RunnerId) -> Vec<(Id, OutboxKey)> {
        let leaves = |key: &OutboxKey| match key {
            OutboxKey::Remove { runner: left, .. } | OutboxKey::Release { runner: left, .. } => {
                number_of(left) == runner
            }
            OutboxKey::Event { .. } | OutboxKey::Call { .. } => false,
            OutboxKey::Backup { .. } | OutboxKey::Discard { .. } => false,
        };
        self.outbox.keys().filter(|(_, key)| leaves(key)).cloned().collect()
    }
}

impl World {
    /// Gathers the context of a row for its revision.
    pub fn context(&self, id: Id, sandbox: &Sandbox) -> Context {
        let unready = runner_of(sandbox).is_some_and(|runner| self.store.standings[runner] != RunnerStanding::Ready);
        sandbox
            .context()
            .with_live_fork_children(self.store.live_children(id))
            .with_owed_departures(self.store.owing(id).count() as u32)
            .with_runner_unready(unready)
            .with_warm_pool(self.is_pooled(id))
            .with_linked(self.store.owners.contains_key(&id))
    }

    /// Gathers the view of a row for its revision, with the runner that placement found.
    pub fn view(&mut self, id: Id, sandbox: &Sandbox) -> (RunnerView, Option<RunnerId>) {
        let own = runner_of(sandbox);
        let owing: Vec<_> = self.store.owing(id).collect();
        let is_free =
            |runner: &RunnerId| self.store.standings[*runner] == RunnerStanding::Ready && !owing.contains(runner);
        let free: Vec<_> = (0..self.runners.len()).filter(is_free).collect();
        let placed = if free.is_empty() { None } else { Some(self.random.one_of(&free)) };
        let view = RunnerView {
            runner: own.map_or(RunnerStanding::Ready, |runner| self.store.standings[runner]),
            placement: match placed {
                Some(runner) if runner % 2 == 0 => Placement::Warm,
                Some(_) => Placement::Cold,
                None => Placement::NoRoom,
            },
            image: match own.and_then(|runner| self.runners[runner].slots.get(&id)) {
                Some(slot) if slot.image => Image::Ready,
                Some(_) | None => Image::Missing,
            },
            live_fork_children: self.store.live_children(id),
            warm_pool: self.is_pooled(id),
            ..RunnerView::of(sandbox.lifecycle())
        };
        (view, placed)
    }

    /// Stores an entry of the outbox, in the transaction that owes it.
    pub fn enqueue(&mut self, id: Id, entry: OutboxEntry, restores: Option<u32>, child: Option<Id>) -> OutboxKey {
        let key = entry.key.clone();
        let entry = Entry { entry, restores, child, again: self.now, sent: 0 };
        self.store.outbox.entry((id, key.clone())).or_insert(entry);
        key
    }
}

/// Whether an entry is a removal or a release.
pub fn is_departure(entry: &OutboxEntry) -> bool {
    match entry.message {
        Message::Remove { .. } | Message::Release { .. } => true,
        Message::Call(_) | Message::DiscardBackups { .. } | Message::Event(_) => false,
    }
}
