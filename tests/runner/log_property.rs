//! The ledger agrees with the naive log on every sequence, also if it is stored and read between two messages.

use crate::{Runner, cases::cases, log::Log};
use proptest::{option, prelude::*, sample::select};
use sandbox_lifecycle::{
    rules::{Call, Task},
    runner::{CopyAnswer, End, Ledger},
    testing::{fault, size, task},
    vocabulary::CopyState,
};

/// A message to the runner, an end of its work, or a crash.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Call(Call),
    Ask(u32, CopyAnswer),
    Release(u32),
    Remove(u32),
    Finish(u32, End),
    /// The end of the work that is under way, so that most work ends.
    FinishTheWork(End),
    /// The call that is under way or finished comes again.
    RepeatTheCall,
    Crash,
}

fn end() -> impl Strategy<Value = End> {
    let failed = (fault(), any::<bool>());
    prop_oneof![
        3 => Just(End::Completed),
        1 => failed.clone().prop_map(|(fault, recoverable)| End::Failed { fault, recoverable }),
        1 => Just(End::Done),
        1 => failed.prop_map(|(fault, recoverable)| End::Refused { fault, recoverable }),
    ]
}

fn seen() -> impl Strategy<Value = CopyAnswer> {
    (select(CopyState::ALL), option::of(size())).prop_map(|(state, size)| CopyAnswer { state, size })
}

/// A few epochs in a row, so that many messages have the same one. Some sequences wrap around.
fn sequence() -> impl Strategy<Value = Vec<(Happens, CopyAnswer)>> {
    let first = prop_oneof![Just(0u32), Just(u32::MAX - 2), Just((1 << 31) - 3), any::<u32>()];
    first.prop_flat_map(|first| {
        let epoch = move || (0u32..8).prop_map(move |steps| first.wrapping_add(steps));
        let task = prop_oneof![select(&[Task::Start, Task::Restore, Task::Create][..]), task()];
        let happens = prop_oneof![
            6 => (task, epoch()).prop_map(|(task, epoch)| Happens::Call(Call { task, epoch })),
            4 => (epoch(), seen()).prop_map(|(epoch, seen)| Happens::Ask(epoch, seen)),
            2 => epoch().prop_map(Happens::Release),
            2 => epoch().prop_map(Happens::Remove),
            1 => (epoch(), end()).prop_map(|(epoch, end)| Happens::Finish(epoch, end)),
            4 => end().prop_map(Happens::FinishTheWork),
            4 => Just(Happens::RepeatTheCall),
            1 => Just(Happens::Crash),
        ];
        prop::collection::vec((happens, seen()), 1..24)
    })
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn the_ledger_agrees_with_a_log_of_everything_that_happened(sequence in sequence()) {
        let (mut runner, mut log) = (Runner::default(), Log::default());
        let (mut last_call, mut last_begun) = (None, None);
        for (happens, seen) in sequence {
            let happens = match happens {
                Happens::RepeatTheCall => last_call.map_or(Happens::Crash, Happens::Call),
                Happens::FinishTheWork(end) => {
                    last_begun.map_or(Happens::Crash, |call: Call| Happens::Finish(call.epoch, end))
                }
                other => other,
            };
            match happens {
                Happens::Call(call) => {
                    last_call = Some(call);
                    prop_assert_eq!(runner.call(call), log.call(call));
                }
                Happens::Ask(epoch, seen) => prop_assert_eq!(runner.ask(epoch, seen), log.ask(epoch, seen)),
                Happens::Release(epoch) => prop_assert_eq!(runner.release(epoch), log.release(epoch)),
                Happens::Remove(epoch) => prop_assert_eq!(runner.remove(epoch), log.remove(epoch)),
                Happens::Finish(epoch, end) => prop_assert_eq!(runner.finish(epoch, end), log.finish(epoch, end)),
                Happens::Crash | Happens::RepeatTheCall | Happens::FinishTheWork(_) => {
                    runner.restart();
                    log.crash();
                }
            }
            last_begun = log.under_way().or(last_begun);
            prop_assert_eq!(runner.stored.newest_epoch(), log.newest());
            prop_assert_eq!(runner.stored.call_under_way(), log.under_way());
            prop_assert_eq!(runner.stored.list(seen), log.list(seen));
            let text = serde_json::to_string(&runner.stored).expect("it is written");
            prop_assert_eq!(serde_json::from_str::<Ledger>(&text).expect("it is read"), runner.stored);
        }
    }
}
