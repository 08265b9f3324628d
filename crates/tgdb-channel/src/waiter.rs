//! Waiting for a reply.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tgdb_pdu::{Message, Verb};

use crate::ChannelError;
use crate::driver::{Received, Shared};

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaiterStatus {
    /// Sent or waiting to be sent, not answered yet.
    Waiting,
    /// Answered, if only with an exception.
    Ok,
    /// A part of the reply is there. No server message that the vendor's clients
    /// know leads here.
    Pushed,
    /// Waits to be sent again after a reconnection.
    Resend,
    /// The connection was lost, or the time is over.
    Disconnected,
    /// The channel was stopped.
    Closed,
}

/// A request in flight. Wait for its reply on a thread with [`wait`](Self::wait), or in a
/// task of any runtime by awaiting it.
///
/// Dropping it gives the reply up; the request is executed all the same.
///
/// # Example
/// ```no_run
/// # use tgdb_channel::{ChannelError, TgChannel, pdu::Body};
/// # async fn example(channel: &TgChannel) -> Result<(), ChannelError> {
/// let (first, second) = (channel.submit(Body::MetadataRequest)?, channel.submit(Body::MetadataRequest)?);
/// println!("{:?}", first.await?.body);
/// println!("{:?}", second.await?.body);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "dropping a waiter gives its reply up"]
pub struct ResponseWaiter {
    shared: Arc<Shared>,
    request_id: i64,
    verb: Verb,
    deadline: Instant,
    is_taken: bool,
}

impl ResponseWaiter {
    pub(crate) fn new(shared: Arc<Shared>, request_id: i64, verb: Verb, deadline: Instant) -> Self {
        Self { shared, request_id, verb, deadline, is_taken: false }
    }

    /// The id of the request.
    pub fn request_id(&self) -> i64 {
        self.request_id
    }

    /// The verb of the request.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// How the request stands. Unless it is waiting or to be resent, the outcome is
    /// there.
    pub fn status(&self) -> WaiterStatus {
        self.shared.lock().session.status(self.request_id).unwrap_or(WaiterStatus::Closed)
    }

    /// Waits for the reply, no longer than the request's timeout.
    ///
    /// # Errors
    /// [`ChannelError::Timeout`], [`ChannelError::Server`], or why the reply cannot come.
    pub fn wait(mut self) -> Result<Message, ChannelError> {
        let ended = self.shared.wait_for(self.shared.lock(), self.request_id, self.deadline);
        self.is_taken = true;
        // Every request has an outcome when its deadline is reached.
        ended.map_or(Err(ChannelError::Stopped), |ended| self.shared.result_of(self.request_id, ended))
    }

    /// Waits for the reply, no longer than that and the request's timeout. Gives the waiter
    /// back if there is no outcome by then; the request goes on.
    ///
    /// # Errors
    /// The waiter, if there is no outcome yet.
    ///
    /// # Example
    /// ```no_run
    /// # use std::time::Duration;
    /// # use tgdb_channel::{ChannelError, TgChannel, pdu::Body};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// let mut waiter = channel.submit(Body::MetadataRequest)?;
    /// let reply = loop {
    ///     match waiter.wait_timeout(Duration::from_millis(100)) {
    ///         Ok(outcome) => break outcome?,
    ///         Err(back) => waiter = back,
    ///     }
    ///     println!("still waiting");
    /// };
    /// println!("{:?}", reply.body);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_timeout(mut self, timeout: Duration) -> Result<Result<Message, ChannelError>, Self> {
        let now = Instant::now();
        let deadline = now.checked_add(timeout).map_or(self.deadline, |deadline| deadline.min(self.deadline));
        match self.shared.wait_for(self.shared.lock(), self.request_id, deadline) {
            None => Err(self),
            Some(ended) => {
                self.is_taken = true;
                Ok(self.shared.result_of(self.request_id, ended))
            }
        }
    }

    /// The outcome if it is there; otherwise the waiter back.
    ///
    /// # Errors
    /// The waiter, if there is no outcome yet.
    pub fn try_wait(self) -> Result<Result<Message, ChannelError>, Self> {
        self.shared.read_available();
        self.wait_timeout(Duration::ZERO)
    }
}

impl Future for ResponseWaiter {
    type Output = Result<Message, ChannelError>;

    /// # Panics
    /// If it is polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.is_taken, "a waiter was polled after it was ready");
        self.poll_received(context).map(|received| received.map(|received| received.message))
    }
}

impl ResponseWaiter {
    /// As polling it, with the session of the reply.
    pub(crate) fn poll_received(&mut self, context: &mut Context<'_>) -> Poll<Result<Received, ChannelError>> {
        let polled = self.shared.poll_outcome(self.request_id, context.waker());
        polled.map(|ended| {
            self.is_taken = true;
            self.shared.received(self.request_id, ended)
        })
    }
}

impl Drop for ResponseWaiter {
    fn drop(&mut self) {
        if !self.is_taken {
            let mut state = self.shared.lock();
            state.cancel(self.request_id);
            self.shared.release(state);
        }
    }
}
