//! Catches the panics of a system, with their message and place, so that a case can be shrunk and shown.

use alloc::{
    boxed::Box,
    string::{String, ToString},
};
use core::{any::Any, cell::RefCell, fmt};
use std::{
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook},
    sync::Once,
};

/// A panic of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    /// The message of the panic.
    pub message: String,
    /// The file and line of the panic.
    pub place: String,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.message.lines().next().unwrap_or_default();
        write!(f, "{first:?} at {}", self.place)
    }
}

std::thread_local! {
    /// The place of the last panic on this thread. It is `None` while no system is called.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

static QUIET: Once = Once::new();

/// Replaces the panic hook once. The new hook remembers the place of a panic of a system that is called on the same thread,
/// instead of printing it: a shrunk case panics many times. It leaves every other panic to the old hook.
fn be_quiet() {
    QUIET.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            let caught = PLACE.with(|place| match place.try_borrow_mut() {
                Ok(mut place) => {
                    let is_watched = place.is_some();
                    if is_watched {
                        *place = Some(info.location().map(ToString::to_string).unwrap_or_default());
                    }
                    is_watched
                }
                Err(_) => false,
            });
            if !caught {
                before(info);
            }
        }));
    });
}

/// Does the work of a system.
///
/// # Errors
/// [`Panic`], if the system panics.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    be_quiet();
    PLACE.with(|place| place.replace(Some(String::new())));
    let done = catch_unwind(AssertUnwindSafe(work));
    let place = PLACE.with(RefCell::take).unwrap_or_default();
    done.map_err(|payload| Panic { message: message(&*payload), place })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| String::from("a value that is no text"))
}
