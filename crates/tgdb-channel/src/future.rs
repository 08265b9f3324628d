//! The channel for tasks of any runtime: the same operations, without blocking the thread.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tgdb_pdu::{Body, Message, Verb};

use crate::driver::{Shared, Waiter};
use crate::proto::Request;
use crate::{ChannelError, LinkState, RequestOptions, ResponseWaiter, TgChannel};

impl TgChannel {
    /// [`TgChannel::connect`] for a task. Dropping the future gives the attempt up.
    ///
    /// # Errors
    /// As [`TgChannel::connect`].
    pub fn connect_async(&self) -> Connecting {
        Connecting { shared: self.shared().clone(), stage: Stage::New }
    }

    /// [`TgChannel::submit_with`] for a task: waits for room where there is none, without
    /// blocking the thread. Dropping the future before it is ready submits nothing.
    ///
    /// # Errors
    /// As [`TgChannel::submit`].
    ///
    /// # Example
    /// ```no_run
    /// # use tgdb_channel::{ChannelError, RequestOptions, TgChannel, pdu::Body};
    /// # async fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// // Waits only while there is no room.
    /// let waiter = channel.submit_async(Body::MetadataRequest, RequestOptions::default()).await?;
    /// println!("{:?}", waiter.await?.body);
    /// # Ok(())
    /// # }
    /// ```
    pub fn submit_async(&self, body: impl Into<Body>, options: RequestOptions) -> Submitting {
        let shared = self.shared().clone();
        match self.encode(body.into(), options) {
            Ok(request) => {
                let (verb, deadline) = (request.verb, request.deadline);
                Submitting { shared, request: Some(request), failure: None, verb, deadline, ticket: None }
            }
            Err(error) => {
                let (verb, deadline) = (Verb::INVALID, Instant::now());
                Submitting { shared, request: None, failure: Some(error), verb, deadline, ticket: None }
            }
        }
    }

    /// [`TgChannel::request_with`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::request`].
    pub async fn request_async(&self, body: impl Into<Body>, options: RequestOptions) -> Result<Message, ChannelError> {
        let submitting = self.submit_async(body, options);
        submitting.await?.await
    }

    /// Waits while the channel reconnects, and returns the state of the link then. It ends
    /// when the attempts end; for less, use the timeout of the runtime.
    pub fn reconnected_async(&self) -> Reconnecting {
        Reconnecting { shared: self.shared().clone(), ticket: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Begun { number: u64, ticket: Option<u64> },
    Over,
}

/// The future of [`TgChannel::connect_async`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Connecting {
    shared: Arc<Shared>,
    stage: Stage,
}

impl Future for Connecting {
    type Output = Result<(), ChannelError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (number, mut ticket) = match self.stage {
            Stage::New => match self.shared.begin_connect() {
                Ok(number) => (number, None),
                Err(error) => {
                    self.stage = Stage::Over;
                    return Poll::Ready(Err(error));
                }
            },
            Stage::Begun { number, ticket } => (number, ticket),
            Stage::Over => return Poll::Ready(Err(ChannelError::Stopped)),
        };
        let result = self.shared.poll_connected(number, &mut ticket, context.waker());
        self.stage = if result.is_ready() { Stage::Over } else { Stage::Begun { number, ticket } };
        result
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if let Stage::Begun { number, ticket } = self.stage {
            self.shared.abandon_connect(number, ticket);
        }
    }
}

/// The future of [`TgChannel::submit_async`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Submitting {
    shared: Arc<Shared>,
    request: Option<Request<Waiter>>,
    failure: Option<ChannelError>,
    verb: Verb,
    deadline: Instant,
    ticket: Option<u64>,
}

impl Future for Submitting {
    type Output = Result<ResponseWaiter, ChannelError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(error) = this.failure.take() {
            return Poll::Ready(Err(error));
        }
        let result = this.shared.poll_submit(&mut this.request, &mut this.ticket, context.waker());
        result.map(|result| result.map(|id| ResponseWaiter::new(this.shared.clone(), id, this.verb, this.deadline)))
    }
}

impl Drop for Submitting {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let mut state = self.shared.lock();
            state.leave_room(self.ticket);
            self.shared.release(state);
        }
    }
}

/// The future of [`TgChannel::reconnected_async`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Reconnecting {
    shared: Arc<Shared>,
    ticket: Option<u64>,
}

impl Future for Reconnecting {
    type Output = LinkState;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.shared.poll_reconnected(&mut this.ticket, context.waker())
    }
}

impl Drop for Reconnecting {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let mut state = self.shared.lock();
            state.unwatch(self.ticket);
            self.shared.release(state);
        }
    }
}
