//! The verdict of a simulation: the broken laws, each with the story of the sandbox that broke it first.

mod fact;
mod law;

use super::names::SandboxId;
use alloc::{
    collections::{BTreeMap, VecDeque},
    format,
    string::String,
    vec::Vec,
};
use core::fmt;
pub use fact::Fact;
pub use law::Law;

/// How many events a story has at most.
const LONGEST_STORY: usize = 10;

/// A law that the host broke, with the story of the sandbox that broke it first. Its text has at most 15 lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The law.
    pub law: Law,
    /// The seed of the simulation. The same seed breaks it again.
    pub seed: u64,
    /// How often the law was broken.
    pub times: u64,
    /// The sandbox that broke it first.
    pub sandbox: SandboxId,
    /// What is wrong.
    pub what: String,
    /// The last events of this sandbox, each with the seconds since the simulation began.
    pub story: Vec<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, seed, times, sandbox, what, story } = self;
        writeln!(f, "{law:?} is broken: {}", law.sentence())?;
        writeln!(f, "  seed {seed}, {times} times, first by {sandbox}: {what}")?;
        for line in story {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}
impl core::error::Error for Broken {}

/// The broken laws of a simulation, and the last events of each sandbox.
#[derive(Debug)]
pub struct Verdict {
    seed: u64,
    broken: BTreeMap<Law, Broken>,
    stories: BTreeMap<SandboxId, VecDeque<Line>>,
    traced: Option<SandboxId>,
    trace: Vec<String>,
}

impl Verdict {
    pub const fn new(seed: u64, traced: Option<SandboxId>) -> Self {
        Self { seed, broken: BTreeMap::new(), stories: BTreeMap::new(), traced, trace: Vec::new() }
    }

    /// Notes an event in the story of a sandbox. `at` counts milliseconds since the simulation began.
    pub fn note(&mut self, sandbox: SandboxId, at: i64, fact: Fact) {
        let line = Line { at, fact, times: 1 };
        if self.traced == Some(sandbox) {
            self.trace.push(format!("{line}"));
        }
        let story = self.stories.entry(sandbox).or_default();
        if let Some(last) = story.back_mut().filter(|last| last.fact == fact) {
            last.times = last.times.saturating_add(1);
            return;
        }
        if story.len() >= LONGEST_STORY {
            story.pop_front();
        }
        story.push_back(line);
    }

    /// Notes an event in the story of every sandbox.
    pub fn note_for_all(&mut self, at: i64, fact: Fact) {
        let all: Vec<_> = self.stories.keys().copied().collect();
        for sandbox in all {
            self.note(sandbox, at, fact);
        }
    }

    /// Judges that a law holds for a sandbox.
    pub fn hold(&mut self, law: Law, sandbox: SandboxId, holds: bool, what: impl FnOnce() -> String) {
        if holds {
            return;
        }
        if let Some(broken) = self.broken.get_mut(&law) {
            broken.times = broken.times.saturating_add(1);
            return;
        }
        let story = self.stories.get(&sandbox).into_iter().flatten().map(|line| format!("{line}")).collect();
        let broken = Broken { law, seed: self.seed, times: 1, sandbox, what: what(), story };
        self.broken.insert(law, broken);
    }

    /// Returns the broken laws and the whole story of the traced sandbox.
    pub fn end(self) -> (BTreeMap<Law, Broken>, Vec<String>) {
        (self.broken, self.trace)
    }
}

/// An event of a story: when it happened first, and how often it happened in a row.
#[derive(Debug, Clone, Copy)]
struct Line {
    at: i64,
    fact: Fact,
    times: u32,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, fact, times } = self;
        let (seconds, tenths) = (at.div_euclid(1_000), at.rem_euclid(1_000).div_euclid(100));
        write!(f, "{seconds:>7}.{tenths} s  {fact}")?;
        if *times > 1 { write!(f, " ({times} times)") } else { Ok(()) }
    }
}
