//! Typed calls: a request and its own reply.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tgdb_pdu::call::{GetMetadata, Request};
use tgdb_pdu::graph::Schema;
use tgdb_pdu::{Body, Verb};

use crate::driver::schema::{Step, Wanted};
use crate::driver::{Received, Shared};
use crate::options::MAX_TIMEOUT;
use crate::proto::SessionNumber;
use crate::{ChannelError, RequestOptions, SessionScope, TgChannel};

impl TgChannel {
    /// Sends a request and gives what its reply holds, with the default options.
    ///
    /// # Errors
    /// [`ChannelError::Server`] if the server did not do what was asked: the query, the commit, the
    /// command or the large object failed. [`ChannelError::WrongReply`]. Else as
    /// [`TgChannel::request`].
    ///
    /// # Example
    /// ```no_run
    /// use tgdb_channel::pdu::body::{AdminCommand, AdminRequest, Users};
    /// # use tgdb_channel::{ChannelError, TgChannel};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// match channel.call(AdminRequest::new(AdminCommand::SHOW_USERS)) {
    ///     Ok(reply) => println!("{:?}", reply.data::<Users>()?),
    ///     Err(ChannelError::Server(error)) => println!("{} {:?}", error.code, error.message),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// To have several in flight, submit them and read each reply with
    /// [`Request::reply`](crate::pdu::call::Request::reply):
    /// ```no_run
    /// use tgdb_channel::pdu::body::QueryRequest;
    /// use tgdb_channel::pdu::call::Request;
    /// # use tgdb_channel::{ChannelError, TgChannel};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// let waiters = ["g.V().count()", "g.E().count()"].map(|text| channel.submit(QueryRequest::gremlin(text)));
    /// for waiter in waiters {
    ///     println!("{:?}", QueryRequest::reply(waiter?.wait()?.body)?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<R: Request>(&self, request: R) -> Result<R::Reply, ChannelError> {
        self.call_with(request, RequestOptions::default())
    }

    /// As [`TgChannel::call`], with options.
    ///
    /// # Errors
    /// As [`TgChannel::call`].
    pub fn call_with<R: Request>(&self, request: R, options: RequestOptions) -> Result<R::Reply, ChannelError> {
        Ok(R::reply(self.request_with(request, options)?.body)?)
    }

    /// [`TgChannel::call_with`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::call`].
    pub async fn call_async<R: Request>(&self, request: R, options: RequestOptions) -> Result<R::Reply, ChannelError> {
        // The request becomes a message here, so that it is not kept while the future waits.
        let reply = self.request_async(request.into(), options);
        Ok(R::reply(reply.await?.body)?)
    }
}

/// How a call waits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Waiting {
    /// It blocks the thread: see [`ready`].
    Thread,
    /// It is polled by a task.
    Task,
}

/// The result of a call that blocks the thread, and so is ready when it is first polled.
pub(crate) fn ready<T>(call: impl Future<Output = Result<T, ChannelError>>) -> Result<T, ChannelError> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ChannelError::Stopped),
    }
}

/// One call of the program that takes one or more requests, within one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'c> {
    pub(crate) channel: &'c TgChannel,
    waiting: Waiting,
    options: RequestOptions,
    timeout: Duration,
    deadline: Instant,
}

impl<'c> Asker<'c> {
    pub(crate) fn new(channel: &'c TgChannel, waiting: Waiting, options: RequestOptions) -> Self {
        let timeout = options.timeout.unwrap_or(channel.shared().config.operation_timeout).min(MAX_TIMEOUT);
        Self { channel, waiting, options, timeout, deadline: Instant::now() + timeout }
    }

    fn shared(&self) -> &'c Arc<Shared> {
        self.channel.shared()
    }

    /// The options, with the time that is left.
    fn options(&self) -> RequestOptions {
        self.options.with_timeout(self.deadline.saturating_duration_since(Instant::now()))
    }

    /// Fails if the call belongs to a session that is gone, before anything is sent for it.
    pub(crate) fn check_session(&self, verb: Verb) -> Result<(), ChannelError> {
        let current = self.channel.session_number();
        match self.options.session {
            Some(SessionScope::Of(session)) if Some(session) != current => {
                Err(ChannelError::SessionGone { verb, session, current })
            }
            _ => Ok(()),
        }
    }

    async fn receive(&self, body: Body, options: RequestOptions) -> Result<Received, ChannelError> {
        match self.waiting {
            Waiting::Thread => self.channel.receive(body, options),
            Waiting::Task => {
                let mut waiter = self.channel.submit_async(body, options).await?;
                poll_fn(|context| waiter.poll_received(context)).await
            }
        }
    }

    /// What the reply holds, and the session in which it came.
    pub(crate) async fn call<R: Request>(&self, request: R) -> Result<(R::Reply, SessionNumber), ChannelError> {
        let received = self.receive(request.into(), self.options());
        let received = received.await?;
        Ok((R::reply(received.message.body)?, received.session))
    }

    /// The schema of that session or a later one; `None` for the current session.
    pub(crate) async fn schema(&self, session: Option<SessionNumber>) -> Result<Arc<Schema>, ChannelError> {
        self.wanted_schema(Wanted { session, after: 0 }).await
    }

    /// The schema that the server has now, of that session or a later one.
    pub(crate) async fn newer_schema(&self, session: Option<SessionNumber>) -> Result<Arc<Schema>, ChannelError> {
        let after = self.shared().last_schema_request();
        self.wanted_schema(Wanted { session, after }).await
    }

    async fn wanted_schema(&self, wanted: Wanted) -> Result<Arc<Schema>, ChannelError> {
        let shared = self.shared();
        let mut waited_for = None;
        loop {
            if let Some(schema) = shared.known_schema(wanted) {
                return Ok(schema);
            }
            // All sessions see the same graph, so that any session can answer.
            let options = self.options().with_session(SessionScope::Any);
            let request = self.channel.encode_unobserved(Body::MetadataRequest, options)?;
            match shared.schema_step(wanted, waited_for, request)? {
                Step::Ready(schema) => return Ok(schema),
                Step::Wait(number) => {
                    self.wait_for_schema(number).await?;
                    waited_for = Some(number);
                }
                Step::Ask => {
                    let number = shared.start_schema_request();
                    let received = self.receive(GetMetadata.into(), self.options().with_session(SessionScope::Any));
                    return shared.keep_schema(number, received.await?);
                }
            }
        }
    }

    async fn wait_for_schema(&self, number: u64) -> Result<(), ChannelError> {
        let is_over = match self.waiting {
            Waiting::Thread => self.shared().wait_for_schema(number, self.deadline),
            Waiting::Task => Landing { shared: self.shared(), number, deadline: self.deadline, ticket: None }.await,
        };
        if is_over {
            return Ok(());
        }
        let (verb, peer, timeout) = (Verb::METADATA_REQUEST, self.shared().peer(), self.timeout);
        Err(ChannelError::Timeout { verb, peer, timeout, request_id: -1, was_sent: true })
    }
}

/// Waits until a shared request for the schema is over, or there is no time left; whether it is
/// over.
struct Landing<'c> {
    shared: &'c Arc<Shared>,
    number: u64,
    deadline: Instant,
    ticket: Option<u64>,
}

impl Future for Landing<'_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        let this = &mut *self;
        this.shared.poll_schema(this.number, this.deadline, &mut this.ticket, context.waker())
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.shared.with(|state| state.unwatch(self.ticket));
        }
    }
}
