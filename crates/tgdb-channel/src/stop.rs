//! Ending a channel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tgdb_pdu::body::DisconnectChannelRequest;
use tgdb_pdu::{Body, Message};

use crate::shared::{Connection, Shared};
use crate::timer::Order;
use crate::{ChannelError, LinkState, StopMethod};

/// How long the server may take to close its end after our last word, so that
/// the word is not lost.
const LINGER_GRACEFUL: Duration = Duration::from_secs(1);
/// The same for those in a hurry.
const LINGER_FORCEFUL: Duration = Duration::from_millis(100);

pub(crate) fn stop(shared: &Shared, method: StopMethod) {
    let stopped_here = begin(shared);
    if let Some(connection) = stopped_here {
        match method {
            StopMethod::Graceful => {
                wait_for_replies(shared);
                leave(shared, &connection, LINGER_GRACEFUL);
            }
            StopMethod::ClientForceful => {
                end(shared, LinkState::Closing);
                leave(shared, &connection, LINGER_FORCEFUL);
            }
            StopMethod::RemoteKill => {}
        }
        connection.socket.close();
    }
    let last = if method == StopMethod::RemoteKill { LinkState::Terminated } else { LinkState::Closed };
    end(shared, last);
    join(shared);
}

/// Lets no new request in. Returns the connection if it still stands and nobody
/// else is stopping.
fn begin(shared: &Shared) -> Option<Arc<Connection>> {
    let mut inner = shared.lock();
    inner.stopping = true;
    if let Some(socket) = inner.login_socket.take() {
        socket.close();
    }
    let was = inner.core.state();
    let closing = inner.core.closing();
    shared.notify();
    match was {
        LinkState::Closing => {
            // Another thread is at it; it is the one to say when the link is closed.
            drop(inner);
            let deadline = Instant::now() + shared.config.operation_timeout + LINGER_GRACEFUL * 2;
            drop(shared.wait_while(deadline, |inner| inner.core.state() == LinkState::Closing));
            None
        }
        LinkState::Connected if closing => inner.connection.clone(),
        _ => None,
    }
}

fn wait_for_replies(shared: &Shared) {
    if shared.reader.is_me() {
        return;
    }
    let deadline = Instant::now() + shared.config.operation_timeout;
    drop(shared.wait_while(deadline, |inner| {
        inner.reading && inner.core.state() == LinkState::Closing && !inner.core.pending().is_empty()
    }));
}

/// Says good-bye.
fn leave(shared: &Shared, connection: &Connection, linger: Duration) {
    let body = DisconnectChannelRequest { session: Some((connection.auth_token, connection.session_id)) };
    let Ok(frame) = Message::new(connection.header(-1), Body::from(body)).encode() else { return };
    if connection.send(&frame).is_err() {
        return;
    }
    connection.socket.finish();
    let deadline = Instant::now() + linger;
    let reading = shared.lock().reading;
    if shared.reader.is_me() || !reading {
        while connection.socket.recv_deadline(deadline).is_ok() {}
    } else {
        drop(shared.wait_while(deadline, |inner| inner.reading));
    }
}

fn end(shared: &Shared, state: LinkState) {
    let ended = {
        let mut inner = shared.lock();
        inner.core.ended(state)
    };
    let error = match state {
        LinkState::Terminated => ChannelError::Terminated { reason: None },
        _ => ChannelError::Stopped,
    };
    shared.wake_all(ended, |_| error.clone());
}

/// Waits for the threads to end. The one that we are on is left to the next call,
/// so that a later connection does not run beside it.
pub(crate) fn join(shared: &Shared) {
    let threads = {
        let mut inner = shared.lock();
        if let Some(timer) = inner.timer.take() {
            // An error means that it has ended already.
            let _ = timer.send(Order::Stop);
        }
        std::mem::take(&mut inner.threads)
    };
    let me = std::thread::current().id();
    for thread in threads {
        if thread.thread().id() == me {
            shared.lock().threads.push(thread);
        } else if thread.join().is_err() {
            log::error!("a thread of the channel panicked");
        }
    }
}
