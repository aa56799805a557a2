//! Breadth-first exploration with exact states and shortest counter-examples.

use super::components::Progress;
use super::parts::{Encoder, Key, Table};
use crate::laws::{self, Law};
use crate::system::actions::{Action, Edge, Model, Ways};
use crate::system::world::World;
use std::collections::BTreeMap;
use std::time::Instant;

/// The result of an exploration.
pub struct Explored {
    pub complete: bool,
    /// How many states each witness has seen.
    pub seen: Vec<usize>,
    /// The shortest trace to each way in which a law is broken.
    pub broken: BTreeMap<(Law, String), Vec<(Action, World)>>,
}

impl Explored {
    pub fn breaks(&self, law: Law) -> bool {
        self.broken.keys().any(|(broken, _)| *broken == law)
    }
}

/// When an exploration ends before every state is visited, and what it counts.
pub struct Limits<'a> {
    pub states: usize,
    /// It ends when this law is broken.
    pub stops: Option<Law>,
    /// The situations that the configuration is about.
    pub witnesses: &'a [fn(&World) -> bool],
}

pub fn explore(model: &Model, start: &[World], limits: &Limits<'_>) -> Explored {
    let began = Instant::now();
    let mut encoder = Encoder::new();
    let mut numbers: Table<Key, u32> = Table::default();
    let mut keys: Vec<Key> = Vec::new();
    let mut parents: Vec<(u32, Action)> = Vec::new();
    let mut good: Vec<bool> = Vec::new();
    let mut progress: Vec<(u32, u32, bool)> = Vec::new();
    let mut broken: BTreeMap<(Law, String), (u32, Action, World)> = BTreeMap::new();
    let (mut edges, mut seen) = (0, vec![0; limits.witnesses.len()]);
    for world in start {
        let mut world = world.clone();
        world.normalise(model);
        let key = encoder.key(&world);
        numbers.insert(key, keys.len() as u32);
        keys.push(key);
        parents.push((u32::MAX, Action::Begin));
        good.push(laws::is_good(&world, model));
    }
    let mut at = 0;
    let is_wanted = |(law, _): &(Law, String)| limits.stops == Some(*law);
    while at < keys.len() && keys.len() < limits.states && !broken.keys().any(is_wanted) {
        let from = at as u32;
        let world = encoder.world(keys[at]);
        for (seen, witness) in seen.iter_mut().zip(limits.witnesses) {
            *seen += usize::from(witness(&world));
        }
        at += 1;
        if at % 500_000 == 0 {
            println!("  … {at} of {} states, {edges} edges, {:?}", keys.len(), began.elapsed());
        }
        for Edge { action, after, progress: is_progress, writes, broken: laws } in Ways::all(model, &world) {
            edges += 1;
            let breaks = !laws.is_empty();
            for law in laws {
                broken.entry(law).or_insert_with(|| (from, action, after.clone()));
            }
            if breaks {
                continue; // What follows from a broken law shows nothing new.
            }
            let key = encoder.key(&after);
            let to = *numbers.entry(key).or_insert_with(|| {
                keys.push(key);
                parents.push((from, action));
                good.push(laws::is_good(&after, model));
                keys.len() as u32 - 1
            });
            if is_progress {
                progress.push((from, to, writes));
            }
        }
    }
    let complete = at == keys.len();
    let path = |mut at: u32| {
        let mut path = Vec::new();
        while at != u32::MAX {
            let (parent, action) = parents[at as usize];
            path.push((action, encoder.world(keys[at as usize])));
            at = parent;
        }
        path.reverse();
        path
    };
    let mut found = BTreeMap::new();
    for (law, (from, action, world)) in broken {
        let mut path = path(from);
        path.push((action, world));
        found.insert(law, path);
    }
    if complete {
        for (law, how, first) in ends_broken(&Progress::of(keys.len(), &progress), &good) {
            found.insert((law, how), path(first));
        }
    }
    let states = keys.len();
    println!("  {encoder}");
    println!("  {states} states, {edges} edges, complete: {complete}, {seen:?} of interest, {:?}", began.elapsed());
    Explored { complete, seen, broken: found }
}

/// The laws that the ends of runs break, each with the first state that shows it.
fn ends_broken(progress: &Progress, good: &[bool]) -> Vec<(Law, String, u32)> {
    let (mut restless, mut moving) = (Vec::new(), Vec::new());
    for (members, writes) in progress.ends() {
        let rest = members.iter().filter(|state| good[**state as usize]).count();
        if rest == 0 {
            restless.extend(members);
        } else if writes || rest < members.len() {
            moving.extend(members);
        }
    }
    let first = |states: &[u32]| states.iter().min().copied();
    let rest = first(&restless)
        .map(|first| (Law::RestIsReached, format!("from {} states nothing leads to rest", restless.len()), first));
    let kept =
        first(&moving).map(|first| (Law::RestIsKept, format!("{} states never come to an end", moving.len()), first));
    rest.into_iter().chain(kept).collect()
}
