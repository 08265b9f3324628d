//! The thread that does what is due at a time, or what the reader must not wait for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use tgdb_pdu::{Body, Message, restamp};
use zeroize::Zeroizing;

use crate::shared::{Connection, Shared};
use crate::{ChannelError, LinkState};

/// What the timer is told.
pub(crate) enum Order {
    /// Look at the deadlines again.
    Wake,
    /// Send the messages again that wait for it, on this new connection.
    Resend(Arc<Connection>),
    /// End.
    Stop,
}

pub(crate) fn run(shared: &Shared, orders: &Receiver<Order>) {
    let interval = shared.config.ping_interval;
    let mut next_ping = interval.map(|interval| Instant::now() + interval);
    loop {
        let now = Instant::now();
        expire(shared, now);
        if let (Some(due), Some(interval)) = (next_ping, interval)
            && due <= now
        {
            ping(shared);
            next_ping = Some(now + interval);
        }
        let deadline = shared.lock().core.next_deadline();
        let order = match [deadline, next_ping].into_iter().flatten().min() {
            Some(next) => orders.recv_deadline(next),
            None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match order {
            Ok(Order::Wake) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Order::Resend(connection)) => resend(shared, &connection),
            Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Ends callbacks whose reply did not come in time.
fn expire(shared: &Shared, now: Instant) {
    let expired = shared.lock().core.expire(now);
    if expired.is_empty() {
        return;
    }
    let peer = shared.peer();
    for (request_id, request) in expired {
        let (verb, timeout) = (request.verb, request.timeout);
        request.waiter.wake(Err(ChannelError::Timeout { verb, peer: peer.clone(), timeout, request_id }));
    }
    shared.notify();
}

/// Pings if nothing went either way for an interval.
fn ping(shared: &Shared) {
    if shared.active.swap(false, Ordering::Relaxed) {
        return;
    }
    let connection = {
        let inner = shared.lock();
        inner.connection.clone().filter(|_| inner.core.state() == LinkState::Connected)
    };
    if let Some(connection) = connection
        && let Ok(frame) = Message::new(connection.header(-1), Body::Ping).encode()
    {
        // The reader deals with a failure.
        let _ = connection.send(&frame);
    }
}

fn resend(shared: &Shared, connection: &Connection) {
    let messages = shared.lock().core.to_resend();
    for (id, frame) in messages {
        {
            let mut inner = shared.lock();
            let current = inner.connection.as_ref().is_some_and(|current| std::ptr::eq(&**current, connection));
            if !current || inner.core.state() != LinkState::Connected {
                return;
            }
            if !inner.core.resending(id) {
                continue;
            }
        }
        let mut frame = Zeroizing::new(frame.to_vec());
        restamp(&mut frame, &connection.header(id));
        if connection.send(&frame).is_err() {
            return;
        }
    }
}
