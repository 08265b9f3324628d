//! The channel for tasks of any runtime: the same operations, without blocking the thread.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tgdb_pdu::{Body, Message, Verb};

use crate::driver::{Shared, Waiter};
use crate::proto::Request;
use crate::{ChannelError, LinkState, RequestOptions, ResponseWaiter, StopMethod, TgChannel};

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
    pub fn submit_async(&self, body: impl Into<Body>, options: RequestOptions) -> Submitting {
        let request = self.encode(body.into(), options);
        let (verb, timeout) = request.as_ref().map_or((Verb::INVALID, Default::default()), |request| {
            (request.verb, request.timeout)
        });
        let (request, failure) = match request {
            Ok(request) => (Some(request), None),
            Err(error) => (None, Some(error)),
        };
        let deadline = Instant::now() + timeout;
        Submitting { shared: self.shared().clone(), request, failure, verb, deadline, ticket: None }
    }

    /// [`TgChannel::request_with`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::request`].
    pub async fn request_async(
        &self,
        body: impl Into<Body>,
        options: RequestOptions,
    ) -> Result<Message, ChannelError> {
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
    Begun { ticket: Option<u64> },
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
        let mut ticket = match self.stage {
            Stage::New => {
                if let Err(error) = self.shared.begin_connect() {
                    self.stage = Stage::Over;
                    return Poll::Ready(Err(error));
                }
                None
            }
            Stage::Begun { ticket } => ticket,
            Stage::Over => return Poll::Ready(Err(ChannelError::Stopped)),
        };
        let result = self.shared.poll_connected(&mut ticket, context.waker());
        self.stage = if result.is_ready() { Stage::Over } else { Stage::Begun { ticket } };
        result
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if let Stage::Begun { ticket } = self.stage {
            self.shared.with(|state| {
                state.unwatch(ticket);
                if !state.session.has_connect_outcome() {
                    state.session.close(Instant::now(), StopMethod::ClientForceful);
                }
            });
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
        let result = this.shared.poll_submit(&mut this.request, this.deadline, &mut this.ticket, context.waker());
        result.map(|result| {
            result.map(|id| ResponseWaiter::new(this.shared.clone(), id, this.verb, this.deadline))
        })
    }
}

impl Drop for Submitting {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let mut state = self.shared.lock();
            state.session.leave_room(ticket);
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
        self.shared.lock().unwatch(self.ticket);
    }
}
