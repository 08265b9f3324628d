//! The schema of the session, which all calls share.
//!
//! The first call that needs it asks the server; calls that come in the meantime wait for the same
//! request. The request belongs to no call: its outcome is kept here until one of those that wait
//! takes and decodes it. So the thread that reads decodes nothing for others, and a task that is not
//! polled does not delay the others.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use parking_lot::MutexGuard;
use tgdb_pdu::call::{GetMetadata, Request as _};
use tgdb_pdu::graph::Schema;

use super::observe::{RequestSpan, may_debug};
use super::role::Waiter;
use super::room::IfFull;
use super::{Received, Shared, State};
use crate::ChannelError;
use crate::proto::{Ended, Request, SessionNumber};

/// What is known of the schema.
#[derive(Default)]
pub(crate) struct Schemas {
    cached: Option<Cached>,
    flight: Flight,
    /// Requests for the schema so far.
    started: u64,
    /// Those up to here may lack types that were added since.
    outdated: u64,
    /// Which request failed last, and why.
    failed: Option<(u64, ChannelError)>,
    /// When the first of the tasks that wait has no time left.
    due: Option<Instant>,
}

struct Cached {
    session: SessionNumber,
    number: u64,
    schema: Arc<Schema>,
}

/// The request that all share.
#[derive(Default)]
enum Flight {
    #[default]
    None,
    Sent {
        number: u64,
        id: i64,
    },
    Arrived {
        number: u64,
        id: i64,
        ended: Ended,
    },
    /// A caller decodes it, and does not wait for anything.
    Decoding {
        number: u64,
    },
}

/// Which schema will do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// The session, or a later one; `None` for the current one.
    pub(crate) session: Option<SessionNumber>,
    /// A request after this one.
    pub(crate) after: u64,
}

/// How a call that needs the schema goes on.
pub(crate) enum Step {
    /// It is there.
    Ready(Arc<Schema>),
    /// Wait until that request for it is over, and look again.
    Wait(u64),
    /// Ask with a request of its own, which can wait for room: there is none for a shared request.
    Ask,
}

impl Schemas {
    /// The outcome of the shared request is there.
    pub(super) fn handle_ended(&mut self, ended_id: i64, ended: Ended) {
        if let Flight::Sent { number, id } = self.flight
            && id == ended_id
        {
            self.flight = Flight::Arrived { number, id, ended };
        }
    }

    fn find(&self, current: Option<SessionNumber>, wanted: Wanted) -> Option<Arc<Schema>> {
        let cached = self.cached.as_ref()?;
        let is_its_session = match wanted.session {
            Some(session) => cached.session >= session,
            None => Some(cached.session) == current,
        };
        let is_new_enough = cached.number > wanted.after.max(self.outdated);
        (is_its_session && is_new_enough).then(|| cached.schema.clone())
    }

    /// Keeps a schema, unless a later one is there. Returns what is not needed any more.
    fn keep(&mut self, cached: Cached) -> Option<Cached> {
        match &self.cached {
            Some(kept) if (kept.session, kept.number) > (cached.session, cached.number) => Some(cached),
            _ => self.cached.replace(cached),
        }
    }

    /// Counts a request.
    fn start(&mut self) -> u64 {
        self.started += 1;
        self.started
    }

    fn is_under_way(&self, wanted: u64) -> bool {
        match self.flight {
            Flight::Sent { number, .. } | Flight::Decoding { number } => number == wanted,
            Flight::None | Flight::Arrived { .. } => false,
        }
    }

    fn failure_of(&self, wanted: u64) -> Option<ChannelError> {
        self.failed.as_ref().filter(|(number, _)| *number == wanted).map(|(_, error)| error.clone())
    }
}

impl State {
    /// When a task that waits for the schema is to be woken at the latest.
    pub(super) fn schema_due(&self) -> Option<Instant> {
        self.schemas.due
    }

    /// Wakes those who wait for the schema if one of them has no time left.
    pub(super) fn handle_schema_time(&mut self, now: Instant) {
        if self.schemas.due.take_if(|due| *due <= now).is_some() {
            self.schemas_changed = true;
        }
    }
}

impl Shared {
    /// The last request for the schema: a schema of one after it has all types known by now.
    pub(crate) fn last_schema_request(&self) -> u64 {
        self.lock().schemas.started
    }

    /// Types were added: the next call asks for the schema again.
    pub(crate) fn expire_schema(&self) {
        let mut state = self.lock();
        state.schemas.outdated = state.schemas.started;
    }

    /// The schema if it is there.
    pub(crate) fn known_schema(&self, wanted: Wanted) -> Option<Arc<Schema>> {
        let state = self.lock();
        state.schemas.find(state.session.session_number(), wanted)
    }

    /// The schema, or how to go on. `waited_for` is the request that was waited for before, and
    /// `request` what to ask with if nobody does. Does not wait.
    pub(crate) fn schema_step(
        self: &Arc<Self>,
        wanted: Wanted,
        waited_for: Option<u64>,
        mut request: Request<Waiter>,
    ) -> Result<Step, ChannelError> {
        let mut state = self.lock();
        if matches!(state.schemas.flight, Flight::None) && may_debug() {
            // No request is under way, so this call probably sends one.
            drop(state);
            request.tracker = RequestSpan::begin(request.verb, request.payload.len());
            state = self.lock();
        }
        if let Flight::Arrived { number, .. } = state.schemas.flight {
            let landed = std::mem::replace(&mut state.schemas.flight, Flight::Decoding { number });
            drop(state);
            self.decode_flight(landed);
            state = self.lock();
        }
        if let Some(schema) = state.schemas.find(state.session.session_number(), wanted) {
            return Ok(Step::Ready(schema));
        }
        match waited_for.and_then(|number| state.schemas.failure_of(number)) {
            // The timeout was that of another caller; this one has time left, so it asks again.
            Some(ChannelError::Timeout { .. }) if Instant::now() < request.deadline => {}
            Some(error) => return Err(error),
            None => {}
        }
        match state.schemas.flight {
            // A reply that has arrived ends the wait at once.
            Flight::Sent { number, .. } | Flight::Decoding { number } | Flight::Arrived { number, .. } => {
                Ok(Step::Wait(number))
            }
            Flight::None => self.start_flight(state, request),
        }
    }

    fn start_flight<'a>(
        self: &'a Arc<Self>,
        state: MutexGuard<'a, State>,
        mut request: Request<Waiter>,
    ) -> Result<Step, ChannelError> {
        let deadline = request.deadline;
        request.waiter = Some(Waiter::Schema);
        match self.submit(state, request, IfFull::Fail) {
            Ok((mut state, id)) => {
                state.count_async();
                let number = state.schemas.start();
                state.schemas.flight = Flight::Sent { number, id };
                let state = self.flush_soon(state, deadline);
                self.release(state);
                Ok(Step::Wait(number))
            }
            Err(ChannelError::Full { .. }) => Ok(Step::Ask),
            Err(error) => Err(error),
        }
    }

    /// Decodes the outcome of the shared request, and lets the others look.
    fn decode_flight(self: &Arc<Self>, landed: Flight) {
        let Flight::Arrived { number, id, ended } = landed else { return };
        let result = self.received(id, ended).and_then(|received| self.keep_schema(number, received));
        let mut state = self.lock();
        state.schemas.flight = Flight::None;
        state.schemas.failed = result.err().map(|error| (number, error));
        state.schemas_changed = true;
        self.release(state);
    }

    /// Counts a request for the schema that is not shared.
    pub(crate) fn start_schema_request(&self) -> u64 {
        self.lock().schemas.start()
    }

    /// The schema of a reply. It is kept unless there is a later one.
    pub(crate) fn keep_schema(&self, number: u64, received: Received) -> Result<Arc<Schema>, ChannelError> {
        let schema = Arc::new(Schema::from(GetMetadata::reply(received.message.body)?));
        let cached = Cached { session: received.session, number, schema: schema.clone() };
        let replaced = self.lock().schemas.keep(cached);
        // A schema can be large, so the old one is dropped after the lock is released.
        drop(replaced);
        Ok(schema)
    }

    /// Waits until that shared request is over, or the deadline is there; whether it is over.
    pub(crate) fn wait_for_schema(self: &Arc<Self>, number: u64, deadline: Instant) -> bool {
        let mut state = self.wait_while(deadline, |state| state.schemas.is_under_way(number));
        // When the reply has arrived the wait is over: the first caller that looks decodes it.
        if !state.schemas.is_under_way(number) {
            return true;
        }
        state.handle_time(Instant::now());
        self.release(state);
        // The deadline may have ended the request.
        !self.lock().schemas.is_under_way(number)
    }

    /// Whether that shared request is over, if it is or the deadline is there; else wakes the task
    /// then.
    pub(crate) fn poll_schema(
        self: &Arc<Self>,
        number: u64,
        deadline: Instant,
        ticket: &mut Option<u64>,
        waker: &Waker,
    ) -> Poll<bool> {
        // Cloning a waker runs code of the program, which must not run under the lock.
        let mut waker = Some(waker.clone());
        let mut state = self.lock();
        let is_over = !state.schemas.is_under_way(number);
        let polled = if is_over || Instant::now() >= deadline {
            state.unwatch(ticket.take());
            Poll::Ready(is_over)
        } else {
            state.watch(ticket, &mut waker);
            let due = state.schemas.due.map_or(deadline, |due| due.min(deadline));
            state.schemas.due = Some(due);
            state.wake_io_by(due);
            Poll::Pending
        };
        self.release(state);
        polled
    }
}
