//! The role of the writer.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use parking_lot::MutexGuard;
use tgdb_transport::{TgSocket, TransportError};

use super::role::Connection;
use super::{Shared, State};
use crate::proto::Transmit;

/// A caller sends no more than about this for others at once.
const TURN: usize = 256 * 1024;

impl Shared {
    /// Sends what waits to be sent, for everybody, unless another thread is at it. Does not
    /// wait: what the system does not take is left to the I/O thread, and so is what is more
    /// than one turn.
    pub(super) fn flush<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let mut total = 0;
        while state.is_flushable() {
            if total >= TURN {
                state.write.due = Some(Instant::now());
                break;
            }
            let Some(connection) = state.connection.clone() else { break };
            let mut transmit = std::mem::take(&mut state.write.transmit);
            let mut now = Instant::now();
            if transmit.remaining() == 0 {
                state.session.poll_transmit(now, unix_millis(), &mut transmit);
                state.note_sent(&transmit);
            }
            state.write.is_taken = true;
            state.write.due = None;
            drop(state);
            let result = send(&*connection.socket, &mut transmit);
            if transmit.remaining() > 0 {
                now = Instant::now();
            }
            state = self.lock();
            state.write.is_taken = false;
            if state.connection_of(connection.link).is_none() {
                // Its bytes are wiped if they are secret.
                drop(transmit);
                continue;
            }
            state.write.transmit = transmit;
            match result {
                Ok(sent) => {
                    total += sent.count;
                    state.handle_sent(now, &connection, &sent);
                }
                Err(cause) => {
                    state.write.transmit.clear();
                    state.session.handle_send_failed(now, connection.link, cause);
                }
            }
        }
        state
    }
}

impl State {
    fn handle_sent(&mut self, now: Instant, connection: &Connection, sent: &Sent) {
        self.write.is_backed_up = sent.is_backed_up;
        self.write.is_blocked = sent.is_backed_up || self.write.transmit.remaining() > 0;
        // Over TLS the socket can hold records back. Until they are flushed the bytes do not count as sent.
        self.write.uncounted += sent.count;
        let count = if sent.is_backed_up { 0 } else { std::mem::take(&mut self.write.uncounted) };
        if count > 0 || sent.is_backed_up {
            self.session.handle_transmitted(now, connection.link, count);
        }
    }
}

struct Sent {
    count: usize,
    /// The socket itself holds some of it.
    is_backed_up: bool,
}

/// Sends as much as the system takes.
fn send(socket: &dyn TgSocket, transmit: &mut Transmit) -> Result<Sent, TransportError> {
    let mut sent = 0;
    while transmit.remaining() > 0 {
        let parts = transmit.parts();
        // The system call is cheaper with one part than with two.
        let parts = if parts[1].is_empty() { &parts[..1] } else { &parts[..] };
        let count = socket.try_send(parts)?;
        if count == 0 {
            break;
        }
        transmit.advance(count);
        sent += count;
    }
    Ok(Sent { count: sent, is_backed_up: !socket.try_flush()? })
}

/// The time of now as headers have it.
fn unix_millis() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
