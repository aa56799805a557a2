//! A story before it is played: its first row, and its moves. Any part of it is a story too, so that it can be shrunk.

use super::{
    moves::{Ending, Move, Sight},
    world::World,
};
use crate::{
    decide::{NewSandbox, Origin},
    lifecycle::Lifecycle,
    policy::Policy,
    rules::Verb,
    testing::{
        kit::cases::{Plan, smaller_rows, value_of},
        strategies::{self, with_verb},
    },
    vocabulary::{AutoDelete, Micros, SandboxClass},
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};
use proptest::{
    option,
    prelude::*,
    sample::select,
    strategy::{BoxedStrategy, Union},
    test_runner::TestRunner,
};

/// A story before it is played.
#[derive(Debug, Clone)]
pub(super) struct Tale {
    pub(super) begins: Lifecycle,
    pub(super) at: DateTime<Utc>,
    /// Whether reports name the epoch of their call.
    pub(super) epochs: bool,
    pub(super) moves: Vec<Move>,
}

impl Tale {
    /// Returns a random story of at most so many moves. Each is chosen by what the crate's sandbox needs then.
    pub(super) fn random(
        plan: &Plan,
        policy: &Policy,
        (begins, epochs): (&BoxedStrategy<Beginning>, bool),
        moves: usize,
        runner: &mut TestRunner,
    ) -> Option<Self> {
        let (begins, at) = value_of(begins, runner)?;
        let epochs = epochs && value_of(&prop::bool::weighted(0.8), runner)?;
        let mut tale = Self { begins, at, epochs, moves: Vec::new() };
        let mut world = World::new(tale.begins, tale.at, epochs, policy);
        while tale.moves.len() < moves && !world.is_over() {
            let next = value_of(&next_move(plan, &world), runner)?;
            world.imagine(next);
            tale.moves.push(next);
        }
        Some(tale)
    }

    /// Returns shorter and plainer stories, the shortest first.
    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut size = self.moves.len().div_ceil(2);
        while size > 0 {
            let starts = (0..self.moves.len()).step_by(size);
            found.extend(starts.map(|start| {
                let left_out = start..start.saturating_add(size);
                let kept = self.moves.iter().enumerate().filter(|(index, _)| !left_out.contains(index));
                Self { moves: kept.map(|(_, kept)| *kept).collect(), ..self.clone() }
            }));
            size = size.div_euclid(2);
        }
        let rows = smaller_rows(&self.begins, self.at);
        found.extend(rows.into_iter().map(|(begins, at)| Self { begins, at, ..self.clone() }));
        for (index, was) in self.moves.iter().enumerate() {
            found.extend(was.plainer().into_iter().map(|plain| {
                let moves = self.moves.iter().enumerate();
                let moves = moves.map(|(other, kept)| if other == index { plain } else { *kept });
                Self { moves: moves.collect(), ..self.clone() }
            }));
        }
        found
    }
}

/// 2025-10-09T08:53:20Z.
const BEGINNING: i64 = 1_760_000_000_000_000;

/// The first row of a story, and its time.
pub(super) type Beginning = (Lifecycle, DateTime<Utc>);

/// Returns how stories begin: with a new sandbox, or in the middle, with the row of a cell.
pub(super) fn beginnings(plan: &Plan, policy: &Policy) -> BoxedStrategy<Beginning> {
    let at = DateTime::from(Micros::from_micros(BEGINNING));
    let new = new_sandbox(policy, at).prop_map(move |row| (row, at)).boxed();
    let middles: Vec<_> = plan.inputs.cells(policy).iter().map(|cell| (cell.case.row, cell.case.now)).collect();
    if middles.is_empty() { new } else { prop_oneof![1 => new, 1 => select(middles)].boxed() }
}

/// Returns a new sandbox.
fn new_sandbox(policy: &Policy, at: DateTime<Utc>) -> BoxedStrategy<Lifecycle> {
    let classes = [SandboxClass::Container, SandboxClass::LinuxVm];
    let origins = [Origin::OnRunner, Origin::ToBuild, Origin::ToPull];
    let deletes = [None, Some(AutoDelete::AtOnce), Some(AutoDelete::from_any(60))];
    let kinds =
        (select(classes.to_vec()), select(origins.to_vec()), select(deletes.to_vec()), prop::bool::weighted(0.3));
    let limits = (strategies::queue_timeout(), option::weighted(0.2, strategies::ttl()));
    let policy = policy.clone();
    (kinds, limits)
        .prop_map(move |((class, origin, auto_delete, gpu), (queue_timeout, ttl))| {
            let plain = NewSandbox { class, origin, auto_delete, queue_timeout, ..NewSandbox::default() };
            let plain = NewSandbox { ttl: ttl.unwrap_or(plain.ttl), ..plain };
            let with_gpu = NewSandbox { gpu: u8::from(gpu), ..plain };
            let created = [with_gpu, plain, NewSandbox::default()];
            let mut rows = created.iter().filter_map(|new| Lifecycle::create(new, &policy, at).ok());
            rows.next().unwrap_or_else(|| Lifecycle::from(crate::lifecycle::Columns::default()))
        })
        .boxed()
}

/// Returns the strategy of the next move: mostly what the sandbox needs to go on.
fn next_move(plan: &Plan, world: &World) -> BoxedStrategy<Move> {
    let which = any::<u8>;
    let endings = prop_oneof![
        6 => Just(Ending::Completes),
        1 => Just(Ending::Accepts),
        2 => any::<bool>().prop_map(|recoverable| Ending::Fails { recoverable }),
        1 => Just(Ending::Refuses),
    ];
    let mut moves: Vec<(u32, BoxedStrategy<Move>)> = Vec::new();
    let commands = [(if world.row.is_settled() { 8 } else { 1 }, world.accepted(plan)), (2, plan.inputs.verbs.clone())];
    for (weight, verbs) in commands.into_iter().filter(|(_, verbs)| !verbs.is_empty()) {
        moves.push((weight, usual(verbs).prop_flat_map(with_verb).prop_map(Move::Command).boxed()));
    }
    if plan.inputs.reports {
        if !world.calls.is_empty() {
            moves.push((10, (which(), endings).prop_map(|(call, end)| Move::Work { call, end }).boxed()));
        }
        if !world.reports.is_empty() {
            let again = any::<bool>();
            moves.push((10, (which(), again).prop_map(|(report, again)| Move::Hear { report, again }).boxed()));
            moves.push((1, which().prop_map(Move::Lose).boxed()));
        }
        moves.push((1, Just(Move::Unasked).boxed()));
    }
    if !plan.inputs.timers.is_empty() {
        let micros = select([-1i8, 0, 1].to_vec()).prop_map(Move::Deadline);
        moves.push((2, micros.boxed()));
        moves.push((3, Just(Move::Clock).boxed()));
        moves.push((1, select(plan.inputs.timers.clone()).prop_map(Move::Timer).boxed()));
    }
    moves.push((1, select([1u32, 5, 61, 1_441].to_vec()).prop_map(Move::Wait).boxed()));
    moves.push((if world.row.needs_reconcile() { 10 } else { 1 }, Sight::any().prop_map(Move::Pass).boxed()));
    Union::new_weighted(moves).boxed()
}

/// Returns the strategy of a verb among these: seldom one that ends the story or only changes a setting.
fn usual(verbs: Vec<Verb>) -> impl Strategy<Value = Verb> {
    let weighted = verbs.into_iter().map(|verb| {
        let ends = [Verb::Destroy, Verb::ForceDestroy].contains(&verb);
        (if verb.moves() && !ends { 6 } else { 1 }, Just(verb))
    });
    Union::new_weighted(weighted.collect())
}
