//! Connecting and stopping, as the program sees them.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use tgdb_transport::foreign::is_emitting;

use super::{Shared, State};
use crate::proto::{LINGER_FORCEFUL, LINGER_GRACEFUL};
use crate::{ChannelError, LinkState, StopMethod};

/// How much longer than the session's own deadlines a stop waits.
const SLACK: Duration = Duration::from_millis(100);

impl Shared {
    /// Begins to connect. Returns the number of this connect.
    pub(crate) fn begin_connect(self: &Arc<Self>) -> Result<u64, ChannelError> {
        self.with(|state| {
            self.start_io(state)?;
            self.start_trace(state)?;
            state.session.connect(Instant::now())
        })
    }

    /// Waits until that connect has ended.
    pub(crate) fn wait_connected(&self, number: u64) -> Result<(), ChannelError> {
        loop {
            let mut outcome = None;
            let far = Instant::now() + Duration::from_secs(3600);
            drop(self.wait_while(far, |state| {
                outcome = state.take_connect_outcome(number);
                outcome.is_none()
            }));
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
    }

    /// As [`Shared::wait_connected`] for a task, with the ticket of the last time.
    pub(crate) fn poll_connected(
        self: &Arc<Self>,
        number: u64,
        ticket: &mut Option<u64>,
        waker: &Waker,
    ) -> Poll<Result<(), ChannelError>> {
        // Cloning a waker runs code of the program, and so does dropping it: not under the lock.
        let mut waker = Some(waker.clone());
        self.with(|state| match state.take_connect_outcome(number) {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.watch(ticket, &mut waker);
                Poll::Pending
            }
        })
    }

    /// Nobody waits for that connect any more: undoes it.
    pub(crate) fn abandon_connect(self: &Arc<Self>, number: u64, ticket: Option<u64>) {
        self.with(|state| {
            state.unwatch(ticket);
            if state.session.last_connect() == number {
                state.session.close(Instant::now(), StopMethod::ClientForceful);
            }
        });
    }

    /// Waits until the link is not being made again.
    pub(crate) fn poll_reconnected(self: &Arc<Self>, ticket: &mut Option<u64>, waker: &Waker) -> Poll<LinkState> {
        let mut waker = Some(waker.clone());
        self.with(|state| match state.session.state() {
            LinkState::Reconnecting => {
                state.watch(ticket, &mut waker);
                Poll::Pending
            }
            other => Poll::Ready(other),
        })
    }

    /// Closes the session and waits until that is done.
    pub(crate) fn stop(self: &Arc<Self>, method: StopMethod) {
        let begun = Instant::now();
        let limit = match method {
            StopMethod::Graceful => self.config.operation_timeout + LINGER_GRACEFUL,
            StopMethod::ClientForceful | StopMethod::RemoteKill => LINGER_FORCEFUL,
        };
        let (number, waits) = self.with(|state| {
            state.session.close(begun, method);
            (state.session.last_connect(), !Self::is_io_thread(state))
        });
        if !waits {
            return;
        }
        let is_open = |state: &State| state.session.is_active() && state.session.last_connect() == number;
        if is_open(&self.wait_while(begun + limit + SLACK, |state| is_open(state))) {
            // The thread that ends the session is blocked, for example in a waker of the program.
            self.with(|state| {
                if is_open(state) {
                    state.session.close(Instant::now(), StopMethod::RemoteKill);
                }
            });
        }
        let deadline = (begun + limit).max(Instant::now() + LINGER_FORCEFUL / 2);
        self.flush_trace(deadline);
        self.wait_for_callbacks(deadline);
        self.wait_for_notes(deadline);
    }
}

impl Shared {
    /// Waits until subscribers and loggers have heard what happened before: a program that ends now
    /// would lose it.
    fn wait_for_notes(&self, deadline: Instant) {
        if !is_emitting() {
            drop(self.wait_while(deadline, |state| state.unsaid > 0));
        }
    }
}

impl State {
    /// Takes how that connect ended, if it has.
    fn take_connect_outcome(&mut self, number: u64) -> Option<Result<(), ChannelError>> {
        let stopped = (!self.session.is_active()).then_some(Err(ChannelError::Stopped));
        self.session.take_connect_outcome(number).or(stopped)
    }
}
