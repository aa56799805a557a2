//! Breadth-first exploration with exact states, shortest counter-examples, and the search for states without a way out.

use crate::actions::{Action, Edge, Model, Ways};
use crate::laws;
use crate::world::{Host, Message, RUNNERS, Runner, World};
use sandbox_lifecycle::Lifecycle;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::time::Instant;

/// A fast hasher: multiply and rotate.
#[derive(Default, Clone, Copy)]
pub struct Fast(u64);

impl Hasher for Fast {
    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, word: u8) {
        self.write_u64(word.into());
    }
    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

type Table<K, V> = HashMap<K, V, BuildHasherDefault<Fast>>;

/// The values that a part of the state has had, each with a number.
struct Parts<T> {
    numbers: Table<T, u32>,
    values: Vec<T>,
}

impl<T: Clone + Eq + Hash> Parts<T> {
    fn new() -> Self {
        Self { numbers: Table::default(), values: Vec::new() }
    }

    fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).expect("fewer than 2^32 parts");
        self.numbers.insert(value.clone(), number);
        self.values.push(value.clone());
        number
    }

    fn value(&self, number: u32) -> T {
        self.values[number as usize].clone()
    }
}

/// A state: the numbers of its parts.
type Key = [u32; 3 + RUNNERS as usize];

struct Encoder {
    rows: Parts<Option<Lifecycle>>,
    runners: Parts<Runner>,
    hosts: Parts<Host>,
    bags: Parts<Vec<Message>>,
}

impl Encoder {
    fn key(&mut self, world: &World) -> Key {
        let [one, two] = &world.runners;
        let (one, two) = (self.runners.number(one), self.runners.number(two));
        [self.rows.number(&world.row), one, two, self.hosts.number(&world.host), self.bags.number(&world.bag)]
    }

    fn world(&self, [row, one, two, host, bag]: Key) -> World {
        World {
            row: self.rows.value(row),
            runners: [self.runners.value(one), self.runners.value(two)],
            host: self.hosts.value(host),
            bag: self.bags.value(bag),
        }
    }
}

/// The result of an exploration.
pub struct Explored {
    pub complete: bool,
    /// The shortest trace to each broken law.
    pub broken: BTreeMap<String, Vec<(Action, World)>>,
}

/// When an exploration ends before every state is visited.
pub struct Limits {
    pub states: usize,
    /// It ends when a law is broken whose text begins so.
    pub stops: Option<&'static str>,
}

pub fn explore(model: &Model, start: &[World], limits: &Limits) -> Explored {
    let began = Instant::now();
    let mut encoder = Encoder { rows: Parts::new(), runners: Parts::new(), hosts: Parts::new(), bags: Parts::new() };
    let mut numbers: Table<Key, u32> = Table::default();
    let mut keys: Vec<Key> = Vec::new();
    let mut parents: Vec<(u32, Action)> = Vec::new();
    let mut good: Vec<bool> = Vec::new();
    // Progress edges, as pairs of states.
    let mut progress: Vec<(u32, u32)> = Vec::new();
    let mut broken: BTreeMap<String, (u32, Action, World)> = BTreeMap::new();
    let mut edges = 0;
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
    let is_wanted = |law: &String| limits.stops.is_some_and(|begin| law.starts_with(begin));
    while at < keys.len() && keys.len() < limits.states && !broken.keys().any(is_wanted) {
        let from = at as u32;
        let world = encoder.world(keys[at]);
        at += 1;
        if at % 500_000 == 0 {
            println!("  … {at} of {} states, {edges} edges, {:?}", keys.len(), began.elapsed());
        }
        for Edge { action, after, progress: is_progress, broken: laws } in Ways::all(model, &world) {
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
                progress.push((to, from));
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
    let mut stuck = 0;
    if complete {
        let reaches = reaching(&good, &mut progress);
        let lost: Vec<u32> = (0..keys.len() as u32).filter(|at| !reaches[*at as usize]).collect();
        stuck = lost.len();
        if let Some(first) = lost.first() {
            let path = path(*first);
            found.insert(format!("liveness: {stuck} states have no way to rest"), path);
        }
    }
    println!(
        "  {} rows, {} runners, {} hosts, {} bags",
        encoder.rows.values.len(),
        encoder.runners.values.len(),
        encoder.hosts.values.len(),
        encoder.bags.values.len()
    );
    println!("{} states, {edges} edges, complete: {complete}, stuck: {stuck}, {:?}", keys.len(), began.elapsed());
    Explored { complete, broken: found }
}

/// The states from which progress can reach a good one.
fn reaching(good: &[bool], progress: &mut [(u32, u32)]) -> Vec<bool> {
    progress.sort_unstable();
    let mut first = vec![0_usize; good.len() + 1];
    for (to, _) in progress.iter() {
        first[*to as usize + 1] += 1;
    }
    for at in 1..first.len() {
        first[at] += first[at - 1];
    }
    let mut reaches = good.to_vec();
    let mut queue: Vec<u32> = (0..good.len() as u32).filter(|at| good[*at as usize]).collect();
    while let Some(to) = queue.pop() {
        for (_, from) in &progress[first[to as usize]..first[to as usize + 1]] {
            if !std::mem::replace(&mut reaches[*from as usize], true) {
                queue.push(*from);
            }
        }
    }
    reaches
}
