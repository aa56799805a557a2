//! What the table knows a way for.

use sandbox_lifecycle::{
    Context, Policy, Refusal, Step,
    render::{Typed, at},
};

type Decided = Result<Step, Refusal>;

fn ask(running: Typed<at::Started>, resting: Typed<at::Archived>, starting: Typed<at::Starting>) -> [Decided; 3] {
    let (policy, context, now) = (Policy::default(), Context::default(), chrono::DateTime::UNIX_EPOCH);
    [
        running.stop(false, &policy, context, now),
        resting.start(&policy, context, now),
        starting.force_destroy(&policy, context, now),
    ]
}

fn main() {
    let _ = ask;
}
