//! What random cases reach.
use crate::*;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sandbox_lifecycle::testing::{Case, CellName, any_case, case};
use std::collections::BTreeMap;

fn sampled(strategy: impl Strategy<Value = Case>, count: usize) -> Vec<Case> {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a case").current()).collect()
}

#[test]
fn counts() {
    let policy = Policy::default();
    let start = std::time::Instant::now();
    let cases = sampled(case(), 20_000);
    eprintln!("{:?}", start.elapsed());
    let mut found = BTreeMap::<CellName, usize>::new();
    for case in &cases {
        *found.entry(cell_of(case, &policy)).or_default() += 1;
    }
    eprintln!("{:?} {} kinds", start.elapsed(), found.len());
    let missing: Vec<_> =
        cells(&policy).into_iter().filter(|cell| !found.contains_key(&cell.name)).map(|c| c.name).collect();
    eprintln!("missing {} {missing:?}", missing.len());
    let known: BTreeSet<_> = cells(&policy).into_iter().map(|c| c.name).collect();
    let new: Vec<_> = found.iter().filter(|(name, _)| !known.contains(name)).collect();
    eprintln!("unknown {} {:#?}", new.len(), new);
    for (name, count) in &found {
        let t = name.to_string();
        if t.contains("after") || t.contains("pause") {
            eprintln!("{count} {t}");
        }
    }
    let any = sampled(any_case(), 20_000);
    let kinds: BTreeSet<_> = any.iter().map(|case| cell_of(case, &policy)).collect();
    eprintln!("any: {} kinds, {} known", kinds.len(), kinds.intersection(&known).count());
}
