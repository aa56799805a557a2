//! A sandbox in its backup holds nothing that could be stopped.

use sandbox_lifecycle::{
    Context, Policy,
    render::{Typed, at},
};

fn ask(resting: Typed<at::Archived>) {
    let _ = resting.stop(false, &Policy::default(), Context::default(), chrono::DateTime::UNIX_EPOCH);
}

fn main() {
    let _ = ask;
}
