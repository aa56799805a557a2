//! Stops a sandbox without std: the program has an empty heap and its own panic handler.
//!
//! The exit status is 0 if the decision is right. If the crate or a dependency linked std, the program would have two panic
//! handlers and would not build.
#![no_std]
#![no_main]

use core::{
    alloc::{GlobalAlloc, Layout},
    panic::PanicInfo,
};
use sandbox_lifecycle::{Columns, Command, Context, DesiredState, Lifecycle, Policy, SandboxState};

/// A heap without memory, because a decision allocates nothing.
struct NoHeap;

// Safety: an allocator may always answer that it has no memory.
unsafe impl GlobalAlloc for NoHeap {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static HEAP: NoHeap = NoHeap;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
pub extern "C" fn main() -> i32 {
    let row = Lifecycle::from(Columns::default());
    let now = sandbox_lifecycle::chrono::DateTime::UNIX_EPOCH;
    let stop = Command::Stop { force: false };
    let stopped = row.decide(stop, &Policy::default(), Context::of(&row), now).is_ok_and(|step| {
        step.desired_state() == DesiredState::Stopped
            && step.apply(row).is_ok_and(|after| after.reported_state() == SandboxState::Stopping)
    });
    i32::from(!stopped)
}

// The C library of every Linux host starts and ends the program.
#[link(name = "c")]
unsafe extern "C" {}
