//! The event queue: it returns the next planned event, and the clock jumps to it.

use std::{cmp::Ordering, collections::BinaryHeap};

/// Planned events, earliest first. Events of one instant keep the order in which they were planned.
pub struct EventQueue<E> {
    planned: BinaryHeap<Planned<E>>,
    count: u64,
}

struct Planned<E> {
    at: i64,
    order: u64,
    event: E,
}

impl<E> EventQueue<E> {
    pub fn new() -> Self {
        Self { planned: BinaryHeap::new(), count: 0 }
    }

    pub fn plan(&mut self, at: i64, event: E) {
        self.count += 1;
        self.planned.push(Planned { at, order: self.count, event });
    }

    pub fn pop(&mut self) -> Option<(i64, E)> {
        self.planned.pop().map(|planned| (planned.at, planned.event))
    }
}

impl<E> PartialEq for Planned<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Planned<E> {}

impl<E> PartialOrd for Planned<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Planned<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}
