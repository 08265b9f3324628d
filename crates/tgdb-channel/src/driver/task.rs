//! Tasks that wait for a reply.

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::role::Waiter;
use super::{Shared, State};
use crate::proto::Ended;

/// Up to so many requests in flight, a task that waits sends its own; with more it leaves
/// that to the I/O thread, which sends those of many tasks at once.
const FEW: usize = 64;

impl Shared {
    /// The outcome of a request if it is there; else wakes the task when it is.
    pub(crate) fn poll_outcome(self: &Arc<Self>, id: i64, waker: &Waker) -> Poll<Ended> {
        let mut unused = None;
        let mut state = self.lock();
        let result = match state.session.take(id) {
            Some(ended) => Poll::Ready(ended),
            None if state.is_awaited_by(id, waker) => Poll::Pending,
            None => {
                drop(state);
                // Cloning a waker runs code of the program, and so does dropping it: not under the lock.
                let waiter = unused.insert(Waiter::Task(waker.clone()));
                state = self.lock();
                match state.session.take(id) {
                    Some(ended) => Poll::Ready(ended),
                    None => {
                        state.set_waiter(id, std::mem::replace(waiter, Waiter::Nobody));
                        Poll::Pending
                    }
                }
            }
        };
        if result.is_pending() && state.session.in_flight() <= FEW {
            state = self.flush(state);
        }
        self.release(state);
        result
    }
}

impl State {
    fn is_awaited_by(&self, id: i64, waker: &Waker) -> bool {
        matches!(self.session.waiter(id), Some(Waiter::Task(set)) if set.will_wake(waker))
    }
}
