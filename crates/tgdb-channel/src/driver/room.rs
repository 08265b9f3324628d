//! Taking requests in, and waiting for room where there is none.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Instant;

use parking_lot::MutexGuard;
use tgdb_pdu::Verb;

use super::callbacks::Callee;
use super::role::Waiter;
use super::{Callback, Shared, State};
use crate::proto::{Request, SubmitError};
use crate::{ChannelError, LinkState};

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
        mut request: Request<Waiter>,
        if_full: IfFull,
    ) -> Result<(MutexGuard<'a, State>, i64), ChannelError> {
        let deadline = request.deadline;
        let mut ticket = None;
        loop {
            let not_taken = match state.session.submit_in_turn(ticket, request) {
                Ok(id) => {
                    state.leave_room(ticket);
                    return Ok((state, id));
                }
                Err(not_taken) => *not_taken,
            };
            let now = Instant::now();
            if not_taken.why != SubmitError::Full || if_full == IfFull::Fail || now >= deadline {
                let error = self.submit_error(&mut state, not_taken.why, not_taken.request.verb, now);
                state.leave_room(ticket);
                self.release(state);
                return Err(error);
            }
            request = not_taken.request;
            ticket = Some(state.wait_for_room(ticket, &request, Waiter::Thread(thread::current())));
            state = self.flush(state);
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
        ticket: &mut Option<u64>,
        waker: &Waker,
    ) -> Poll<Result<i64, ChannelError>> {
        let Some(waiting) = request.take() else { return Poll::Ready(Err(ChannelError::Stopped)) };
        // Cloning a waker runs code of the program, which must not run under the lock.
        let waker = waker.clone();
        let deadline = waiting.deadline;
        let mut state = self.lock();
        let not_taken = match state.session.submit_in_turn(*ticket, waiting) {
            Ok(id) => {
                state.leave_room(ticket.take());
                let state = self.flush_soon(state, deadline);
                self.release(state);
                return Poll::Ready(Ok(id));
            }
            Err(not_taken) => not_taken,
        };
        let now = Instant::now();
        if not_taken.why == SubmitError::Full && now < deadline {
            let waiting = request.insert(not_taken.request);
            *ticket = Some(state.wait_for_room(*ticket, waiting, Waiter::Task(waker)));
            state.wake_io_by(deadline);
            let state = self.flush(state);
            self.release(state);
            return Poll::Pending;
        }
        let error = self.submit_error(&mut state, not_taken.why, not_taken.request.verb, now);
        state.leave_room(ticket.take());
        self.release(state);
        // Its tracker holds a span, whose end is code of the program: not under the lock.
        drop(not_taken);
        Poll::Ready(Err(error))
    }

    /// The error for a request that is not taken.
    pub(super) fn submit_error(&self, state: &mut State, why: SubmitError, verb: Verb, now: Instant) -> ChannelError {
        // If the queue is full because the server does not read, the time to give the connection up
        // may have come: then the error says so.
        state.handle_time(now);
        match why {
            SubmitError::NotStarted => ChannelError::NotStarted,
            SubmitError::SessionGone(session) => {
                ChannelError::SessionGone { verb, session, current: state.session.session_number() }
            }
            SubmitError::Full if state.session.state() == LinkState::Connected => {
                let config = state.session.config();
                ChannelError::Full {
                    operation: "request",
                    in_flight: state.session.in_flight(),
                    max_in_flight: config.max_in_flight,
                    waiting_bytes: state.session.outbox_bytes(),
                    max_waiting_bytes: config.max_outbox,
                }
            }
            SubmitError::Full | SubmitError::State(_) => state.not_connected("request"),
        }
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
            let (verb, deadline) = (request.verb, request.deadline);
            match self.submit(state, request, IfFull::Wait) {
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
        let state = self.flush(state);
        self.release(state);
        Ok(taken)
    }

    /// Takes a request in whose outcome goes to a callback.
    pub(crate) fn submit_callback(
        self: &Arc<Self>,
        mut request: Request<Waiter>,
        callback: Callback,
    ) -> Result<i64, ChannelError> {
        let deadline = request.deadline;
        let mut state = self.lock();
        match self.callback_queue(&mut state) {
            Ok(queue) => request.waiter = Some(Waiter::Callback(Callee::new(callback, self.clone(), queue))),
            Err(error) => {
                self.release(state);
                return Err(error);
            }
        }
        let (mut state, id) = self.submit(state, request, IfFull::Wait)?;
        state.count_async();
        let state = self.flush_soon(state, deadline);
        self.release(state);
        Ok(id)
    }

    /// Sends a request that was just taken in at once if the link is idle or much waits;
    /// else puts it off for a moment, to be sent with others.
    pub(crate) fn flush_soon<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        deadline: Instant,
    ) -> MutexGuard<'a, State> {
        state.wake_io_by(deadline);
        if state.count_submitted() || state.session.outbox_bytes() >= BATCH {
            state = self.flush(state);
        }
        state
    }
}
