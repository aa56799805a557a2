//! The other sandbox of a fork. A parent sees of its child only whether it is alive, and the child reads the parent's disk.
//! A child sees of its source only the call that makes its copy.

use super::actions::{Action, Flaw, Kind, Try, Ways};
use super::world::{Copy, Message};
use crate::laws::Law;
use sandbox_lifecycle::rules::{Job, Outcome, Report};
use sandbox_lifecycle::vocabulary::Fault;

/// The other sandbox of a fork, as far as it matters to the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kin {
    /// The row is the parent of a live child.
    Child {
        /// The epoch of the call that makes its copy.
        epoch: u32,
        /// The runner on which it reads the parent's disk, once it has a copy.
        reads: Option<u8>,
    },
    /// The row is a fork's child.
    Source {
        /// The runner of the source, on which the child is made.
        on: u8,
        epoch: u32,
        /// The source awaits the end of the fork, so its outbox repeats the call.
        awaits: bool,
        work: ForkWork,
    },
}

/// What the ledger of the source knows of the fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForkWork {
    NotBegun,
    UnderWay,
    Ended,
}

impl Try<'_> {
    /// How many live forks the host counts, unless it forgets them here.
    pub fn counted_children(&self, forgets: Flaw) -> u32 {
        if self.model.flaw == Some(forgets) { 0 } else { self.world.live_children() }
    }

    /// A granted fork stores the child's row.
    pub fn child_is_stored(&mut self, epoch: u32) {
        if self.world.host.kin.is_some() {
            self.breaks(Law::RowsAreSound, "the model has one child at a time");
        }
        self.world.host.kin = Some(Kin::Child { epoch, reads: None });
    }

    /// The parent's runner has made the copy, unless the child has ended since.
    pub fn child_is_made(&mut self, on: u8, of: u32) {
        match &mut self.world.host.kin {
            Some(Kin::Child { epoch, reads: reads @ None }) if *epoch == of => *reads = Some(on),
            Some(Kin::Child { .. } | Kin::Source { .. }) | None => {}
        }
    }

    /// The child is destroyed or has desired state destroyed: its step raises the revision of the parent.
    pub fn child_ends(&mut self) {
        self.world.host.kin = None;
        self.make_stale();
    }

    /// The runner of the source takes the call of the fork.
    pub fn fork_call(&mut self) {
        if let Some(Kin::Source { work: work @ ForkWork::NotBegun, .. }) = &mut self.world.host.kin {
            *work = ForkWork::UnderWay;
        }
    }

    fn source_gives_up(&mut self) {
        if let Some(Kin::Source { awaits, .. }) = &mut self.world.host.kin {
            *awaits = false;
        }
    }

    /// The fork ends, and its end is also reported for the child. No copy is made of a child that was left or called since.
    fn fork_ends(&mut self, well: bool) {
        let Some(Kin::Source { on, epoch, work, .. }) = &mut self.world.host.kin else { return };
        let (on, epoch) = (*on, *epoch);
        *work = ForkWork::Ended;
        let newest = self.world.newest_disk();
        let runner = self.world.runner_mut(on);
        if !well {
            return self.world.send(Message::ChildEnd { from: on, epoch, well });
        }
        let is_called_since = runner.memory.newest.is_some_and(|newest| newest > epoch);
        if runner.copy == Copy::None && runner.memory.departure.is_none() && !is_called_since {
            (runner.copy, runner.disk) = (Copy::Running, newest + 1);
            self.world.send(Message::ChildEnd { from: on, epoch, well });
        }
    }

    pub fn report_child(&mut self, from: u8, epoch: u32, well: bool) {
        let failed = Outcome::Failed { fault: Fault::Other, recoverable: false };
        let outcome = if well { Outcome::Completed } else { failed };
        self.report(from, Report::Ended { job: Job::ForkChild, outcome, epoch: Some(epoch) });
    }

    /// The runner of the source restarts or loses power, and its work ends without an end.
    pub fn interrupt_fork(&mut self, stopped: u8) {
        if let Some(Kin::Source { on, work: work @ ForkWork::UnderWay, .. }) = &mut self.world.host.kin
            && *on == stopped
        {
            *work = ForkWork::NotBegun;
        }
    }
}

impl Ways<'_> {
    pub fn forks(&mut self) {
        match self.before.host.kin {
            None => {}
            Some(Kin::Child { .. }) => self.add(Action::ChildEnds, Kind::Free, |tried| tried.child_ends()),
            Some(Kin::Source { on, awaits, work, .. }) => {
                if awaits {
                    self.add(Action::CallFork, Kind::Progress, |tried| tried.world.send(Message::Fork { to: on }));
                    self.add(Action::SourceGivesUp, Kind::Free, |tried| tried.source_gives_up());
                }
                if work == ForkWork::UnderWay && !self.before.runner(on).gone {
                    self.add(Action::ForkEnds { well: true }, Kind::Progress, |tried| tried.fork_ends(true));
                    self.add(Action::ForkEnds { well: false }, Kind::Fault, |tried| tried.fork_ends(false));
                }
            }
        }
    }
}
