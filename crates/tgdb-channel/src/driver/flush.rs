//! The role of the writer.

use std::sync::{Arc, MutexGuard};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tgdb_transport::{TgSocket, TransportError};

use super::{Shared, State};
use crate::proto::Transmit;

impl Shared {
    /// Sends what waits to be sent, for everybody, unless another thread is at it. Does not
    /// wait: what the system does not take is left to the I/O thread.
    pub(super) fn flush<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        now: Instant,
    ) -> MutexGuard<'a, State> {
        while state.is_flushable() {
            let Some(connection) = state.connection.clone() else { break };
            let mut transmit = std::mem::take(&mut state.write.transmit);
            if transmit.remaining() == 0 {
                state.session.poll_transmit(now, unix_millis(), &mut transmit);
            }
            state.write.is_taken = true;
            state.write.due = None;
            drop(state);
            let result = send(&*connection.socket, &mut transmit);
            state = self.lock();
            state.write.is_taken = false;
            if state.connection_of(connection.link).is_none() {
                transmit.clear();
                state.write.transmit = transmit;
                continue;
            }
            state.write.transmit = transmit;
            match result {
                Ok(Sent { count, is_backed_up }) => {
                    state.write.is_backed_up = is_backed_up;
                    state.write.is_blocked = is_backed_up || state.write.transmit.remaining() > 0;
                    state.session.handle_transmitted(now, connection.link, count);
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

struct Sent {
    count: usize,
    /// The socket itself holds some of it.
    is_backed_up: bool,
}

/// Sends as much as the system takes.
fn send(socket: &dyn TgSocket, transmit: &mut Transmit) -> Result<Sent, TransportError> {
    let mut sent = 0;
    while transmit.remaining() > 0 {
        let count = socket.try_send(&transmit.parts())?;
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
