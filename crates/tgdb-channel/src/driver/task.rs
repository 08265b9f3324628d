//! Tasks that wait for a reply.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use super::Shared;
use super::state::Waiter;
use crate::proto::Ended;

/// Up to so many requests in flight, a task that waits sends its own; with more it leaves
/// that to the I/O thread, which sends those of many tasks at once.
const FEW: usize = 64;

impl Shared {
    /// The outcome of a request if it is there; else wakes the task when it is.
    pub(crate) fn poll_outcome(self: &Arc<Self>, id: i64, waker: &Waker) -> Poll<Ended> {
        let mut state = self.lock();
        if let Some(ended) = state.session.take(id) {
            self.release(state);
            return Poll::Ready(ended);
        }
        let is_set = matches!(state.session.waiter(id), Some(Waiter::Task(set)) if set.will_wake(waker));
        if !is_set {
            state.set_waiter(id, Waiter::Task(waker.clone()));
        }
        if state.session.in_flight() <= FEW {
            state = self.flush(state, Instant::now());
        }
        self.release(state);
        Poll::Pending
    }
}
