//! The channel.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tgdb_pdu::version::{PROTOCOL, ProductVersion, ProtocolVersion};
use tgdb_pdu::{AuthToken, Body, Message, Verb};
use tgdb_transport::TgSocket;
use tgdb_url::{Properties, TgUrl};

use crate::connect::{Gate, connect};
use crate::shared::{Connection, Shared};
use crate::{
    ChannelBuilder, ChannelError, ExceptionHandleResult, LinkState, RequestOptions, ResendMode, ResponseWaiter,
    SendOutcome, StopMethod, WaiterStatus, reader, stop, timer,
};

/// A session with a server. All methods take `&self` and can be called from any
/// thread; share it in an [`Arc`].
///
/// Dropping it stops it like [`StopMethod::ClientForceful`].
#[derive(Debug)]
pub struct TgChannel {
    shared: Arc<Shared>,
}

/// A request in flight, as [`TgChannel::waiters`] lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaiterInfo {
    /// Id of the request.
    pub request_id: i64,
    /// What was asked for.
    pub verb: Verb,
    /// What becomes of it when the connection is lost.
    pub resend: ResendMode,
    /// How it stands.
    pub status: WaiterStatus,
}

/// Counters since the channel was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelStats {
    /// Replies to requests that nobody waits for any more. They were dropped.
    pub late_replies: u64,
    /// Messages with a request id that was never given out. They were dropped.
    pub unknown_replies: u64,
}

impl TgChannel {
    /// Makes a channel to the server of that URL; see [`ChannelBuilder`].
    pub fn builder(url: &str) -> ChannelBuilder {
        ChannelBuilder::new(url)
    }

    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// Connects and logs in. Call [`TgChannel::start`] next. Allowed again after
    /// the channel was closed, terminated or lost.
    ///
    /// # Errors
    /// [`ChannelError::AlreadyConnected`]; [`ChannelError::Transport`] or
    /// [`ChannelError::AllAttemptsFailed`] without a server;
    /// [`ChannelError::Login`] or [`ChannelError::DatabaseName`] with one that does
    /// not let us in; [`ChannelError::Stopped`] if another thread stops the channel;
    /// [`ChannelError::WouldDeadlock`] in a callback.
    pub fn connect(&self) -> Result<(), ChannelError> {
        self.shared.check_not_reader()?;
        {
            let mut inner = self.shared.lock();
            let state = inner.core.state();
            if inner.connecting || matches!(state, LinkState::Connected | LinkState::Closing | LinkState::Reconnecting)
            {
                return Err(ChannelError::AlreadyConnected(state));
            }
            inner.connecting = true;
            inner.stopping = false;
        }
        // The threads of a connection that was lost before.
        stop::join(&self.shared);
        let result = connect(&self.shared.config, 0, &ConnectGate(&self.shared));
        let mut inner = self.shared.lock();
        inner.connecting = false;
        inner.login_socket = None;
        let stopping = inner.stopping;
        self.shared.notify();
        let connection = match result {
            Ok(connection) if stopping => {
                connection.socket.close();
                return Err(ChannelError::Stopped);
            }
            Ok(connection) => connection,
            Err(_) if stopping => return Err(ChannelError::Stopped),
            Err(error) => return Err(error),
        };
        // It was never set before: the connection is new.
        let _ = connection.generation.set(inner.core.connected());
        inner.connection = Some(Arc::new(connection));
        inner.cause = None;
        Ok(())
    }

    /// Starts the threads that read replies and ping. Nothing happens if it is
    /// started already.
    ///
    /// # Errors
    /// [`ChannelError::NotConnected`], [`ChannelError::Thread`].
    pub fn start(&self) -> Result<(), ChannelError> {
        let mut inner = self.shared.lock();
        let connection = match (&inner.connection, inner.core.state()) {
            (_, LinkState::Connected | LinkState::Reconnecting) if inner.reading => return Ok(()),
            (Some(connection), LinkState::Connected) => connection.clone(),
            _ => return Err(self.shared.not_connected(&inner, "start")),
        };
        let (orders, receiver) = crossbeam_channel::unbounded();
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let named = thread::Builder::new().name(format!("tgdb-{name}"));
            named.spawn(run).map_err(|error| ChannelError::Thread(Arc::new(error)))
        };
        let shared = self.shared.clone();
        let timer = spawn("timer", Box::new(move || timer::run(&shared, &receiver)))?;
        let shared = self.shared.clone();
        // If this one fails, the sender of orders goes with it, which ends the timer.
        let reader = spawn("reader", Box::new(move || reader::run(&shared, connection)))?;
        inner.timer = Some(orders);
        inner.reading = true;
        inner.threads = vec![timer, reader];
        Ok(())
    }

    /// Stops gracefully: [`TgChannel::stop`] with [`StopMethod::Graceful`].
    pub fn disconnect(&self) {
        self.stop(StopMethod::Graceful);
    }

    /// Stops the channel and ends its threads. Requests in flight get an outcome.
    /// Nothing happens if it is stopped already. Ends a [`TgChannel::connect`] on
    /// another thread, too.
    pub fn stop(&self, method: StopMethod) {
        stop::stop(&self.shared, method);
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
        self.shared.check_not_reader()?;
        self.submit_with(body, options)?.wait()
    }

    /// Sends a request; its reply is to be waited for. Any number can be in flight.
    ///
    /// # Errors
    /// [`ChannelError::NotConnected`], [`ChannelError::NotStarted`], or
    /// [`ChannelError::Encode`]. Waits while the channel reconnects, up to the timeout.
    pub fn submit(&self, body: impl Into<Body>) -> Result<ResponseWaiter, ChannelError> {
        self.submit_with(body, RequestOptions::default())
    }

    /// As [`TgChannel::submit`], with options.
    ///
    /// # Errors
    /// As [`TgChannel::submit`].
    pub fn submit_with(&self, body: impl Into<Body>, options: RequestOptions) -> Result<ResponseWaiter, ChannelError> {
        self.shared.submit_waiter(body.into(), options)
    }

    /// Sends a request whose outcome goes to a callback, and returns its id.
    ///
    /// The callback runs on a thread of the channel and holds up all replies until
    /// it returns. It may submit further requests but not wait for them.
    ///
    /// # Errors
    /// As [`TgChannel::submit`]; the callback is not called then.
    pub fn submit_callback(
        &self,
        body: impl Into<Body>,
        options: RequestOptions,
        callback: impl FnOnce(Result<Message, ChannelError>) + Send + 'static,
    ) -> Result<i64, ChannelError> {
        self.shared.submit_callback(body.into(), options, Box::new(callback))
    }

    /// Sends a message that has no reply, with the default options.
    ///
    /// # Errors
    /// As [`TgChannel::submit`], and [`ChannelError::NotResent`] if the connection
    /// was lost while sending and is back.
    pub fn send(&self, body: impl Into<Body>) -> Result<SendOutcome, ChannelError> {
        self.send_with(body, RequestOptions::default())
    }

    /// Sends a message that has no reply.
    ///
    /// # Errors
    /// As [`TgChannel::send`].
    pub fn send_with(&self, body: impl Into<Body>, options: RequestOptions) -> Result<SendOutcome, ChannelError> {
        self.shared.send_one_way(body.into(), options)
    }

    /// What to do about an error of this channel. Waits, no longer than the
    /// operation timeout, while the channel reconnects.
    pub fn handle_exception(&self, error: &ChannelError) -> ExceptionHandleResult {
        use ChannelError as E;
        match error {
            E::NotConnected { .. } | E::Lost { .. } | E::NotResent { .. } | E::ReconnectFailed { .. } => {}
            E::Transport(_) | E::AllAttemptsFailed { .. } => {}
            E::Terminated { .. } | E::Stopped => return ExceptionHandleResult::Disconnected,
            _ => return ExceptionHandleResult::RethrowException,
        }
        let deadline = Instant::now() + self.shared.config.operation_timeout;
        let wait = if self.shared.reader.is_me() { Instant::now() } else { deadline };
        let inner = self.shared.wait_while(wait, |inner| inner.core.state() == LinkState::Reconnecting);
        match inner.core.state() {
            LinkState::Connected => ExceptionHandleResult::RetryOperation,
            _ => ExceptionHandleResult::Disconnected,
        }
    }

    /// State of the link.
    pub fn link_state(&self) -> LinkState {
        self.shared.state()
    }

    /// Whether the channel is closing, closed or terminated.
    pub fn is_closed(&self) -> bool {
        self.link_state().is_closed()
    }

    /// Whether the connection was lost, and is not being made again.
    pub fn in_error(&self) -> bool {
        self.link_state().in_error()
    }

    /// Whether the channel is connected.
    pub fn is_connected(&self) -> bool {
        self.link_state() == LinkState::Connected
    }

    /// Why the link is down, if it is and not by our own will.
    pub fn last_error(&self) -> Option<ChannelError> {
        self.shared.lock().cause.clone()
    }

    fn of_connection<T>(&self, get: impl FnOnce(&Connection) -> T) -> Option<T> {
        self.shared.lock().connection.as_deref().map(get)
    }

    /// The session's token; [`AuthToken::NONE`] before the first login.
    pub fn auth_token(&self) -> AuthToken {
        self.of_connection(|connection| connection.auth_token).unwrap_or(AuthToken::NONE)
    }

    /// The session's id; 0 before the first login.
    pub fn session_id(&self) -> i64 {
        self.of_connection(|connection| connection.session_id).unwrap_or_default()
    }

    /// Name of this client program.
    pub fn client_id(&self) -> &str {
        &self.shared.config.credentials.client_id
    }

    /// The protocol version that we speak.
    pub fn client_protocol_version(&self) -> ProtocolVersion {
        PROTOCOL
    }

    /// The protocol version that the server speaks: always ours, for frames of
    /// another are refused. `None` before the first login.
    pub fn server_protocol_version(&self) -> Option<ProtocolVersion> {
        self.of_connection(|_| PROTOCOL)
    }

    /// The server's product version; `None` before the first login.
    pub fn server_product_version(&self) -> Option<ProductVersion> {
        self.of_connection(|connection| connection.server_version)
    }

    /// The server's end of the current or last connection.
    pub fn outbox_addr(&self) -> Option<SocketAddr> {
        self.of_connection(|connection| connection.socket.outbox_addr())
    }

    /// Our end of the current or last connection.
    pub fn inbox_addr(&self) -> Option<SocketAddr> {
        self.of_connection(|connection| connection.socket.inbox_addr())
    }

    /// The properties in force: those of the URL over those of the program.
    pub fn properties(&self) -> &Properties {
        &self.shared.config.properties
    }

    /// The URL of the server that the channel is, or was last, connected to.
    pub fn url(&self) -> &TgUrl {
        self.shared.url()
    }

    /// The requests in flight, by id.
    pub fn waiters(&self) -> Vec<WaiterInfo> {
        let inner = self.shared.lock();
        let info = |(id, request): (&i64, &crate::core::Pending<_>)| WaiterInfo {
            request_id: *id,
            verb: request.verb,
            resend: request.mode,
            status: request.status,
        };
        inner.core.pending().iter().map(info).collect()
    }

    /// Counters since the channel was made.
    pub fn stats(&self) -> ChannelStats {
        let inner = self.shared.lock();
        ChannelStats { late_replies: inner.core.late_replies, unknown_replies: inner.core.unknown_replies }
    }
}

impl Drop for TgChannel {
    fn drop(&mut self) {
        self.stop(StopMethod::ClientForceful);
    }
}

/// Gives up as soon as the channel is stopped.
struct ConnectGate<'a>(&'a Shared);

impl Gate for ConnectGate<'_> {
    fn pause(&self, time: Duration) -> bool {
        !self.0.wait_while(Instant::now() + time, |inner| !inner.stopping).stopping
    }

    fn opened(&self, socket: &Arc<dyn TgSocket>) -> bool {
        let mut inner = self.0.lock();
        inner.login_socket = Some(socket.clone());
        !inner.stopping
    }
}
