//! The thread that receives, hands replies to their waiters, and reconnects.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tgdb_pdu::{Body, Frame, Message};
use tgdb_transport::{TgSocket, TransportError};

use crate::connect::{Gate, connect};
use crate::core::{Pending, Route};
use crate::shared::{Connection, Shared, relock};
use crate::timer::Order;
use crate::waiter::{Outcome, Waker};
use crate::{ChannelError, LinkState};

pub(crate) fn run(shared: &Arc<Shared>, connection: Arc<Connection>) {
    shared.reader.set(Some(std::thread::current().id()));
    let mut current = Some(connection);
    while let Some(connection) = current {
        current = match receive(shared, &connection) {
            Some(error) => recover(shared, &connection, error),
            None => None,
        };
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
    let reason = match Message::decode(frame).map(|message| message.body) {
        Ok(Body::SessionForcefullyTerminated(end)) => end.reason,
        _ => None,
    };
    let error = ChannelError::Terminated { reason };
    let ended = {
        let mut inner = shared.lock();
        inner.cause = Some(error.clone());
        inner.core.ended(LinkState::Terminated)
    };
    shared.wake_all(ended, |_| error.clone());
}

/// Deals with a lost connection: another one if there is to be one.
fn recover(shared: &Arc<Shared>, connection: &Connection, error: TransportError) -> Option<Arc<Connection>> {
    let reconnect = shared.config.has_failover;
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
    match connect(&shared.config, connection.url_index, &ReconnectGate(shared)) {
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
