//! Code of the program that our threads run: loggers, wakers, callbacks, resolvers, and the drop
//! of what they leave behind.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// This thread is inside a logger or subscriber.
    static EMITTING: Cell<bool> = const { Cell::new(false) };
}

/// Runs code of the program. A panic in it ends here, and the result is `None`.
pub fn contain<T>(run: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) => {
            forget(payload);
            None
        }
    }
}

/// What code of the program panicked with can panic again when it is dropped.
fn forget(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}

/// Runs what gives events to loggers and subscribers, which may do what they like: also use the
/// channel, and panic. Inside another call it does nothing, so that a logger that causes events does
/// not go on without end. Hold no lock. `None` if it did nothing, or panicked.
pub fn emit<T>(run: impl FnOnce() -> T) -> Option<T> {
    if EMITTING.replace(true) {
        return None;
    }
    let result = contain(run);
    EMITTING.set(false);
    result
}

/// Whether this thread is inside a logger or subscriber.
pub fn is_emitting() -> bool {
    EMITTING.get()
}
