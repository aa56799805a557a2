//! The context: every field that is set is read back, and a cleared field is as if it was never set.

use super::NOW;
use sandbox_lifecycle::Context;

fn everything_set() -> Context {
    Context::of(&Columns::default().into())
        .with_live_fork_children(2)
        .with_organization_suspended(true)
        .with_last_recovery(NOW)
        .with_linked(true)
        .with_runner_unready(true)
        .with_runner_draining(true)
        .with_warm_pool(true)
}

#[test]
fn every_field_is_read_back() {
    let context = everything_set();
    assert_eq!((context.live_fork_children(), context.last_recovery()), (2, Some(NOW)));
    assert!(context.organization_suspended() && context.linked() && context.warm_pool());
    assert!(context.runner_unready() && context.runner_draining());
}

#[test]
fn every_field_is_taken_back_without_the_others() {
    let taken_back = everything_set()
        .with_warm_pool(false)
        .with_live_fork_children(0)
        .with_runner_draining(false)
        .with_organization_suspended(false)
        .with_runner_unready(false)
        .with_linked(false)
        .with_last_recovery(None);
    assert_eq!(taken_back, Context::of(&Columns::default().into()));
}

#[test]
fn a_stored_context_is_read_back_equal() {
    for context in [Context::of(&Columns::default().into()), everything_set()] {
        let json = serde_json::to_string(&context).expect("it is written");
        assert_eq!(serde_json::from_str::<Context>(&json).expect(&json), context);
    }
    assert_eq!(
        serde_json::from_str::<Context>("{}").expect("every field has a default"),
        Context::of(&Columns::default().into())
    );
}
