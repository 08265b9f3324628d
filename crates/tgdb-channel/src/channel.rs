//! The channel: connecting, starting, stopping, and the state of its link.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;

use crate::driver::{Config, Shared};
use crate::proto::SessionConfig;
use crate::{ChannelBuilder, ChannelError, ChannelEvent, ExceptionHandleResult, LinkState, StopMethod};

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

    /// Leaves the server for another one of the list: that of the index, 0 for the URL's own,
    /// or the next one. For a program that has a reason to leave it, for example that the
    /// server is read-only. Returns at once; the link is `Reconnecting` then, and if the other
    /// server does not accept the login, the next ones of the list are tried. What becomes of
    /// requests in flight is the same as when the connection is lost.
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
