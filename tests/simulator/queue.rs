//! The event queue: it returns the next planned event, and the clock jumps to it.

use std::{cmp::Reverse, collections::BTreeMap};

/// Planned events, earliest first. Events of one instant keep the order in which they were planned.
pub struct Queue<E> {
    planned: BTreeMap<Reverse<(i64, u64)>, E>,
    count: u64,
}

impl<E> Queue<E> {
    pub fn new() -> Self {
        Self { planned: BTreeMap::new(), count: 0 }
    }

    pub fn plan(&mut self, at: i64, event: E) {
        self.count += 1;
        self.planned.insert(Reverse((at, self.count)), event);
    }

    pub fn pop(&mut self) -> Option<(i64, E)> {
        self.planned.pop_last().map(|(Reverse((at, _)), event)| (at, event))
    }
}
