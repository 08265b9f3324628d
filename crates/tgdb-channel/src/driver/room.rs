//! Taking requests in, and waiting for room where there is none.

use std::sync::{Arc, MutexGuard};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Instant;

use tgdb_pdu::Verb;

use super::state::Waiter;
use super::{Shared, State};
use crate::{ChannelError, LinkState};
use crate::proto::{Refusal, Refused, Request};

/// How many bytes may wait for others to be sent with.
const BATCH: usize = 32 * 1024;

/// What to do if there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfFull {
    Fail,
    Wait,
}

impl Shared {
    /// Takes a request in. If there is no room, waits for it until the deadline.
    pub(crate) fn submit<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        now: Instant,
        mut request: Request<Waiter>,
        if_full: IfFull,
    ) -> Result<(MutexGuard<'a, State>, i64), ChannelError> {
        let deadline = now + request.timeout;
        let mut ticket = None;
        loop {
            let refused = match state.session.submit(now, request) {
                Ok(id) => {
                    leave(&mut state, ticket);
                    return Ok((state, id));
                }
                Err(refused) => *refused,
            };
            let Refused { why, request: unchanged } = refused;
            let now = Instant::now();
            if why != Refusal::Full || if_full == IfFull::Fail || now >= deadline {
                state.session.handle_timeout(now);
                leave(&mut state, ticket);
                let link = state.session.state();
                // The connection may just have been given up, because the server does not read.
                let why = if link == LinkState::Connected { why } else { Refusal::State(link) };
                self.release(state);
                return Err(self.refusal(why, "request"));
            }
            request = unchanged;
            ticket = Some(state.session.wait_for_room(ticket, deadline, Waiter::Thread(thread::current())));
            state = self.flush(state, Instant::now());
            state.wake_io_by(deadline);
            self.release(state);
            thread::park_timeout(deadline - now);
            state = self.lock();
        }
    }

    /// As [`Shared::submit`] for a task, with the ticket of the last time.
    pub(crate) fn poll_submit(
        self: &Arc<Self>,
        request: &mut Option<Request<Waiter>>,
        deadline: Instant,
        ticket: &mut Option<u64>,
        waker: &Waker,
    ) -> Poll<Result<i64, ChannelError>> {
        let Some(waiting) = request.take() else { return Poll::Ready(Err(ChannelError::Stopped)) };
        let mut state = self.lock();
        let now = Instant::now();
        let result = state.session.submit(now, waiting);
        match result {
            Ok(id) => {
                leave(&mut state, ticket.take());
                let state = self.flush_soon(state, now, deadline);
                self.release(state);
                Poll::Ready(Ok(id))
            }
            Err(refused) if refused.why == Refusal::Full && now < deadline => {
                *request = Some(refused.request);
                *ticket = Some(state.session.wait_for_room(*ticket, deadline, Waiter::Task(waker.clone())));
                state.wake_io_by(deadline);
                let state = self.flush(state, Instant::now());
                self.release(state);
                Poll::Pending
            }
            Err(refused) => {
                leave(&mut state, ticket.take());
                self.release(state);
                Poll::Ready(Err(self.refusal(refused.why, "request")))
            }
        }
    }

    /// Sends a request that was just taken in at once if the link is idle or much waits;
    /// else puts it off for a moment, to be sent with others.
    pub(crate) fn flush_soon<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        now: Instant,
        deadline: Instant,
    ) -> MutexGuard<'a, State> {
        state.wake_io_by(deadline);
        if state.is_to_be_sent_at_once() || state.session.outbox_bytes() >= BATCH {
            state = self.flush(state, now);
        }
        state
    }

    /// Takes several requests in and sends them in one write, as far as they fit. On failure
    /// gives up those that were taken in.
    pub(crate) fn submit_all(
        self: &Arc<Self>,
        requests: Vec<Request<Waiter>>,
    ) -> Result<Vec<(i64, Verb, Instant)>, ChannelError> {
        let mut taken = Vec::with_capacity(requests.len());
        let mut state = self.lock();
        for request in requests {
            let now = Instant::now();
            let (verb, deadline) = (request.verb, now + request.timeout);
            match self.submit(state, now, request, IfFull::Wait) {
                Ok((locked, id)) => {
                    state = locked;
                    state.wake_io_by(deadline);
                    taken.push((id, verb, deadline));
                }
                Err(error) => {
                    self.with(|state| taken.iter().for_each(|(id, ..)| state.cancel(*id)));
                    return Err(error);
                }
            }
        }
        let state = self.flush(state, Instant::now());
        self.release(state);
        Ok(taken)
    }

    /// Takes a request in whose outcome goes to a callback.
    pub(crate) fn submit_callback(self: &Arc<Self>, request: Request<Waiter>) -> Result<i64, ChannelError> {
        let now = Instant::now();
        let deadline = now + request.timeout;
        let mut state = self.lock();
        if let Err(error) = self.start_callbacks(&mut state) {
            self.release(state);
            return Err(error);
        }
        let (mut state, id) = self.submit(state, now, request, IfFull::Wait)?;
        state.count_callback();
        let state = self.flush_soon(state, now, deadline);
        self.release(state);
        Ok(id)
    }

    /// The error for a request that was not taken.
    pub(crate) fn refusal(&self, why: Refusal, operation: &'static str) -> ChannelError {
        match why {
            Refusal::NotStarted => ChannelError::NotStarted,
            Refusal::Full => {
                let state = self.lock();
                let config = state.session.config();
                ChannelError::Full {
                    operation,
                    in_flight: state.session.in_flight(),
                    max_in_flight: config.max_in_flight,
                    waiting_bytes: state.session.outbox_bytes(),
                    max_waiting_bytes: config.max_outbox,
                }
            }
            Refusal::State(_) => self.not_connected(operation),
        }
    }
}

/// Gives the place in the queue up, so that the next one gets its turn.
fn leave(state: &mut State, ticket: Option<u64>) {
    if let Some(ticket) = ticket {
        state.session.leave_room(ticket);
    }
}
