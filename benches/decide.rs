//! Measures the cost of one guarded decision and compares it with bare state machines of the same 22 states.
//!
//! Ours is `Lifecycle::decide` of a command, with its arguments, a policy and a context. It returns a whole step, or a
//! refusal that names every failing check. `rust-fsm`, `smlang` and `stateless` do less: each decision gets the state
//! (`from_state`, `new_with_state`, the state itself) and returns the next state or no, without guards, arguments, effects
//! or reasons. The floor reads a table of bytes at state × event.
//!
//! The work is 65,536 rows and commands from a fixed seed, uniform over commands and their arguments and over every column
//! that a decision reads, each with one of 32 contexts. Most such rows are broken and most such commands are refused. The
//! other groups therefore measure only refused commands, and only accepted commands, where `decide` builds the whole step.
//!
//! A server decides on a row that it has just read, so the bench times blocks of rows that are already in the cache; a bare
//! state and event are two bytes, which always are. After criterion's groups the contestants run once more in turn, round by
//! round, so that a slow machine slows all of them; the table at the end gives medians over the rounds.

use chrono::{DateTime, Duration, Utc};
use criterion::{Criterion, Throughput};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Policy, SandboxClass, SandboxState, Verb,
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, Fault, SizeChange, Ttl},
};
use std::{hint::black_box, num::NonZeroU32, time::Instant};

const ITEMS: usize = 65_536;
/// The number of rows that fit in the cache together.
const BLOCK: usize = 1_024;
const SURROUNDINGS: usize = 32;
const ROUNDS: usize = 101;

/// The bare transitions: the state after each command, once the runner has accepted its call.
macro_rules! with_transitions {
    ($then:ident) => {
        $then! {
            Creating {}
            Restoring {}
            Destroyed { Destroy => Destroying }
            Destroying { Destroy => Destroying }
            Started {
                Stop => Stopping, Destroy => Destroying, Pause => Pausing, Resize => Resizing, Fork => Forking,
                Snapshot => Snapshotting
            }
            Stopped {
                Start => Starting, Destroy => Destroying, Archive => Archiving, Resize => Resizing,
                Snapshot => Snapshotting
            }
            Starting {}
            Stopping {}
            Error { Destroy => Destroying, Recover => Stopped }
            BuildFailed { Destroy => Destroying }
            PendingBuild { Destroy => Destroying }
            BuildingSnapshot {}
            Unknown {}
            PullingSnapshot {}
            Archived { Start => Restoring, Destroy => Destroying }
            Archiving { Start => Starting, Destroy => Destroying }
            Resizing {}
            Snapshotting {}
            Forking {}
            Pausing {}
            Paused { Start => Resuming, Stop => Stopping, Destroy => Destroying }
            Resuming {}
        }
    };
}

/// The commands that every state accepts: a forced destroy, and commands that do not change the state.
macro_rules! machines {
    ($($state:ident { $($event:ident => $to:ident),* })+) => {
        #[derive(Clone, Copy)]
        pub enum State { $($state),+ }

        #[derive(Clone, Copy)]
        pub enum Event {
            Start, Stop, Destroy, ForceDestroy, Pause, Archive, Resize, Fork, Snapshot, Recover, Backup, AutoStop,
            AutoPause, AutoArchive, AutoDelete, Ttl, Touch,
        }

        rust_fsm::state_machine! {
            #[state_machine(input(crate::Event), state(crate::State))]
            with_rust_fsm(Creating)
            $($state => {
                $($event => $to,)*
                ForceDestroy => Destroying, Backup => $state, AutoStop => $state, AutoPause => $state,
                AutoArchive => $state, AutoDelete => $state, Ttl => $state, Touch => $state
            }),+
        }

        mod with_smlang {
            smlang::statemachine! {
                derive_states: [Clone, Copy],
                derive_events: [Clone, Copy],
                transitions: {
                    *Creating + ForceDestroy = Destroying,
                    $($state + Touch = $state,)+
                    $($($state + $event = $to,)*)+
                    _ + ForceDestroy = Destroying,
                    _ + Backup = _,
                    _ + AutoStop = _,
                    _ + AutoPause = _,
                    _ + AutoArchive = _,
                    _ + AutoDelete = _,
                    _ + Ttl = _,
                }
            }
            pub struct Nothing;
            impl StateMachineContext for Nothing {}
            pub fn state(state: super::State) -> States {
                match state { $(super::State::$state => States::$state),+ }
            }
        }

        mod with_stateless {
            stateless::statemachine! {
                transitions: {
                    $($state + Touch = $state,)+
                    $($($state + $event = $to,)*)+
                    _ + ForceDestroy = Destroying,
                    _ + Backup | AutoStop | AutoPause | AutoArchive | AutoDelete | Ttl = _,
                }
            }
            pub fn state(state: super::State) -> State {
                match state { $(super::State::$state => State::$state),+ }
            }
        }

        const TABLE: [[u8; Verb::ALL.len()]; SandboxState::ALL.len()] = {
            let mut table = [[REFUSED; Verb::ALL.len()]; SandboxState::ALL.len()];
            $({
                let row = &mut table[State::$state as usize];
                $(row[Event::$event as usize] = State::$to as u8;)*
                row[Event::ForceDestroy as usize] = State::Destroying as u8;
                let mut event = Event::Backup as usize;
                while event <= Event::Touch as usize {
                    row[event] = State::$state as u8;
                    event += 1;
                }
            })+
            table
        };

        fn bare_state(state: SandboxState) -> State {
            match state {
                $(SandboxState::$state => State::$state,)+
                _ => unreachable!("the machines have all states"),
            }
        }
    };
}
const REFUSED: u8 = u8::MAX;
with_transitions!(machines);

macro_rules! events {
    ($($event:ident)+) => {
        fn bare_event(verb: Verb) -> Event {
            match verb {
                $(Verb::$event => Event::$event,)+
                _ => unreachable!("the machines have all commands"),
            }
        }
        fn smlang_event(event: Event) -> with_smlang::Events {
            match event { $(Event::$event => with_smlang::Events::$event),+ }
        }
        fn stateless_event(event: Event) -> with_stateless::Event {
            match event { $(Event::$event => with_stateless::Event::$event),+ }
        }
    };
}
events!(Start Stop Destroy ForceDestroy Pause Archive Resize Fork Snapshot Recover Backup AutoStop AutoPause AutoArchive
    AutoDelete Ttl Touch);

/// SplitMix64, so that every run decides the same cases.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
    fn coin(&mut self) -> bool {
        self.next() >> 63 == 1
    }
    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    fn row(&mut self) -> Lifecycle {
        let recoveries = [None, Some(now() - Duration::minutes(30)), Some(now() - Duration::minutes(90))];
        Lifecycle::from(Columns {
            state: self.of(SandboxState::ALL),
            desired_state: self.of(DesiredState::ALL),
            pending: self.coin(),
            class: self.of(SandboxClass::ALL),
            gpu: self.of(&[0, 1]),
            cpu: 1 + self.below(4) as u32,
            memory: 1 + self.below(4) as u32,
            disk: 1 + self.below(4) as u32,
            backup_state: self.of(BackupState::ALL),
            has_backup_ref: self.coin(),
            has_runner: self.coin(),
            fault: if self.coin() { Some(self.of(Fault::ALL)) } else { None },
            recoverable: self.coin(),
            force_stop: self.coin(),
            epoch: self.below(1_000) as u32,
            auto_stop: AutoStop::try_from(self.of(&[0, 15])).unwrap(),
            auto_pause: AutoPause::try_from(self.of(&[0, 15])).unwrap(),
            auto_archive: AutoArchive::try_from(self.of(&[0, 10_080])).unwrap(),
            auto_delete: AutoDelete::from(self.of(&[-1, 0, 60])),
            last_recovery: self.of(&recoveries),
            ..Columns::default()
        })
    }

    fn quantity(&mut self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.below(5) as u32)
    }

    fn command(&mut self) -> Command {
        match self.of(Verb::ALL) {
            Verb::Start => Command::Start,
            Verb::Stop => Command::Stop { force: self.coin() },
            Verb::Destroy => Command::Destroy { force: false },
            Verb::ForceDestroy => Command::Destroy { force: true },
            Verb::Pause => Command::Pause,
            Verb::Archive => Command::Archive,
            Verb::Resize => {
                Command::Resize(SizeChange { cpu: self.quantity(), memory: self.quantity(), disk: self.quantity() })
            }
            Verb::Fork => Command::Fork,
            Verb::Snapshot => Command::Snapshot { include_memory: self.coin() },
            Verb::Recover => Command::Recover { start: self.coin() },
            Verb::Backup => Command::Backup,
            Verb::AutoStop => Command::AutoStop { interval: AutoStop::try_from(self.of(&[0, 30])).unwrap() },
            Verb::AutoPause => Command::AutoPause { interval: AutoPause::try_from(self.of(&[0, 30])).unwrap() },
            Verb::AutoArchive => Command::AutoArchive { interval: AutoArchive::try_from(self.of(&[0, 30])).unwrap() },
            Verb::AutoDelete => Command::AutoDelete { interval: AutoDelete::from(self.of(&[-1, 0, 30])) },
            Verb::Ttl => Command::Ttl { interval: Ttl::try_from(self.of(&[0, 30])).unwrap() },
            Verb::Touch => Command::Touch,
            _ => unreachable!("every command is drawn"),
        }
    }

    fn surroundings(&mut self) -> Context {
        Context::of(&Lifecycle::from(Columns::default()))
            .with_live_fork_children(self.of(&[0, 1]))
            .with_organization_suspended(self.coin())
            .with_linked(self.coin())
    }
}

/// The time of every decision.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).unwrap()
}

/// Rows that fit in the cache together, with their commands, in the form of each contestant.
#[derive(Clone, Default)]
struct Block {
    rows: Vec<Lifecycle>,
    commands: Vec<Command>,
    around: Vec<u8>,
    bare: Vec<(State, Event)>,
    smlang: Vec<(with_smlang::States, with_smlang::Events)>,
    stateless: Vec<(with_stateless::State, with_stateless::Event)>,
}

/// The arguments that all decisions share.
struct World {
    policy: Policy,
    now: DateTime<Utc>,
    surroundings: [Context; SURROUNDINGS],
}

impl World {
    fn accepts(&self, row: &Lifecycle, command: Command, around: u8) -> bool {
        row.decide(command, &self.policy, self.surroundings[usize::from(around)], self.now).is_ok()
    }
}

struct Work {
    world: World,
    accepted: f64,
    blocks: Vec<Block>,
}

impl Work {
    fn drawn(keep: impl Fn(bool) -> bool) -> Self {
        let mut draw = Draw(0x5A4D_B0C5);
        let surroundings = std::array::from_fn(|_| draw.surroundings());
        let world = World { policy: Policy::default(), now: now(), surroundings };
        let (mut items, mut accepted) = (Vec::with_capacity(ITEMS), 0);
        while items.len() < ITEMS {
            let item = (draw.row(), draw.command(), draw.below(SURROUNDINGS as u64) as u8);
            let accepts = world.accepts(&item.0, item.1, item.2);
            if keep(accepts) {
                accepted += usize::from(accepts);
                items.push(item);
            }
        }
        let bare = |(row, command, _): &(Lifecycle, Command, u8)| (bare_state(row.state()), bare_event(command.verb()));
        let blocks = items.chunks(BLOCK).map(|items| {
            let bare: Vec<_> = items.iter().map(bare).collect();
            Block {
                rows: items.iter().map(|item| item.0).collect(),
                commands: items.iter().map(|item| item.1).collect(),
                around: items.iter().map(|item| item.2).collect(),
                smlang: bare.iter().map(|(s, e)| (with_smlang::state(*s), smlang_event(*e))).collect(),
                stateless: bare.iter().map(|(s, e)| (with_stateless::state(*s), stateless_event(*e))).collect(),
                bare,
            }
        });
        Self { blocks: blocks.collect(), world, accepted: accepted as f64 / ITEMS as f64 }
    }

    /// Returns the time of all decisions. It reads each block before it measures.
    fn timed(&self, run: fn(&World, &Block)) -> std::time::Duration {
        let mut read = Block::default();
        let of_block = |block: &Block| {
            read.clone_from(block);
            let start = Instant::now();
            run(&self.world, black_box(&read));
            start.elapsed()
        };
        self.blocks.iter().map(of_block).sum()
    }
}

type Contestant = (&'static str, fn(&World, &Block));

const CONTESTANTS: [Contestant; 5] =
    [("ours", ours), ("rust-fsm", rust_fsm), ("smlang", smlang), ("stateless", stateless), ("floor", floor)];

#[inline(never)]
fn ours(world: &World, block: &Block) {
    for ((row, command), around) in block.rows.iter().zip(&block.commands).zip(&block.around) {
        let context = world.surroundings[usize::from(*around) % SURROUNDINGS];
        black_box(&row.decide(command, &world.policy, context, world.now));
    }
}

#[inline(never)]
fn rust_fsm(_: &World, block: &Block) {
    for (state, event) in &block.bare {
        let mut machine = with_rust_fsm::StateMachine::from_state(*state);
        black_box(&machine.consume(event));
        black_box(machine.state());
    }
}

#[inline(never)]
fn smlang(_: &World, block: &Block) {
    for (state, event) in &block.smlang {
        let mut machine = with_smlang::StateMachine::new_with_state(with_smlang::Nothing, *state);
        black_box(&machine.process_event(*event));
    }
}

#[inline(never)]
fn stateless(_: &World, block: &Block) {
    for (state, event) in &block.stateless {
        black_box(&state.process_event(*event));
    }
}

#[inline(never)]
fn floor(_: &World, block: &Block) {
    for (state, event) in &block.bare {
        black_box(TABLE[*state as usize][*event as usize]);
    }
}

fn groups(criterion: &mut Criterion, works: &[(&str, Work)]) {
    for (name, work) in works {
        let mut group = criterion.benchmark_group(*name);
        group.throughput(Throughput::Elements(ITEMS as u64));
        for (name, run) in CONTESTANTS {
            group
                .bench_function(name, |bencher| bencher.iter_custom(|times| (0..times).map(|_| work.timed(run)).sum()));
        }
        group.finish();
    }
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Runs each contestant once a round, so that the compared runs lie within the same few milliseconds.
fn table(name: &str, work: &Work) {
    let mut times = [const { Vec::new() }; CONTESTANTS.len()];
    for _ in 0..ROUNDS {
        for (times, (_, run)) in times.iter_mut().zip(CONTESTANTS) {
            times.push(work.timed(run).as_secs_f64() * 1e9 / ITEMS as f64);
        }
    }
    println!("\n{name}: {ITEMS} decisions, {:.1} % accepted, {ROUNDS} interleaved rounds", work.accepted * 100.0);
    println!("{:>12} {:>8} {:>8} {:>14}", "", "ns", "fastest", "ours / theirs");
    for (theirs, (name, _)) in times.iter().zip(CONTESTANTS) {
        let ratio = median(times[0].iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect());
        let fastest = theirs.iter().copied().fold(f64::INFINITY, f64::min);
        println!("{name:>12} {:>8.2} {fastest:>8.2} {ratio:>14.2}", median(theirs.clone()));
    }
}

fn main() {
    let works = [
        ("uniform", Work::drawn(|_| true)),
        ("refused", Work::drawn(|accepts| !accepts)),
        ("accepted", Work::drawn(|accepts| accepts)),
    ];
    let mut criterion = Criterion::default().configure_from_args();
    groups(&mut criterion, &works);
    criterion.final_summary();
    // `cargo test --benches` only checks that the benches run.
    if std::env::args().any(|argument| argument == "--bench") {
        for (name, work) in &works {
            table(name, work);
        }
        println!("\nTheirs: the state is an argument; state x event only; no guards, arguments, effects or reasons.");
    }
}
