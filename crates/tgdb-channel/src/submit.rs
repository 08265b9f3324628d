//! Requests and messages without reply: what [`TgChannel`] sends.

use std::time::Instant;

use tgdb_pdu::{Body, Message};

use crate::driver::observe::RequestSpan;
use crate::driver::room::IfFull;
use crate::driver::{Received, Waiter};
use crate::options::{DefaultScope, MAX_TIMEOUT};
use crate::proto::{Payload, Request};
use crate::{ChannelError, RequestOptions, ResendMode, ResponseWaiter, SendOutcome, SessionScope, TgChannel};

impl TgChannel {
    /// Sends a request and waits for its reply, with the default options.
    ///
    /// # Errors
    /// As [`TgChannel::submit`] and [`ResponseWaiter::wait`].
    pub fn request(&self, body: impl Into<Body>) -> Result<Message, ChannelError> {
        self.request_with(body, RequestOptions::default())
    }

    /// Sends a request and waits for its reply.
    ///
    /// # Errors
    /// As [`TgChannel::submit`] and [`ResponseWaiter::wait`].
    pub fn request_with(&self, body: impl Into<Body>, options: RequestOptions) -> Result<Message, ChannelError> {
        self.receive(body.into(), options).map(|received| received.message)
    }

    /// As [`TgChannel::request_with`], with the session of the reply.
    pub(crate) fn receive(&self, body: Body, options: RequestOptions) -> Result<Received, ChannelError> {
        let request = self.encode(body, options)?;
        let deadline = request.deadline;
        let shared = self.shared();
        let (state, id) = shared.submit(shared.lock(), request, IfFull::Wait)?;
        // Every request has an outcome when its deadline is reached.
        let ended = shared.wait_for(state, id, deadline).ok_or(ChannelError::Stopped)?;
        shared.received(id, ended)
    }

    /// Submits a request; its reply is to be waited for. Any number can be in flight, up to
    /// the bounds `maxRequestsInFlight` and `maxOutboxSize`.
    ///
    /// This does not wait for the socket. On an idle link the request is sent at once;
    /// behind others it is sent with them, by the first thread that waits, or after a millisecond.
    /// While the channel reconnects, it is kept until there is a connection.
    ///
    /// # Errors
    /// [`ChannelError::NotConnected`], [`ChannelError::NotStarted`],
    /// [`ChannelError::Encode`]; [`ChannelError::Full`] if one of the bounds is reached and
    /// there is no room within the timeout.
    pub fn submit(&self, body: impl Into<Body>) -> Result<ResponseWaiter, ChannelError> {
        self.submit_with(body, RequestOptions::default())
    }

    /// As [`TgChannel::submit`], with options.
    ///
    /// # Errors
    /// As [`TgChannel::submit`].
    pub fn submit_with(&self, body: impl Into<Body>, options: RequestOptions) -> Result<ResponseWaiter, ChannelError> {
        self.submit_one(body.into(), options, IfFull::Wait)
    }

    /// As [`TgChannel::submit`], but never waits.
    ///
    /// # Errors
    /// As [`TgChannel::submit`]; [`ChannelError::Full`] at once.
    pub fn try_submit(&self, body: impl Into<Body>) -> Result<ResponseWaiter, ChannelError> {
        self.try_submit_with(body, RequestOptions::default())
    }

    /// As [`TgChannel::try_submit`], with options.
    ///
    /// # Errors
    /// As [`TgChannel::try_submit`].
    pub fn try_submit_with(
        &self,
        body: impl Into<Body>,
        options: RequestOptions,
    ) -> Result<ResponseWaiter, ChannelError> {
        self.submit_one(body.into(), options, IfFull::Fail)
    }

    fn submit_one(&self, body: Body, options: RequestOptions, if_full: IfFull) -> Result<ResponseWaiter, ChannelError> {
        let request = self.encode(body, options)?;
        let (verb, deadline) = (request.verb, request.deadline);
        let shared = self.shared();
        let (state, id) = shared.submit(shared.lock(), request, if_full)?;
        let state = shared.flush_soon(state, deadline);
        shared.release(state);
        Ok(ResponseWaiter::new(shared.clone(), id, verb, deadline))
    }

    /// Submits several requests and sends them in one write, as far as they fit.
    ///
    /// # Errors
    /// As [`TgChannel::submit`], for the first that fails. Those before it may have been
    /// sent; their replies are given up. A message that cannot be encoded fails before
    /// anything is sent.
    ///
    /// # Example
    /// ```no_run
    /// # use tgdb_channel::{ChannelError, RequestOptions, TgChannel};
    /// # use tgdb_channel::pdu::body::{QueryCommand, QueryRequest};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// let queries = ["g.V()", "g.E()"].map(|text| QueryRequest::text(QueryCommand::EXECUTE_GREMLIN_STR, text));
    /// for waiter in channel.submit_all(queries, RequestOptions::default())? {
    ///     println!("{:?}", waiter.wait()?.body);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn submit_all<B: Into<Body>>(
        &self,
        bodies: impl IntoIterator<Item = B>,
        options: RequestOptions,
    ) -> Result<Vec<ResponseWaiter>, ChannelError> {
        let mut begins = false;
        let requests = bodies.into_iter().map(|body| {
            let (body, mut options) = (body.into(), options);
            if begins && DefaultScope::of(&body) == DefaultScope::Transaction {
                // This request belongs to the transaction that an earlier one of this call begins.
                options.session.get_or_insert(SessionScope::Current);
            }
            begins |= matches!(body, Body::BeginTransactionRequest);
            self.encode(body, options)
        });
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let waiter = |(id, verb, deadline)| ResponseWaiter::new(self.shared().clone(), id, verb, deadline);
        Ok(self.shared().submit_all(requests)?.into_iter().map(waiter).collect())
    }

    /// Submits a request whose outcome goes to a callback, and returns its id.
    ///
    /// Callbacks run one after another on the thread `tgdb-callbacks` of the channel. They
    /// may do everything that other threads may: submit, wait for replies, stop the channel.
    /// One that takes long delays other callbacks, but no reply and no timeout.
    ///
    /// # Errors
    /// As [`TgChannel::submit`], or [`ChannelError::Thread`]; the callback is not called then.
    ///
    /// # Example
    /// ```no_run
    /// # use tgdb_channel::{ChannelError, RequestOptions, TgChannel, pdu::Body};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// channel.submit_callback(Body::MetadataRequest, RequestOptions::default(), |outcome| match outcome {
    ///     Ok(reply) => println!("{:?}", reply.body),
    ///     Err(error) => eprintln!("{error:#}"),
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn submit_callback(
        &self,
        body: impl Into<Body>,
        options: RequestOptions,
        callback: impl FnOnce(Result<Message, ChannelError>) + Send + 'static,
    ) -> Result<i64, ChannelError> {
        let request = self.encode(body.into(), options)?;
        self.shared().submit_callback(request, Box::new(callback))
    }

    /// Sends a message that has no reply, with the default options.
    ///
    /// # Errors
    /// As [`TgChannel::send_with`].
    pub fn send(&self, body: impl Into<Body>) -> Result<SendOutcome, ChannelError> {
        self.send_with(body, RequestOptions::default())
    }

    /// Sends a message that has no reply, and waits until the operating system has taken it.
    ///
    /// # Errors
    /// As [`TgChannel::submit`], [`ChannelError::Timeout`] if the server does not read, and
    /// [`ChannelError::NotResent`] if the connection was lost while sending and is back.
    pub fn send_with(&self, body: impl Into<Body>, options: RequestOptions) -> Result<SendOutcome, ChannelError> {
        let mut request = self.encode(body.into(), options)?;
        request.is_one_way = true;
        self.shared().send_one_way(request)
    }

    pub(crate) fn encode(&self, body: Body, options: RequestOptions) -> Result<Request<Waiter>, ChannelError> {
        let mut request = self.encode_unobserved(body, options)?;
        request.tracker = RequestSpan::begin(request.verb, request.payload.len());
        Ok(request)
    }

    /// The same for a request that may not be needed: whoever submits it begins to observe it.
    pub(crate) fn encode_unobserved(
        &self,
        body: Body,
        options: RequestOptions,
    ) -> Result<Request<Waiter>, ChannelError> {
        let verb = body.verb();
        let payload = Payload::encode(&body).map_err(|source| ChannelError::Encode { verb, source })?;
        let mode = options.resend.unwrap_or_else(|| ResendMode::default_for(&body));
        let timeout = options.timeout.unwrap_or(self.shared().config.operation_timeout).min(MAX_TIMEOUT);
        let deadline = Instant::now() + timeout;
        let session = self.shared().session_of(options.session, DefaultScope::of(&body));
        Ok(Request { verb, payload, mode, deadline, timeout, session, is_one_way: false, waiter: None, tracker: None })
    }
}
