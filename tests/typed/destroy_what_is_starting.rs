//! What is on its way is destroyed with force or not at all.

use sandbox_lifecycle::{
    Context, Policy,
    render::{Typed, at},
};

fn ask(starting: Typed<at::Starting>) {
    let _ = starting.destroy(&Policy::default(), Context::default(), chrono::DateTime::UNIX_EPOCH);
}

fn main() {
    let _ = ask;
}
