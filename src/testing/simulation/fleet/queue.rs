//! The event queue: it returns the next planned event, and the clock jumps to it.

use alloc::collections::BTreeMap;

/// Planned events, earliest first. Events of one instant keep the order in which they were planned.
#[derive(Debug)]
pub struct Queue<E> {
    planned: BTreeMap<(i64, u64), E>,
    count: u64,
}

impl<E> Queue<E> {
    pub const fn new() -> Self {
        Self { planned: BTreeMap::new(), count: 0 }
    }

    pub fn plan(&mut self, at: i64, event: E) {
        self.count = self.count.wrapping_add(1);
        self.planned.insert((at, self.count), event);
    }

    pub fn pop(&mut self) -> Option<(i64, E)> {
        self.planned.pop_first().map(|((at, _), event)| (at, event))
    }
}
