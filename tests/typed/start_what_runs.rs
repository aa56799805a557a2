//! What runs is not started.

use sandbox_lifecycle::{
    Context, Policy,
    render::{Typed, at},
};

fn ask(running: Typed<at::Started>) {
    let _ = running.start(&Policy::default(), Context::default(), chrono::DateTime::UNIX_EPOCH);
}

fn main() {
    let _ = ask;
}
