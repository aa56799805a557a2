//! The state of the whole system: the row, the runners, the backup store, the outbox and the messages under way.

use super::forks::Kin;
use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::rules::{Call, Task};
use sandbox_lifecycle::runner::{Departure, End, Ledger};
use sandbox_lifecycle::vocabulary::{CopyState, Fault};
use sandbox_lifecycle::{Columns, Context, Lifecycle};

/// How many runners there are at most. A configuration may use fewer.
pub const MAX_RUNNERS: u8 = 3;

/// The instant at which every stored time of a normalised row lies.
pub const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// Longer than every time limit of the default policy.
pub const LONG: TimeDelta = TimeDelta::days(3650);

/// A task that the model carries out, without its arguments of no interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    Create,
    Restore,
    Start,
    Resume,
    Stop { force: bool },
    Pause,
    Destroy,
    Recover { start: bool },
    Fork,
}

impl Work {
    pub fn task(self) -> Task {
        match self {
            Self::Create => Task::Create,
            Self::Restore => Task::Restore,
            Self::Start => Task::Start,
            Self::Resume => Task::Resume,
            Self::Stop { force } => Task::Stop { force },
            Self::Pause => Task::Pause,
            Self::Destroy => Task::Destroy,
            Self::Recover { start } => Task::Recover { start },
            Self::Fork => Task::Fork,
        }
    }

    pub fn of(task: Task) -> Self {
        match task {
            Task::Create => Self::Create,
            Task::Restore => Self::Restore,
            Task::Start => Self::Start,
            Task::Resume => Self::Resume,
            Task::Stop { force } => Self::Stop { force },
            Task::Pause => Self::Pause,
            Task::Destroy => Self::Destroy,
            Task::Recover { start } => Self::Recover { start },
            Task::Fork => Self::Fork,
            Task::Resize { .. } | Task::Snapshot { .. } | Task::Build | Task::Pull => {
                panic!("the model has no {task}")
            }
            Task::Backup { .. } => panic!("a backup is not the work of a ledger"),
        }
    }

    /// Whether the sandbox may run while the work is under way.
    pub const fn may_run(self) -> bool {
        matches!(self, Self::Create | Self::Restore | Self::Start | Self::Resume)
    }
}

/// What a runner's ledger holds, open to normalise. The real [`Ledger`] is built from it for each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Memory {
    pub newest: Option<u32>,
    /// The work, its epoch, and whether it ended well, once it has ended.
    pub work: Option<(Work, u32, Option<bool>)>,
    /// Whether the copy was removed or only released, and the epoch.
    pub departure: Option<(bool, u32)>,
}

/// The end of work in the ledger.
pub const fn end(well: bool) -> End {
    if well { End::Completed } else { End::Failed { fault: Fault::Other, recoverable: false } }
}

impl Memory {
    /// The ledger with these contents, through its public methods.
    pub fn ledger(self) -> Ledger {
        let mut ledger = Ledger::default();
        if let Some((removed, epoch)) = self.departure {
            ledger = if removed { ledger.remove(epoch).ledger() } else { ledger.release(epoch).ledger() };
        }
        if let Some((work, epoch, ended)) = self.work {
            ledger = ledger.call(Call { task: work.task(), epoch }).ledger();
            if let Some(well) = ended {
                ledger = ledger.finish(epoch, end(well)).ledger();
            }
        }
        match self.newest {
            Some(newest) if ledger.newest_epoch() != Some(newest) => {
                ledger.ask(newest, sandbox_lifecycle::runner::CopyAnswer::NONE).ledger()
            }
            Some(_) | None => ledger,
        }
    }

    /// The contents of this ledger, whose finished work is one of these.
    pub fn of(ledger: Ledger, finished: impl IntoIterator<Item = (Work, u32, bool)>) -> Self {
        let departure = ledger.departure().map(|departure| match departure {
            Departure::Removed { epoch } => (true, epoch),
            Departure::Released { epoch } => (false, epoch),
        });
        let under_way = ledger.call_under_way().map(|call| (Work::of(call.task), call.epoch, None));
        let memory = Self { newest: ledger.newest_epoch(), work: under_way, departure };
        let finished = finished.into_iter().map(|(work, epoch, well)| Some((work, epoch, Some(well))));
        let guesses = finished.chain([None, under_way]).map(|work| Self { work, ..memory });
        guesses.into_iter().find(|guess| guess.ledger() == ledger).expect("a ledger that the model can rebuild")
    }
}

/// A copy on a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Copy {
    #[default]
    None,
    Running,
    AtRest,
    Paused,
}

impl Copy {
    pub const fn state(self) -> CopyState {
        match self {
            Self::None => CopyState::None,
            Self::Running => CopyState::Running,
            Self::AtRest => CopyState::AtRest,
            Self::Paused => CopyState::Paused,
        }
    }
}

/// One runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Runner {
    pub memory: Memory,
    pub copy: Copy,
    /// The version of the copy's disk. 0 is a disk that a caller gave up, or none.
    pub disk: u8,
    /// The epoch of the job that runs now, and the version that a restore brings.
    pub job: Option<(u32, u8)>,
    /// The operator has declared it gone, after fencing it.
    pub gone: bool,
    /// The copy has changed by itself, and no answer has shown it since.
    pub odd: bool,
}

/// A backup attempt in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub number: u32,
    pub disk: u8,
    pub whole: bool,
    /// The runner that uploads it now.
    pub uploader: Option<u8>,
}

/// A call that the outbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OwedCall {
    pub to: u8,
    pub work: Work,
    pub epoch: u32,
    /// It was sent at least once.
    pub sent: bool,
}

/// A removal or release that a runner still owes an acknowledgement for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Leave {
    pub to: u8,
    pub removes: bool,
    pub epoch: u32,
}

/// A message under way. It may be lost, repeated, and overtaken by any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    Call {
        to: u8,
        work: Work,
        epoch: u32,
    },
    End {
        from: u8,
        work: Work,
        epoch: u32,
        well: bool,
    },
    /// `fresh`: the row still has the revision that was read before asking.
    Ask {
        to: u8,
        epoch: u32,
        fresh: bool,
    },
    Answer {
        shows: Shows,
        fresh: bool,
    },
    Leave(Leave),
    Lists {
        from: u8,
        shows: Shows,
        epoch: Option<u32>,
        released: bool,
    },
    MakeBackup {
        to: u8,
        attempt: u32,
        epoch: u32,
    },
    BackupEnd {
        from: u8,
        attempt: u32,
        well: bool,
    },
    StoreAnswer {
        whole: bool,
        fresh: bool,
    },
    /// The source's call to make the row's copy.
    Fork {
        to: u8,
    },
    /// The end of the fork, as reported for the child.
    ChildEnd {
        from: u8,
        epoch: u32,
        well: bool,
    },
}

/// What a runner says about its copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shows {
    Nothing,
    Running,
    AtRest,
    Paused,
    Busy,
}

impl Shows {
    pub const fn of(state: CopyState) -> Self {
        match state {
            CopyState::None => Self::Nothing,
            CopyState::Running => Self::Running,
            CopyState::AtRest => Self::AtRest,
            CopyState::Paused => Self::Paused,
            CopyState::Busy => Self::Busy,
        }
    }

    pub const fn state(self) -> CopyState {
        match self {
            Self::Nothing => CopyState::None,
            Self::Running => CopyState::Running,
            Self::AtRest => CopyState::AtRest,
            Self::Paused => CopyState::Paused,
            Self::Busy => CopyState::Busy,
        }
    }
}

/// What a pass of a controller knows: its decision is a function of this and the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    pub standing: Standing,
    pub shows: Option<Shows>,
    pub stored: Option<bool>,
    pub place: Option<u8>,
    /// The time limit of the state is over.
    pub over: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Ready,
    NotReady,
    Gone,
}

/// What belongs neither to the row, nor to a runner, nor to the network.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    /// The row's own runner.
    pub own: Option<u8>,
    /// The attempt that the row's backup reference names.
    pub reference: Option<u32>,
    pub call: Option<OwedCall>,
    /// The runner, the attempt and the epoch of the backup that is requested.
    pub backup: Option<(u8, u32, u32)>,
    pub leaves: Vec<Leave>,
    /// The order to discard backups, and what the store has discarded already.
    pub discard: Option<u32>,
    pub discarded: u32,
    pub attempts: Vec<Attempt>,
    /// A pass that has decided and not yet written.
    pub held: Option<View>,
    /// The other sandbox of a fork.
    pub kin: Option<Kin>,
    pub commands: u8,
    pub faults: u8,
}

/// The whole system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// `None` once its retention is over.
    pub row: Option<Lifecycle>,
    pub runners: [Runner; MAX_RUNNERS as usize],
    pub host: Host,
    /// Sorted, without equal messages: a message that is under way may arrive any number of times.
    pub bag: Vec<Message>,
}

impl World {
    pub fn runner(&self, id: u8) -> &Runner {
        &self.runners[usize::from(id)]
    }

    pub fn runner_mut(&mut self, id: u8) -> &mut Runner {
        &mut self.runners[usize::from(id)]
    }

    /// Every runner. One that no message has reached is as good as absent.
    pub fn runner_ids(&self) -> impl Iterator<Item = u8> + Clone + use<> {
        0..MAX_RUNNERS
    }

    pub fn own(&self) -> Option<&Runner> {
        self.host.own.map(|own| self.runner(own))
    }

    /// How many forks of the sandbox are alive.
    pub fn live_children(&self) -> u32 {
        u32::from(matches!(self.host.kin, Some(Kin::Child { .. })))
    }

    /// What a decision knows of the other sandboxes and of the runners.
    pub fn context(&self, row: &Lifecycle) -> Context {
        let owed = u32::try_from(self.host.leaves.len()).expect("few");
        Context::of(row).with_owed_departures(owed).with_live_fork_children(self.live_children())
    }

    pub fn send(&mut self, message: Message) {
        if let Err(place) = self.bag.binary_search(&message) {
            self.bag.insert(place, message);
        }
    }

    pub fn take(&mut self, message: Message) {
        self.bag.retain(|other| *other != message);
    }

    /// The newest version of the disk that exists: on any runner, also on one that is gone, or as a whole backup.
    pub fn newest_disk(&self) -> u8 {
        let copies = self.runners.iter().filter(|runner| runner.copy != Copy::None).map(|runner| runner.disk);
        let backups = self.host.attempts.iter().filter(|attempt| attempt.whole).map(|attempt| attempt.disk);
        copies.chain(backups).max().unwrap_or(0)
    }
}

/// The row with its times set so that its limits are over or not.
pub fn timed(row: &Lifecycle, over: bool, backup_over: bool) -> Lifecycle {
    let at = |over: bool| if over { NOW - LONG } else { NOW };
    let columns = row.columns();
    let backup_since = columns.backup_since.map(|_| at(backup_over));
    Columns { state_since: at(over), backup_since, ..columns }.into()
}

/// The row as it is after a long idle time.
pub fn idle(row: &Lifecycle) -> Lifecycle {
    let columns = row.columns();
    let auto_destroy_at = columns.auto_destroy_at.map(|_| NOW - LONG);
    Columns { last_activity_at: NOW - LONG, auto_destroy_at, ..columns }.into()
}
