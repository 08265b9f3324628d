//! The channel.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;
use tgdb_pdu::{Body, Message};

use crate::driver::observe::RequestTrace;
use crate::driver::room::IfFull;
use crate::driver::{Config, Received, Shared, Waiter};
use crate::options::{DefaultScope, MAX_TIMEOUT};
use crate::proto::{Payload, Request, SessionConfig};
use crate::{
    ChannelBuilder, ChannelError, ChannelEvent, ExceptionHandleResult, LinkState, RequestOptions, ResendMode,
    ResponseWaiter, SendOutcome, SessionScope, StopMethod,
};

/// How many events a receiver of them may be behind.
const EVENTS: usize = 1024;

/// A session with a server. A handle: clones are cheap and share the session, and all
/// methods can be called from any thread. When the last handle is dropped, the channel is
/// stopped like with [`StopMethod::ClientForceful`].
///
/// # Example
/// ```no_run
/// use tgdb_channel::pdu::Body;
/// use tgdb_channel::{StopMethod, TgChannel};
///
/// let channel = TgChannel::builder("tcp://localhost:8222").user("scott").password("tiger").build()?;
/// channel.connect()?;
/// channel.start()?;
/// println!("{:?}", channel.request(Body::MetadataRequest)?.body);
/// channel.stop(StopMethod::Graceful);
/// # Ok::<(), tgdb_channel::ChannelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TgChannel {
    handle: Arc<Handle>,
}

/// Stops the channel when the last handle is dropped.
#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.stop(StopMethod::ClientForceful);
        self.shared.end_callbacks();
        self.shared.end_trace();
    }
}

impl TgChannel {
    /// Makes a channel to the server of that URL; see [`ChannelBuilder`].
    pub fn builder(url: &str) -> ChannelBuilder {
        ChannelBuilder::new(url)
    }

    pub(crate) fn new(config: Config, session: SessionConfig) -> Self {
        Self { handle: Arc::new(Handle { shared: Arc::new(Shared::new(config, session)) }) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// Connects and logs in. Call [`TgChannel::start`] next. Allowed again after
    /// the channel was closed, terminated or lost.
    ///
    /// Each server of the list is given `connectTimeout` for name resolution, TCP and TLS
    /// together, then the operation timeout for the login. [`TgChannel::stop`] on another
    /// thread ends it at once.
    ///
    /// # Errors
    /// [`ChannelError::AlreadyConnected`]; [`ChannelError::Connect`] or
    /// [`ChannelError::AllAttemptsFailed`] without a server;
    /// [`ChannelError::Login`] or [`ChannelError::DatabaseName`] with one that does
    /// not accept the login; [`ChannelError::Stopped`] if another thread stops the channel;
    /// [`ChannelError::Thread`].
    pub fn connect(&self) -> Result<(), ChannelError> {
        let number = self.shared().begin_connect()?;
        self.shared().wait_connected(number)
    }

    /// Allows requests. Nothing happens if it is started already.
    ///
    /// # Errors
    /// [`ChannelError::NotConnected`].
    pub fn start(&self) -> Result<(), ChannelError> {
        let mut state = self.shared().lock();
        state.session.start().map_err(|_| state.not_connected("start"))
    }

    /// Stops gracefully: [`TgChannel::stop`] with [`StopMethod::Graceful`].
    pub fn disconnect(&self) {
        self.stop(StopMethod::Graceful);
    }

    /// Stops the channel and gives its socket back. Requests in flight get an outcome.
    /// Nothing happens if it is stopped already. Ends a [`TgChannel::connect`] on another
    /// thread, and a slower stop.
    ///
    /// Returns within 250 ms; with [`StopMethod::Graceful`] within the operation timeout and
    /// 1.25 s. Callbacks that are due are waited for, but no longer than that, and not in a
    /// callback: they come after it. The I/O thread ends soon after; the thread of the
    /// callbacks stays until the last handle is dropped.
    pub fn stop(&self, method: StopMethod) {
        self.shared().stop(method);
    }

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
    /// behind others it is sent with them, by whoever waits first, or after a millisecond.
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
        request.tracker = RequestTrace::begin(request.verb, request.payload.len());
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

    /// Leaves the server for another one of the list: that of the index, 0 for the URL's own,
    /// or the next one. For a program that knows better, because the server is read-only, say.
    /// Returns at once; the link is `Reconnecting` then, and if the other server does not
    /// accept the login, the list is tried on. Requests in flight fare as if the connection
    /// was lost.
    ///
    /// # Errors
    /// [`ChannelError::NotConnected`]; [`ChannelError::NoOtherServer`] if there is none of
    /// that index.
    pub fn switch_server(&self, to: Option<usize>) -> Result<(), ChannelError> {
        let servers = self.shared().config.urls.len();
        if servers < 2 || to.is_some_and(|to| to >= servers) {
            return Err(ChannelError::NoOtherServer { servers });
        }
        self.shared().with(|state| match state.session.switch_server(Instant::now(), to) {
            true => Ok(()),
            false => Err(state.not_connected("switch server")),
        })
    }

    /// A stream of what happens to the channel from now on: changes of the link, new sessions,
    /// failed attempts, losses, resends and late replies. It holds 1,024 events; if they are
    /// not received, later ones are dropped. Any number of receivers can be asked for; each
    /// gets all.
    pub fn events(&self) -> Receiver<ChannelEvent> {
        let (sender, receiver) = crossbeam_channel::bounded(EVENTS);
        self.shared().lock().subscribe(sender);
        receiver
    }

    /// Waits while the channel reconnects, no longer than the operation timeout, and returns
    /// the state of the link then.
    pub fn wait_reconnected(&self) -> LinkState {
        self.shared().wait_reconnected(Instant::now() + self.shared().config.operation_timeout)
    }

    /// What to do about an error of this channel. Waits, no longer than the
    /// operation timeout, while the channel reconnects.
    pub fn handle_exception(&self, error: &ChannelError) -> ExceptionHandleResult {
        use ChannelError as E;
        match error {
            E::NotConnected { .. } | E::Lost { .. } | E::NotResent { .. } | E::ReconnectFailed { .. } => {}
            E::Connect(_) | E::ConnectionLost(_) | E::AllAttemptsFailed { .. } => {}
            E::Terminated { .. } | E::Stopped => return ExceptionHandleResult::Disconnected,
            _ => return ExceptionHandleResult::RethrowException,
        }
        match self.wait_reconnected() {
            LinkState::Connected => ExceptionHandleResult::RetryOperation,
            _ => ExceptionHandleResult::Disconnected,
        }
    }
}
