//! Strategies for inputs, each of any kind with any arguments, and for contexts.

use super::words;
use crate::{
    lifecycle::{Columns, Lifecycle},
    rules::{Answer, Command, Context, Input, Job, Outcome, Report, Task, Timer},
    vocabulary::SizeChange,
};
use alloc::vec;
use core::num::NonZeroU32;
use proptest::{option, prelude::*, sample::select};

/// Generates any command with any arguments.
pub fn command() -> impl Strategy<Value = Command> + Clone {
    prop_oneof![
        Just(Command::Start),
        any::<bool>().prop_map(|force| Command::Stop { force }),
        any::<bool>().prop_map(|force| Command::Destroy { force }),
        Just(Command::Pause),
        Just(Command::Archive),
        size_change().prop_map(Command::Resize),
        Just(Command::Fork),
        any::<bool>().prop_map(|include_memory| Command::Snapshot { include_memory }),
        any::<bool>().prop_map(|start| Command::Recover { start }),
        Just(Command::Backup),
        words::auto_stop().prop_map(|minutes| Command::AutoStop { interval: minutes }),
        words::auto_pause().prop_map(|minutes| Command::AutoPause { interval: minutes }),
        words::auto_archive().prop_map(|minutes| Command::AutoArchive { interval: minutes }),
        words::auto_delete().prop_map(|minutes| Command::AutoDelete { interval: minutes }),
        words::ttl().prop_map(|minutes| Command::Ttl { interval: minutes }),
        Just(Command::Touch),
    ]
    .boxed()
}

/// Generates the sizes that a resize can name: none, smaller, equal, larger, and the largest numbers.
pub fn size_change() -> impl Strategy<Value = SizeChange> + Clone {
    let count = prop_oneof![6 => 1u32..12, 1 => Just(u32::MAX)].prop_map(NonZeroU32::new);
    let quantity = prop_oneof![Just(None), count];
    (quantity.clone(), quantity.clone(), quantity).prop_map(|(cpu, memory, disk)| SizeChange { cpu, memory, disk })
}

/// Generates no number, one that rows often have, or any other one.
pub(super) fn number() -> impl Strategy<Value = Option<u32>> + Clone {
    prop_oneof![6 => Just(None), 3 => (0u32..4).prop_map(Some), 1 => any::<u32>().prop_map(Some)]
}

/// Generates any report: without an epoch or attempt, with one that rows often have, or with any other one.
pub fn report() -> impl Strategy<Value = Report> + Clone {
    let epoch = number();
    let unsolicited = (words::state(), option::of(words::fault()), any::<bool>(), epoch.clone());
    let ended = (job(), outcome(), epoch.clone());
    let answered = (task(), answer(), option::of(words::state()), epoch);
    prop_oneof![
        4 => unsolicited.prop_map(|(state, fault, recoverable, epoch)| Report::State { state, fault, recoverable, epoch }),
        6 => ended.prop_map(|(job, outcome, epoch)| Report::Ended { job, outcome, epoch }),
        6 => answered.prop_map(|(task, answer, from, epoch)| Report::Answered { task, answer, from, epoch }),
        2 => (any::<bool>(), number()).prop_map(|(begun, attempt)| Report::BackupUnderWay { begun, attempt }),
    ]
    .boxed()
}

/// Generates any job.
pub fn job() -> impl Strategy<Value = Job> + Clone {
    prop_oneof![
        4 => select(&[Job::Create, Job::Start, Job::Stop, Job::Destroy][..]),
        4 => select(&[Job::Pause, Job::Snapshot, Job::ForkSource, Job::ForkChild][..]),
        1 => words::size().prop_map(|to| Job::Resize { to }),
        1 => any::<bool>().prop_map(|start| Job::Recover { start }),
        3 => number().prop_map(|attempt| Job::Backup { attempt }),
    ]
}

/// Generates any outcome of a job.
pub fn outcome() -> impl Strategy<Value = Outcome> + Clone {
    let failed = (words::fault(), any::<bool>());
    prop_oneof![
        Just(Outcome::Completed),
        failed.prop_map(|(fault, recoverable)| Outcome::Failed { fault, recoverable })
    ]
}

/// Generates any task of a runner.
pub fn task() -> impl Strategy<Value = Task> + Clone {
    prop_oneof![
        4 => select(&[Task::Create, Task::Restore, Task::Start, Task::Resume][..]),
        5 => select(&[Task::Pause, Task::Destroy, Task::Fork, Task::Build, Task::Pull][..]),
        1 => any::<bool>().prop_map(|force| Task::Stop { force }),
        1 => words::size().prop_map(|to| Task::Resize { to }),
        1 => any::<bool>().prop_map(|include_memory| Task::Snapshot { include_memory }),
        1 => any::<bool>().prop_map(|start| Task::Recover { start }),
        1 => (0u32..4).prop_map(|attempt| Task::Backup { attempt }),
    ]
}

/// Generates any answer of a runner to a call.
pub fn answer() -> impl Strategy<Value = Answer> + Clone {
    let refused = (words::fault(), any::<bool>());
    prop_oneof![
        Just(Answer::Accepted),
        Just(Answer::Done),
        refused.prop_map(|(fault, recoverable)| Answer::Refused { fault, recoverable }),
    ]
}

/// Generates any timer.
pub fn timer() -> impl Strategy<Value = Timer> + Clone {
    select(<Timer as strum::VariantArray>::VARIANTS)
}

/// Generates any input.
pub fn input() -> impl Strategy<Value = Input> + Clone {
    prop_oneof![2 => command().prop_map(Input::from), 1 => report().prop_map(Input::from), 1 => timer().prop_map(Input::from)].boxed()
}

/// Generates any context of revision 0; most of them are ordinary.
pub fn context() -> impl Strategy<Value = Context> + Clone {
    let seldom = || prop::bool::weighted(0.15);
    let children = prop_oneof![4 => Just(0u32), 1 => Just(1), 1 => Just(u32::MAX)];
    let owed = prop_oneof![4 => Just(0u32), 1 => Just(1)];
    let flags = (seldom(), seldom(), any::<bool>(), seldom(), seldom());
    (children, owed, flags)
        .prop_map(|(children, owed, (suspended, unready, draining, linked, warm_pool))| {
            Context::of(&Lifecycle::from(Columns::default()))
                .with_live_fork_children(children)
                .with_owed_departures(owed)
                .with_organization_suspended(suspended)
                .with_runner_unready(unready)
                .with_runner_draining(draining)
                .with_linked(linked)
                .with_warm_pool(warm_pool)
        })
        .boxed()
}
