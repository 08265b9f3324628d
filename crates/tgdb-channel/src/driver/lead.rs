//! The role of the reader, and callers that wait.

use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::Instant;

use tgdb_pdu::Frame;
use tgdb_transport::{Interest, Ready, TgSocket, TransportError, wait_ready};

use super::state::{Connection, Waiter};
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
        // Callers that come at the same time write and read together if each gives way once.
        let (mut may_yield_to_write, mut may_yield_to_read) = (true, true);
        let mut is_follower = false;
        let ended = loop {
            if state.read.offered_to == Some(id) {
                state.read.offered_to = None;
                is_follower = false;
            }
            if let Some(ended) = state.session.take(id) {
                break Some(ended);
            }
            let now = Instant::now();
            if now >= deadline {
                state.session.handle_timeout(now);
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
            let connection = state.readable_connection().cloned();
            state.read.is_taken |= connection.is_some();
            state.read.watches_writing = connection.is_some() && state.write.is_blocked;
            let completions = state.settle();
            if completions.runs_code() {
                // The program must not be able to hold the role up.
                state.read.is_taken &= connection.is_none();
                state.read.watches_writing &= connection.is_none();
                let more = state.settle();
                drop(state);
                completions.run(self);
                more.run(self);
                state = self.lock();
                continue;
            }
            match connection {
                Some(connection) => {
                    let frames = std::mem::take(&mut state.read.frames);
                    let watches_writing = state.read.watches_writing;
                    state.read.taken_by_callers += 1;
                    drop(state);
                    completions.run(self);
                    state = self.read_until(&connection, frames, watches_writing, deadline);
                }
                None => {
                    if !std::mem::replace(&mut is_follower, true) {
                        state.set_waiter(id, Waiter::Thread(thread::current()));
                        state.read.followers.push_back(id);
                    }
                    drop(state);
                    completions.run(self);
                    thread::park_timeout(deadline - now);
                    state = self.lock();
                }
            }
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

    /// Waits for frames, and gives them to the session. The role is ours.
    fn read_until<'a>(
        self: &'a Arc<Self>,
        connection: &Connection,
        mut frames: Vec<Frame>,
        watches_writing: bool,
        deadline: Instant,
    ) -> MutexGuard<'a, State> {
        let socket = &*connection.socket;
        let (is_writable, result) = match watches_writing {
            true => read_or_write(socket, &mut frames, deadline),
            false => (false, socket.recv_batch(&mut frames, Some(deadline))),
        };
        let mut state = self.lock();
        state.read.watches_writing = false;
        if is_writable {
            state.write.is_blocked = false;
        }
        self.handle_read(&mut state, connection, frames, result);
        state
    }

    /// Takes the role of the reader for what is there already.
    pub(crate) fn read_available(self: &Arc<Self>) {
        let mut state = self.lock();
        let Some(connection) = state.readable_connection().cloned() else { return };
        state.read.is_taken = true;
        let mut frames = std::mem::take(&mut state.read.frames);
        drop(state);
        let result = connection.socket.try_recv_batch(&mut frames);
        let mut state = self.lock();
        self.handle_read(&mut state, &connection, frames, result);
        self.release(state);
    }

    /// Gives what was read to the session, and the role back.
    fn handle_read(
        &self,
        state: &mut State,
        connection: &Connection,
        mut frames: Vec<Frame>,
        result: Result<(), TransportError>,
    ) {
        let now = Instant::now();
        for frame in frames.drain(..) {
            state.session.handle_frame(now, connection.link, frame);
        }
        match result {
            Ok(()) | Err(TransportError::Timeout { .. }) => {}
            Err(cause) => state.session.handle_disconnected(now, connection.link, cause),
        }
        state.read.frames = frames;
        state.read.is_taken = false;
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
        // The operating system is out of memory, or worse.
        Err(source) => {
            let peer = socket.outbox_addr().to_string();
            (false, Err(TransportError::Io { operation: "wait for", peer, source }))
        }
    }
}
