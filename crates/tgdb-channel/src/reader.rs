//! The thread that receives, hands replies to their waiters, and reconnects.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tgdb_pdu::{Body, Frame, Message};
use tgdb_transport::{TgSocket, TransportError};

use crate::connect::{Gate, connect, server_list, termination_reason};
use crate::core::{Pending, Route};
use crate::shared::{Connection, Shared, relock};
use crate::timer::Order;
use crate::waiter::{Outcome, Waker};
use crate::{ChannelError, LinkState};

pub(crate) fn run(shared: &Arc<Shared>, connection: Arc<Connection>) {
    shared.reader.set(Some(std::thread::current().id()));
    let mut current = Some(connection);
    // Connections in a row that were lost at once, with nothing received after the login.
    let mut useless = 0;
    let soon = shared.config.retry_interval.max(Duration::from_secs(1));
    while let Some(connection) = current {
        let error = receive(shared, &connection);
        let useful = connection.useful.load(Ordering::Relaxed) || connection.since.elapsed() >= soon;
        useless = if useful { 0 } else { useless + 1 };
        current = error.and_then(|error| recover(shared, &connection, error, useless));
        connection.socket.close();
    }
    let timer = {
        let mut inner = shared.lock();
        inner.reading = false;
        inner.timer.take()
    };
    if let Some(timer) = timer {
        // An error means that it has ended already.
        let _ = timer.send(Order::Stop);
    }
    shared.reader.set(None);
    shared.notify();
}

/// Receives until the connection ends. The error is there if that was not wanted.
fn receive(shared: &Shared, connection: &Connection) -> Option<TransportError> {
    loop {
        let frame = match connection.socket.recv() {
            Ok(frame) => frame,
            Err(error) => return Some(error),
        };
        shared.active.store(true, Ordering::Relaxed);
        connection.useful.store(true, Ordering::Relaxed);
        let route = shared.lock().core.route(&frame);
        match route {
            Route::Reply(request) => {
                shared.notify();
                let outcome = reply(&request, &frame);
                request.waiter.wake(outcome);
            }
            Route::Terminated => {
                terminated(shared, &frame);
                return None;
            }
            Route::Ping | Route::Dropped => {}
        }
    }
}

/// What a reply means for its request.
fn reply(request: &Pending<Waker>, frame: &Frame) -> Outcome {
    let verb = request.verb;
    match Message::decode(frame) {
        Ok(Message { body: Body::Exception(exception), .. }) => {
            Err(ChannelError::Server { verb, code: exception.code, message: exception.message })
        }
        Ok(message) => Ok(message),
        Err(source) => Err(ChannelError::BadReply { verb, source }),
    }
}

fn terminated(shared: &Shared, frame: &Frame) {
    let error = ChannelError::Terminated { reason: termination_reason(frame) };
    let ended = {
        let mut inner = shared.lock();
        inner.cause = Some(error.clone());
        inner.core.ended(LinkState::Terminated)
    };
    shared.wake_all(ended, |_| error.clone());
}

/// Deals with a lost connection: another one if there is to be one.
fn recover(
    shared: &Arc<Shared>,
    connection: &Connection,
    error: TransportError,
    useless: u32,
) -> Option<Arc<Connection>> {
    let reconnect = shared.config.has_failover();
    // A sender that failed has closed the socket, which is all that we saw.
    let send_failure = relock(connection.send_failure.lock()).take();
    let (failed, cause) = match (send_failure, error) {
        (Some(cause), _) => (LinkState::FailedOnSend, cause),
        (None, error @ TransportError::Frame { .. }) => (LinkState::FailedOnProcessing, Arc::new(error)),
        (None, error) => (LinkState::FailedOnRecv, Arc::new(error)),
    };
    connection.socket.close();
    let ended = {
        let mut inner = shared.lock();
        if inner.core.state() != LinkState::Connected {
            return None;
        }
        inner.cause = Some(ChannelError::Transport(cause.clone()));
        inner.core.lost(failed, reconnect)
    };
    log::info!("connection lost: {cause}");
    shared.wake_all(ended, |request| ChannelError::Lost { verb: request.verb, cause: cause.clone() });
    if !reconnect {
        return None;
    }
    match reconnect_from(shared, connection.url_index, useless, &cause) {
        Ok(next) => reconnected(shared, Arc::new(next), &cause),
        Err(error) => {
            let ended = {
                let mut inner = shared.lock();
                inner.login_socket = None;
                if inner.core.state() != LinkState::Reconnecting {
                    return None;
                }
                inner.cause = Some(error.clone());
                inner.core.ended(LinkState::Closed)
            };
            shared.wake_all(ended, |request| ChannelError::ReconnectFailed {
                verb: request.verb,
                cause: cause.clone(),
                reconnect: Box::new(error.clone()),
            });
            None
        }
    }
}

/// Connects again: first to the same server, unless it let us in only to hang up; if
/// all do so, no oftener and no longer than if they did not let us in.
fn reconnect_from(
    shared: &Shared,
    index: usize,
    useless: u32,
    cause: &Arc<TransportError>,
) -> Result<Connection, ChannelError> {
    let config = &shared.config;
    let gate = ReconnectGate(shared);
    let servers = u32::try_from(config.urls.len()).unwrap_or(u32::MAX);
    if useless >= servers.saturating_mul(config.retry_count.max(1)) {
        let last = Box::new(ChannelError::Transport(cause.clone()));
        return Err(ChannelError::AllAttemptsFailed { servers: server_list(config), attempts: useless, last });
    }
    if useless > 0 && useless.is_multiple_of(servers) && !gate.pause(config.retry_interval) {
        return Err(ChannelError::Stopped);
    }
    let start = if useless == 0 { index } else { (index + 1) % config.urls.len() };
    connect(config, start, &gate)
}

fn reconnected(shared: &Shared, next: Arc<Connection>, cause: &Arc<TransportError>) -> Option<Arc<Connection>> {
    let ended = {
        let mut inner = shared.lock();
        inner.login_socket = None;
        if inner.core.state() != LinkState::Reconnecting {
            drop(inner);
            next.socket.close();
            return None;
        }
        let (generation, ended) = inner.core.reconnected();
        // It was never set before: the connection is new.
        let _ = next.generation.set(generation);
        inner.connection = Some(next.clone());
        inner.cause = None;
        if let Some(timer) = &inner.timer {
            // An error means that the timer is gone, and the channel with it.
            let _ = timer.send(Order::Resend(next.clone()));
        }
        ended
    };
    shared.wake_all(ended, |request| ChannelError::NotResent { verb: request.verb, cause: cause.clone() });
    Some(next)
}

/// Gives up as soon as the channel is stopped.
struct ReconnectGate<'a>(&'a Shared);

impl Gate for ReconnectGate<'_> {
    fn pause(&self, time: Duration) -> bool {
        let inner = self.0.wait_while(Instant::now() + time, |inner| inner.core.state() == LinkState::Reconnecting);
        inner.core.state() == LinkState::Reconnecting
    }

    fn opened(&self, socket: &Arc<dyn TgSocket>) -> bool {
        let mut inner = self.0.lock();
        inner.login_socket = Some(socket.clone());
        inner.core.state() == LinkState::Reconnecting
    }
}
