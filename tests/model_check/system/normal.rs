//! Equal situations are equal states: numbers become small, times become one instant, and dead messages are dropped.
//!
//! Epochs, backup attempts and disk versions count only by their order, so they are renumbered in order. A message is dead
//! when every later delivery of it does nothing: an end of an older epoch, a call that the ledger refuses, an answer for
//! an older revision.

use super::actions::{Flaw, Model};
use super::forks::{ForkWork, Kin};
use super::world::{Copy, LONG, MAX_RUNNERS, Memory, Message, NOW, World};
use sandbox_lifecycle::Columns;
use sandbox_lifecycle::rules::{Call, Task};
use sandbox_lifecycle::vocabulary::BackupState;

/// New numbers for old ones, in order.
struct Numbers {
    old: Vec<u32>,
    /// Numbers below this one keep their value.
    kept: u32,
}

impl Numbers {
    fn new(mut old: Vec<u32>, kept: u32) -> Self {
        old.retain(|number| *number >= kept);
        old.sort_unstable();
        old.dedup();
        Self { old, kept }
    }

    fn rename(&self, number: &mut u32) {
        if let Ok(place) = self.old.binary_search(number) {
            *number = self.kept + u32::try_from(place).expect("few numbers");
        }
    }
}

/// Visits every number of one kind in a state.
type Visits = fn(&mut World, &mut dyn FnMut(&mut u32));

impl World {
    pub fn normalise(&mut self, model: &Model) {
        self.drop_what_is_over(model);
        self.rename(epochs, 1);
        // The rules distinguish no attempt, the first one, and later ones.
        self.rename(attempts, 2);
        let mut disks = Vec::new();
        self.each_disk(&mut |disk| disks.push(u32::from(*disk)));
        let numbers = Numbers::new(disks, 1);
        self.each_disk(&mut |disk| {
            let mut number = u32::from(*disk);
            numbers.rename(&mut number);
            *disk = u8::try_from(number).expect("few versions");
        });
        self.rename_runners();
        self.host.leaves.sort_unstable();
        self.host.attempts.sort_unstable_by_key(|attempt| attempt.number);
        self.bag.sort_unstable();
        self.bag.dedup();
        if let Some(row) = &mut self.row {
            let columns = row.columns();
            let none = columns.backup_state == BackupState::None || columns.backup_since.is_none();
            let backup_since = if none { None } else { Some(NOW) };
            *row = Columns {
                state_since: NOW,
                created_at: NOW,
                last_activity_at: NOW,
                last_recovery: None,
                auto_destroy_at: columns.auto_destroy_at.map(|_| NOW + LONG),
                backup_since,
                revision: 1,
                // Whether a stop uses force decides nothing.
                ..columns
            }
            .into();
        }
    }

    /// Drops what no message and no rule can bring back.
    fn drop_what_is_over(&mut self, model: &Model) {
        let row = self.row;
        if let Some(call) = self.host.call {
            let owed = Call { task: call.work.task(), epoch: call.epoch };
            if !row.is_some_and(|row| row.awaits(&owed)) {
                self.host.call = None;
            }
        }
        if let Some((_, attempt, epoch)) = self.host.backup {
            let owed = Call { task: Task::Backup { attempt }, epoch };
            if !row.is_some_and(|row| row.awaits(&owed)) {
                self.host.backup = None;
            }
        }
        for runner in &mut self.runners {
            if runner.copy == Copy::None {
                (runner.disk, runner.odd) = (0, false);
            }
        }
        // Nobody looks at an older attempt that the row does not refer to.
        let reference = self.host.reference;
        if let (Some(row), false) = (row, model.flaw == Some(Flaw::ForgetfulStore)) {
            let counts = |number| number >= row.backup_attempt() || Some(number) == reference;
            self.host.attempts.retain(|made| counts(made.number));
        }
        match &mut self.host.kin {
            // Whether the source hears of the end does not matter to the child.
            Some(Kin::Source { on, epoch, awaits, work: ForkWork::Ended }) => (*on, *epoch, *awaits) = (0, 0, false),
            Some(Kin::Child { epoch, reads: Some(_) }) => *epoch = 0,
            Some(Kin::Source { .. } | Kin::Child { .. }) | None => {}
        }
        let (host, runners) = (&self.host, &self.runners);
        let newest = |to: &u8| runners[usize::from(*to)].memory.newest.unwrap_or(0);
        self.bag.retain(|message| match message {
            Message::Call { to, epoch, .. } => model.hears_old_calls() || *epoch >= newest(to),
            Message::MakeBackup { attempt, .. } => row.is_some_and(|row| row.backup_attempt() == *attempt),
            Message::End { from, epoch, .. } | Message::ChildEnd { from, epoch, .. } => {
                let counts = |of_row| model.hears_old_ends() || of_row == *epoch;
                host.own == Some(*from) && row.is_some_and(|row| counts(row.epoch()))
            }
            Message::Fork { .. } => matches!(host.kin, Some(Kin::Source { work: ForkWork::NotBegun, .. })),
            Message::Ask { to, epoch, fresh } => *epoch > newest(to) || (*fresh && *epoch == newest(to)),
            Message::Answer { fresh, .. } | Message::StoreAnswer { fresh, .. } => *fresh,
            Message::Leave(leave) => leave.epoch >= newest(&leave.to),
            Message::Lists { .. } => true,
            Message::BackupEnd { from, attempt, .. } => {
                row.is_some_and(|row| row.backup_attempt() == *attempt) && host.own == Some(*from)
            }
        });
    }

    fn rename(&mut self, each: Visits, kept: u32) {
        let mut old = Vec::new();
        each(self, &mut |number| old.push(*number));
        let numbers = Numbers::new(old, kept);
        each(self, &mut |number| numbers.rename(number));
    }

    /// Runners are alike, so they are numbered too: the row's own comes first, and then the one with the most to say.
    fn rename_runners(&mut self) {
        let mut order: Vec<u8> = self.runner_ids().collect();
        order.sort_by(|one, other| {
            let is_other = |id: u8| self.host.own != Some(id);
            let (first, second) = (self.runner(*one), self.runner(*other));
            is_other(*one).cmp(&is_other(*other)).then_with(|| second.cmp(first))
        });
        if order.is_sorted() {
            return;
        }
        let mut names = [0; MAX_RUNNERS as usize];
        let old = self.runners;
        for ((place, id), runner) in (0..).zip(&order).zip(&mut self.runners) {
            names[usize::from(*id)] = place;
            *runner = old[usize::from(*id)];
        }
        self.each_runner_id(&mut |id| *id = names[usize::from(*id)]);
    }

    fn each_runner_id(&mut self, visit: &mut dyn FnMut(&mut u8)) {
        let host = &mut self.host;
        host.own.iter_mut().for_each(&mut *visit);
        host.call.iter_mut().for_each(|call| visit(&mut call.to));
        host.backup.iter_mut().for_each(|(to, _, _)| visit(to));
        host.leaves.iter_mut().for_each(|leave| visit(&mut leave.to));
        host.attempts.iter_mut().filter_map(|made| made.uploader.as_mut()).for_each(&mut *visit);
        host.held.iter_mut().filter_map(|view| view.place.as_mut()).for_each(&mut *visit);
        match &mut host.kin {
            Some(Kin::Child { reads, .. }) => reads.iter_mut().for_each(&mut *visit),
            Some(Kin::Source { work: ForkWork::Ended, .. }) | None => {}
            Some(Kin::Source { on, .. }) => visit(on),
        }
        for message in &mut self.bag {
            match message {
                Message::Call { to, .. } | Message::Ask { to, .. } | Message::MakeBackup { to, .. } => visit(to),
                Message::Leave(leave) => visit(&mut leave.to),
                Message::Fork { to } => visit(to),
                Message::End { from, .. } | Message::Lists { from, .. } | Message::BackupEnd { from, .. } => {
                    visit(from)
                }
                Message::ChildEnd { from, .. } => visit(from),
                Message::Answer { .. } | Message::StoreAnswer { .. } => {}
            }
        }
    }

    fn each_disk(&mut self, visit: &mut dyn FnMut(&mut u8)) {
        for runner in &mut self.runners {
            visit(&mut runner.disk);
            if let Some((_, disk)) = &mut runner.job {
                visit(disk);
            }
        }
        self.host.attempts.iter_mut().for_each(|attempt| visit(&mut attempt.disk));
    }
}

fn epochs(world: &mut World, visit: &mut dyn FnMut(&mut u32)) {
    if let Some(row) = &mut world.row {
        let mut columns = row.columns();
        visit(&mut columns.epoch);
        if columns.epoch != row.epoch() {
            *row = columns.into();
        }
    }
    for runner in &mut world.runners {
        let Memory { newest, work, departure } = &mut runner.memory;
        newest.iter_mut().for_each(&mut *visit);
        work.iter_mut().for_each(|(_, epoch, _)| visit(epoch));
        departure.iter_mut().for_each(|(_, epoch)| visit(epoch));
        runner.job.iter_mut().for_each(|(epoch, _)| visit(epoch));
    }
    let host = &mut world.host;
    host.call.iter_mut().for_each(|call| visit(&mut call.epoch));
    host.backup.iter_mut().for_each(|(_, _, epoch)| visit(epoch));
    host.leaves.iter_mut().for_each(|leave| visit(&mut leave.epoch));
    match &mut host.kin {
        Some(Kin::Child { epoch, .. } | Kin::Source { epoch, .. }) => visit(epoch),
        None => {}
    }
    for message in &mut world.bag {
        match message {
            Message::Call { epoch, .. } | Message::End { epoch, .. } | Message::Ask { epoch, .. } => visit(epoch),
            Message::MakeBackup { epoch, .. } => visit(epoch),
            Message::Leave(leave) => visit(&mut leave.epoch),
            Message::Lists { epoch, .. } => epoch.iter_mut().for_each(&mut *visit),
            Message::ChildEnd { epoch, .. } => visit(epoch),
            Message::Answer { .. } | Message::StoreAnswer { .. } => {}
            Message::BackupEnd { .. } | Message::Fork { .. } => {}
        }
    }
}

fn attempts(world: &mut World, visit: &mut dyn FnMut(&mut u32)) {
    if let Some(row) = &mut world.row {
        let mut columns = row.columns();
        visit(&mut columns.backup_attempt);
        if columns.backup_attempt != row.backup_attempt() {
            *row = columns.into();
        }
    }
    let host = &mut world.host;
    host.reference.iter_mut().for_each(&mut *visit);
    host.backup.iter_mut().for_each(|(_, attempt, _)| visit(attempt));
    host.discard.iter_mut().for_each(&mut *visit);
    visit(&mut host.discarded);
    host.attempts.iter_mut().for_each(|attempt| visit(&mut attempt.number));
    for message in &mut world.bag {
        match message {
            Message::MakeBackup { attempt, .. } => visit(attempt),
            Message::BackupEnd { attempt, .. } => visit(attempt),
            Message::Call { .. } | Message::End { .. } | Message::Ask { .. } | Message::Answer { .. } => {}
            Message::Leave(_) | Message::Lists { .. } | Message::StoreAnswer { .. } => {}
            Message::Fork { .. } | Message::ChildEnd { .. } => {}
        }
    }
}
