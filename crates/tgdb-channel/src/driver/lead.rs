//! The role of the reader, and callers that wait.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use parking_lot::MutexGuard;
use tgdb_pdu::Frame;
use tgdb_transport::{Interest, Ready, TgSocket, TransportError, wait_ready};

use super::role::{Connection, Waiter};
use super::{Shared, State};
use crate::proto::Ended;

impl Shared {
    /// Waits for the outcome of a request until that deadline: reads for everybody if nobody
    /// else does, else sleeps until the outcome is there or the role of the reader is free.
    pub(crate) fn wait_for<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        id: i64,
        deadline: Instant,
    ) -> Option<Ended> {
        state.callers += 1;
        // If several callers come at the same time, each lets the others run once before it writes and
        // once before it reads: one system call then serves them all.
        let (mut may_yield_to_write, mut may_yield_to_read) = (true, true);
        let mut is_follower = false;
        // When the last wait ended. Reading the clock takes time, so it is read only then.
        let mut waited_until = None;
        let ended = loop {
            if state.read.offered_to == Some(id) {
                state.read.offered_to = None;
                is_follower = false;
            }
            if let Some(ended) = state.session.take(id) {
                break Some(ended);
            }
            if let Some(now) = waited_until.filter(|now| *now >= deadline) {
                state.handle_time(now);
                break state.session.take(id);
            }
            let yields_to_write = state.callers > 1 && std::mem::take(&mut may_yield_to_write);
            if state.is_flushable() {
                state = if yields_to_write { self.give_way(state) } else { self.flush(state) };
                continue;
            }
            if state.callers > 1 && std::mem::take(&mut may_yield_to_read) {
                state = self.give_way(state);
                continue;
            }
            let role = state.take_read_role();
            state.read.taken_by_callers += u64::from(role.is_some());
            let completions = state.settle();
            if completions.runs_code() {
                // Code of the program runs now, and can take long: without the role.
                if role.is_some() {
                    state.give_read_role_back();
                }
                let more = state.settle();
                drop(state);
                completions.run(self);
                more.run(self);
                state = self.lock();
                continue;
            }
            if role.is_none() && !std::mem::replace(&mut is_follower, true) {
                state.set_waiter(id, Waiter::Thread(thread::current()));
                state.read.followers.push_back(id);
            }
            drop(state);
            completions.run(self);
            let now;
            (state, now) = match role {
                Some(role) => self.read_until(role, deadline),
                None => {
                    thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
                    (self.lock(), Instant::now())
                }
            };
            waited_until = Some(now);
        };
        state.callers -= 1;
        if is_follower {
            state.read.followers.retain(|follower| *follower != id);
        }
        if ended.is_none() {
            state.clear_waiter(id);
        }
        self.release(state);
        ended
    }

    fn give_way<'a>(self: &'a Arc<Self>, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.release(state);
        thread::yield_now();
        self.lock()
    }

    /// Waits for frames, and gives them to the session and the role back.
    fn read_until<'a>(self: &'a Arc<Self>, role: Role, deadline: Instant) -> (MutexGuard<'a, State>, Instant) {
        let Role { connection, mut frames, watches_writing } = role;
        let socket = &*connection.socket;
        let (is_writable, result) = match watches_writing {
            true => read_or_write(socket, &mut frames, deadline),
            false => (false, socket.recv_batch(&mut frames, Some(deadline))),
        };
        let mut state = self.lock();
        if is_writable {
            state.write.is_blocked = false;
        }
        let now = Instant::now();
        state.handle_read(now, &connection, frames, result);
        (state, now)
    }

    /// Reads what is there already, unless another thread reads.
    pub(crate) fn read_available(self: &Arc<Self>) {
        let Some(Role { connection, mut frames, .. }) = self.lock().take_read_role() else { return };
        let result = connection.socket.try_recv_batch(&mut frames);
        let mut state = self.lock();
        state.handle_read(Instant::now(), &connection, frames, result);
        self.release(state);
    }
}

/// The role of the reader in the hands of a thread.
struct Role {
    connection: Connection,
    /// Room for what is read at once.
    frames: Vec<Frame>,
    /// The system takes no more bytes: the reader waits for that, too.
    watches_writing: bool,
}

impl State {
    /// Takes the role of the reader, if it is free.
    fn take_read_role(&mut self) -> Option<Role> {
        let connection = self.readable_connection()?.clone();
        let watches_writing = self.write.is_blocked;
        self.read.is_taken = true;
        self.read.watches_writing = watches_writing;
        Some(Role { connection, frames: std::mem::take(&mut self.read.frames), watches_writing })
    }

    fn give_read_role_back(&mut self) {
        self.read.is_taken = false;
        self.read.watches_writing = false;
    }

    /// Gives what was read to the session, and the role back.
    fn handle_read(
        &mut self,
        now: Instant,
        connection: &Connection,
        mut frames: Vec<Frame>,
        result: Result<(), TransportError>,
    ) {
        let was_logged_in = self.session.session_number().is_some();
        self.note_received(&frames);
        for frame in frames.drain(..) {
            self.session.handle_frame(now, connection.link, frame);
        }
        if !was_logged_in && self.session.session_number().is_some() {
            connection.socket.end_login();
        }
        self.note_arrivals(now);
        match result {
            Ok(()) | Err(TransportError::Timeout { .. }) => {}
            Err(cause) => self.session.handle_disconnected(now, connection.link, cause),
        }
        self.read.frames = frames;
        self.give_read_role_back();
    }
}

/// Waits until something was read, or the socket can be written, which it says.
fn read_or_write(
    socket: &dyn TgSocket,
    frames: &mut Vec<Frame>,
    deadline: Instant,
) -> (bool, Result<(), TransportError>) {
    match wait_ready(socket, Interest { read: true, write: true }, Some(deadline)) {
        Ok(Ready { readable: true, writable, .. }) => (writable, socket.try_recv_batch(frames)),
        Ok(Ready { writable, .. }) => (writable, Ok(())),
        // `poll` fails only for lack of memory and the like.
        Err(source) => {
            let peer = socket.outbox_addr().to_string();
            (false, Err(TransportError::Io { operation: "wait for", peer, source }))
        }
    }
}
