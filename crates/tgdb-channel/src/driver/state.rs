//! What the lock of a channel guards.

mod settle;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use tgdb_transport::{ConnectCancel, TransportError};

use super::callbacks::Callbacks;
use super::observe::{AttemptSpans, FrameNote, Note};
use super::role::{Connection, Io, ReadRole, Waiter, WriteRole};
use super::schema::Schemas;
use super::sessions::Sessions;
use super::trace::TraceQueue;
use super::transaction::TransactionSlot;
use crate::ChannelError;
use crate::proto::{LinkId, Request, Session};

pub(crate) struct State {
    pub(crate) session: Session<Waiter>,
    pub(crate) connection: Option<Connection>,
    /// How often bytes had arrived on it when that was last looked at.
    pub(super) arrivals: u64,
    /// Ends of the current or last connection: ours, the peer's.
    pub(crate) addresses: Option<(SocketAddr, SocketAddr)>,
    pub(super) connecting: Option<(LinkId, ConnectCancel)>,
    pub(super) read: ReadRole,
    pub(super) write: WriteRole,
    pub(super) io: Option<Io>,
    io_must_wake: bool,
    /// Callers that wait for a reply.
    pub(super) callers: usize,
    /// Requests in flight for whose outcome no thread waits.
    async_waiting: usize,
    pub(super) callbacks: Callbacks,
    /// Tasks that wait for the state of the link, or the schema, to change, by ticket.
    watchers: BTreeMap<u64, Waker>,
    last_watcher: u64,
    pub(super) sessions: Sessions,
    pub(super) schemas: Schemas,
    /// Those who wait for the schema are to look.
    pub(super) schemas_changed: bool,
    pub(super) transaction: TransactionSlot,
    pub(super) trace: Option<TraceQueue>,
    /// Waiters that are not needed any more. They are dropped without the lock.
    discarded: Vec<Waiter>,
    /// Errors of attempts to connect, which can hold errors of the program: kept until nobody else
    /// does, so that none is dropped under the lock.
    errors: Vec<Arc<TransportError>>,
    /// The connection whose login is under way.
    pub(super) attempt: Option<Box<AttemptSpans>>,
    /// Frames that were sent and received, if their events may be wanted.
    pub(super) frame_notes: Vec<FrameNote>,
    pub(super) traces_payloads: bool,
    /// What could not be emitted when it happened.
    pub(super) postponed: Vec<Note>,
    /// How many threads are about to emit what happened.
    pub(super) unsaid: u32,
}

impl State {
    pub(super) fn new(session: Session<Waiter>) -> Self {
        Self {
            session,
            connection: None,
            arrivals: 0,
            addresses: None,
            connecting: None,
            read: ReadRole::default(),
            write: WriteRole::default(),
            io: None,
            io_must_wake: false,
            callers: 0,
            async_waiting: 0,
            callbacks: Callbacks::default(),
            watchers: BTreeMap::new(),
            last_watcher: 0,
            sessions: Sessions::default(),
            schemas: Schemas::default(),
            schemas_changed: false,
            transaction: TransactionSlot::default(),
            trace: None,
            discarded: Vec::new(),
            errors: Vec::new(),
            attempt: None,
            frame_notes: Vec::new(),
            traces_payloads: false,
            postponed: Vec::new(),
            unsaid: 0,
        }
    }

    /// Sets who waits for a request.
    pub(super) fn set_waiter(&mut self, id: i64, waiter: Waiter) {
        self.async_waiting += usize::from(waiter.is_async());
        let before = self.session.set_waiter(id, waiter);
        self.discard_counted(before);
    }

    /// Takes back who waits for a request.
    pub(super) fn clear_waiter(&mut self, id: i64) {
        let waiter = self.session.take_waiter(id);
        self.discard_counted(waiter);
    }

    /// Gives a request up.
    pub(crate) fn cancel(&mut self, id: i64) {
        let waiter = self.session.cancel(Instant::now(), id);
        self.discard_counted(waiter);
    }

    /// A request was taken in whose outcome goes to a callback, to all, or to nobody.
    pub(super) fn count_async(&mut self) {
        self.async_waiting += 1;
    }

    fn discard_counted(&mut self, waiter: Option<Waiter>) {
        self.async_waiting -= usize::from(waiter.as_ref().is_some_and(Waiter::is_async));
        self.discarded.extend(waiter);
    }

    /// Queues for room for that request. Returns the ticket.
    pub(super) fn wait_for_room(&mut self, ticket: Option<u64>, request: &Request<Waiter>, waiter: Waiter) -> u64 {
        let (length, deadline) = (request.payload.len(), request.deadline);
        let (ticket, before) = self.session.wait_for_room(ticket, length, deadline, waiter);
        self.discarded.extend(before);
        ticket
    }

    /// Keeps the error of an attempt to connect.
    pub(super) fn keep_error(&mut self, error: &ChannelError) {
        if let ChannelError::Connect(cause) = error {
            self.errors.push(cause.clone());
        }
    }

    /// Gives the place in the queue for room up, so that the next one gets its turn.
    pub(crate) fn leave_room(&mut self, ticket: Option<u64>) {
        let waiter = ticket.and_then(|ticket| self.session.leave_room(ticket));
        self.discarded.extend(waiter);
    }

    /// Gives back memory that was needed while the channel was busy.
    pub(super) fn shrink(&mut self) {
        self.session.shrink();
        self.read.frames.shrink_to(16);
        self.write.transmit.shrink();
    }

    /// Wakes the task when the state of the link, or the schema, changes. Takes the waker.
    pub(super) fn watch(&mut self, ticket: &mut Option<u64>, waker: &mut Option<Waker>) {
        let Some(waker) = waker.take() else { return };
        let ticket = *ticket.get_or_insert_with(|| {
            self.last_watcher += 1;
            self.last_watcher
        });
        self.discarded.extend(self.watchers.insert(ticket, waker).map(Waiter::Task));
    }

    /// The task with that ticket is not interested any more.
    pub(crate) fn unwatch(&mut self, ticket: Option<u64>) {
        let waker = ticket.and_then(|ticket| self.watchers.remove(&ticket));
        self.discarded.extend(waker.map(Waiter::Task));
    }

    /// Whether the I/O thread has to read if no caller does.
    pub(super) fn wants_reader(&self) -> bool {
        self.async_waiting > 0 || self.session.wants_frames()
    }

    /// The connection, if nobody reads it.
    pub(super) fn readable_connection(&self) -> Option<&Connection> {
        self.connection.as_ref().filter(|_| !self.read.is_taken)
    }

    /// Whether there is something to be sent that nobody sends yet.
    pub(super) fn is_flushable(&self) -> bool {
        self.connection.is_some()
            && !self.write.is_taken
            && !self.write.is_blocked
            && (self.session.has_transmit() || self.write.transmit.remaining() > 0 || self.write.is_backed_up)
    }

    /// Counts a request that was just submitted, and says whether to send it at once: the
    /// link is idle, and no others are expected to follow.
    pub(super) fn count_submitted(&mut self) -> bool {
        if self.session.in_flight() > 1 {
            self.write.burst = self.write.burst.saturating_add(1);
            return false;
        }
        std::mem::replace(&mut self.write.burst, 1) <= 1
    }

    /// Does what is due.
    pub(super) fn handle_time(&mut self, now: Instant) {
        // A thread that reads a large frame is inside the read until the frame is complete. So the
        // number of arrivals says whether the server is alive.
        self.note_arrivals(now);
        self.session.handle_timeout(now);
    }

    /// Reports to the session if bytes arrived since the last time.
    pub(super) fn note_arrivals(&mut self, now: Instant) {
        let Some(connection) = &self.connection else { return };
        let arrivals = connection.socket.arrivals();
        if std::mem::replace(&mut self.arrivals, arrivals) != arrivals {
            self.session.handle_partial(now, connection.link);
        }
    }

    /// Makes the I/O thread look at everything again.
    pub(super) fn wake_io(&mut self) {
        self.io_must_wake = true;
    }

    /// Makes sure that the I/O thread wakes at that time or before.
    pub(super) fn wake_io_by(&mut self, time: Instant) {
        if self.io.as_ref().is_some_and(|io| io.wakes_at.is_none_or(|wakes_at| wakes_at > time)) {
            self.io_must_wake = true;
        }
    }

    /// The error for an operation that needs a connection.
    pub(crate) fn not_connected(&self, operation: &'static str) -> ChannelError {
        let cause = self.session.last_error().cloned().map(Box::new);
        ChannelError::NotConnected { operation, state: self.session.state(), cause }
    }

    pub(super) fn connection_of(&self, link: LinkId) -> Option<&Connection> {
        self.connection.as_ref().filter(|open| open.link == link)
    }
}
