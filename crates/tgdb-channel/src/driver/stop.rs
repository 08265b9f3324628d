//! Connecting and stopping, as the program sees them.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use super::Shared;
use crate::{ChannelError, LinkState, StopMethod};

/// How much longer than the session's own deadlines a stop waits.
const SLACK: Duration = Duration::from_millis(100);
/// How long a forceful stop waits for the session, and for callbacks that run.
const FORCEFUL: Duration = Duration::from_millis(100);

impl Shared {
    /// Begins to connect.
    pub(crate) fn begin_connect(self: &Arc<Self>) -> Result<(), ChannelError> {
        self.with(|state| {
            self.start_io(state)?;
            state.session.connect(Instant::now())
        })
    }

    /// Waits until connecting has ended.
    pub(crate) fn wait_connected(self: &Arc<Self>) -> Result<(), ChannelError> {
        loop {
            let far = Instant::now() + Duration::from_secs(3600);
            let mut state = self.wait_while(far, |state| !state.session.has_connect_outcome() && state.session.is_active());
            if let Some(outcome) = state.session.connect_outcome() {
                return outcome;
            }
            if !state.session.is_active() {
                return Err(ChannelError::Stopped);
            }
        }
    }

    /// As [`Shared::wait_connected`] for a task, with the ticket of the last time.
    pub(crate) fn poll_connected(&self, ticket: &mut Option<u64>, waker: &Waker) -> Poll<Result<(), ChannelError>> {
        let mut state = self.lock();
        if let Some(outcome) = state.session.connect_outcome() {
            return Poll::Ready(outcome);
        }
        if !state.session.is_active() {
            return Poll::Ready(Err(ChannelError::Stopped));
        }
        state.watch(ticket, waker);
        Poll::Pending
    }

    /// Waits until the link is not being made again.
    pub(crate) fn poll_reconnected(&self, ticket: &mut Option<u64>, waker: &Waker) -> Poll<LinkState> {
        let mut state = self.lock();
        match state.session.state() {
            LinkState::Reconnecting => {
                state.watch(ticket, waker);
                Poll::Pending
            }
            other => Poll::Ready(other),
        }
    }

    /// Closes the session and waits until that is done.
    pub(crate) fn stop(self: &Arc<Self>, method: StopMethod) {
        let begun = Instant::now();
        let limit = match method {
            StopMethod::Graceful => self.config.operation_timeout + Duration::from_secs(1),
            StopMethod::ClientForceful | StopMethod::RemoteKill => FORCEFUL,
        };
        let waits = self.with(|state| {
            state.session.close(begun, method);
            !Self::is_io_thread(state)
        });
        if waits {
            let is_active = self.wait_while(begun + limit + SLACK, |state| state.session.is_active()).session.is_active();
            if is_active {
                // The thread that does this is held up, by the code of a task that it woke, say.
                self.with(|state| state.session.close(Instant::now(), StopMethod::RemoteKill));
            }
            self.stop_callbacks((begun + limit).max(Instant::now() + FORCEFUL / 2));
        }
    }
}
