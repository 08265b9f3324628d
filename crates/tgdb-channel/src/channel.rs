//! The channel.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tgdb_pdu::{Body, Message};
use tgdb_transport::TgSocket;

use crate::connect::{Gate, connect};
use crate::shared::Shared;
use crate::{
    ChannelBuilder, ChannelError, ExceptionHandleResult, LinkState, RequestOptions, ResponseWaiter, SendOutcome,
    StopMethod, reader, stop, timer,
};

/// A session with a server. All methods take `&self` and can be called from any
/// thread; share it in an [`Arc`].
///
/// Dropping it stops it like [`StopMethod::ClientForceful`].
#[derive(Debug)]
pub struct TgChannel {
    pub(crate) shared: Arc<Shared>,
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
    /// it returns; [`TgChannel::stop`] waits for it. It may submit further requests
    /// but not wait for them.
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
