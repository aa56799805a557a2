//! States in little memory: equal parts of states are stored once.

use crate::system::world::{Host, MAX_RUNNERS, Message, Runner, World};
use sandbox_lifecycle::Lifecycle;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

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

pub type Table<K, V> = HashMap<K, V, BuildHasherDefault<Fast>>;

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
pub type Key = [u32; 3 + MAX_RUNNERS as usize];

/// Numbers states by the numbers of their parts.
pub struct Encoder {
    rows: Parts<Option<Lifecycle>>,
    runners: Parts<Runner>,
    hosts: Parts<Host>,
    bags: Parts<Vec<Message>>,
}

impl Encoder {
    pub fn new() -> Self {
        Self { rows: Parts::new(), runners: Parts::new(), hosts: Parts::new(), bags: Parts::new() }
    }

    pub fn key(&mut self, world: &World) -> Key {
        let [one, two, three] = &world.runners;
        let [one, two, three] = [one, two, three].map(|runner| self.runners.number(runner));
        let (host, bag) = (self.hosts.number(&world.host), self.bags.number(&world.bag));
        [self.rows.number(&world.row), host, bag, one, two, three]
    }

    pub fn world(&self, [row, host, bag, one, two, three]: Key) -> World {
        World {
            row: self.rows.value(row),
            runners: [one, two, three].map(|runner| self.runners.value(runner)),
            host: self.hosts.value(host),
            bag: self.bags.value(bag),
        }
    }
}

/// How many values each part has had.
impl fmt::Display for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, runners) = (self.rows.values.len(), self.runners.values.len());
        let (hosts, bags) = (self.hosts.values.len(), self.bags.values.len());
        write!(f, "{rows} rows, {runners} runners, {hosts} hosts, {bags} bags")
    }
}
