//! Sending requests and one-way messages.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tgdb_pdu::{Body, Header, Message, Verb, restamp};
use zeroize::Zeroize;

use crate::core::{MAX_RESENDS, Pending, Refused};
use crate::shared::{Connection, Shared};
use crate::timer::Order;
use crate::waiter::{Outcome, ResponseWaiter, WaiterStatus, Waker};
use crate::{ChannelError, LinkState, RequestOptions, ResendMode};

/// A timeout that is as good as none, for those too great for the clock.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What became of a message without reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendOutcome {
    /// It was handed to the operating system. Whether it arrived is not known.
    Sent,
    /// The connection was lost, and the [`ResendMode`] says to drop it.
    Ignored,
}

/// The bytes of a message, wiped on drop if they hold a secret: wiping is slow.
struct Encoded {
    bytes: Vec<u8>,
    is_secret: bool,
}

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Encoded {
    fn drop(&mut self) {
        if self.is_secret {
            self.bytes.zeroize();
        }
    }
}

/// An encoded message.
struct Outgoing {
    verb: Verb,
    mode: ResendMode,
    frame: Encoded,
    timeout: Duration,
    deadline: Instant,
}

impl Shared {
    fn outgoing(&self, body: Body, options: RequestOptions) -> Result<Outgoing, ChannelError> {
        let verb = body.verb();
        let mode = options.resend.unwrap_or_else(|| ResendMode::default_for(&body));
        let timeout = options.timeout.unwrap_or(self.config.operation_timeout).min(FOREVER);
        let is_secret = body.is_secret();
        let bytes = Message::new(Header::default(), body).encode();
        let frame = Encoded { bytes: bytes.map_err(|source| ChannelError::Encode { verb, source })?, is_secret };
        Ok(Outgoing { verb, mode, frame, timeout, deadline: Instant::now() + timeout })
    }

    /// The connection to send on. Waits for a reconnection where the mode says so.
    fn wait_connected(&self, message: &Outgoing, operation: &'static str) -> Result<Arc<Connection>, ChannelError> {
        let may_wait = message.mode != ResendMode::DontReconnectAndIgnore;
        let inner = if !may_wait || self.reader.is_me() {
            self.lock()
        } else {
            self.wait_while(message.deadline, |inner| inner.core.state() == LinkState::Reconnecting)
        };
        match (inner.core.state(), &inner.connection) {
            (LinkState::Connected, Some(_)) if inner.timer.is_none() => Err(ChannelError::NotStarted),
            (LinkState::Connected, Some(connection)) => Ok(connection.clone()),
            (LinkState::Reconnecting, _) if may_wait && self.reader.is_me() => Err(ChannelError::WouldDeadlock),
            _ => Err(self.not_connected(&inner, operation)),
        }
    }

    /// Sends a request, and returns its id.
    fn submit(&self, mut message: Outgoing, waiter: Waker) -> Result<i64, ChannelError> {
        let timed = matches!(waiter, Waker::Callback(_));
        loop {
            let connection = self.wait_connected(&message, "request")?;
            let generation = connection.generation.get().copied().unwrap_or_default();
            let mut inner = self.lock();
            let id = match inner.core.next_id(generation) {
                Ok(id) => id,
                // It was lost, or is another by now: look again.
                Err(Refused::Stale | Refused::State(LinkState::Reconnecting)) => continue,
                Err(Refused::State(_)) => return Err(self.not_connected(&inner, "request")),
            };
            restamp(&mut message.frame.bytes, &connection.header(id));
            let Outgoing { verb, mode, frame, timeout, deadline } = message;
            let frame = Bytes::from_owner(frame);
            let next_to_expire = inner.core.register(
                id,
                Pending {
                    waiter,
                    verb,
                    mode,
                    timeout,
                    deadline: timed.then_some(deadline),
                    frame: (mode == ResendMode::ReconnectAndResend).then(|| frame.clone()),
                    resends: 0,
                    status: WaiterStatus::Waiting,
                },
            );
            if next_to_expire && let Some(timer) = &inner.timer {
                // An error means that the timer is gone, and the channel with it.
                let _ = timer.send(Order::Wake);
            }
            drop(inner);
            self.active.store(true, Ordering::Relaxed);
            // The reader deals with a failure, and so with the waiter.
            let _ = connection.send(&frame);
            return Ok(id);
        }
    }

    pub(crate) fn submit_waiter(
        self: &Arc<Self>,
        body: Body,
        options: RequestOptions,
    ) -> Result<ResponseWaiter, ChannelError> {
        let message = self.outgoing(body, options)?;
        let (verb, timeout, deadline) = (message.verb, message.timeout, message.deadline);
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let done = Arc::default();
        let request_id = self.submit(message, Waker::Handle(sender, Arc::clone(&done)))?;
        Ok(ResponseWaiter { shared: self.clone(), receiver, done, request_id, verb, deadline, timeout })
    }

    pub(crate) fn submit_callback(
        &self,
        body: Body,
        options: RequestOptions,
        callback: Box<dyn FnOnce(Outcome) + Send>,
    ) -> Result<i64, ChannelError> {
        let message = self.outgoing(body, options)?;
        self.submit(message, Waker::Callback(callback))
    }

    /// Sends a message without reply.
    pub(crate) fn send_one_way(&self, body: Body, options: RequestOptions) -> Result<SendOutcome, ChannelError> {
        let mut message = self.outgoing(body, options)?;
        let verb = message.verb;
        for attempt in 0.. {
            let connection = self.wait_connected(&message, "send")?;
            restamp(&mut message.frame.bytes, &connection.header(-1));
            self.active.store(true, Ordering::Relaxed);
            let Err(cause) = connection.send(&message.frame.bytes) else { return Ok(SendOutcome::Sent) };
            if message.mode == ResendMode::DontReconnectAndIgnore {
                return Ok(SendOutcome::Ignored);
            }
            self.check_not_reader()?;
            // The reader notices soon; until then the link still looks connected.
            drop(self.wait_while(message.deadline, |inner| {
                inner.core.state() == LinkState::Connected
                    && inner.connection.as_ref().is_some_and(|current| Arc::ptr_eq(current, &connection))
            }));
            if message.mode == ResendMode::ReconnectAndResend && attempt < MAX_RESENDS {
                continue;
            }
            self.wait_connected(&message, "send")?;
            return match message.mode {
                ResendMode::ReconnectAndIgnore => Ok(SendOutcome::Ignored),
                _ => Err(ChannelError::NotResent { verb, cause }),
            };
        }
        Ok(SendOutcome::Ignored)
    }
}
