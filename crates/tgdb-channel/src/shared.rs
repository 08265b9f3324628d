//! What the threads of a channel share.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Sender;
use tgdb_pdu::version::ProductVersion;
use tgdb_pdu::{AuthToken, Header};
use tgdb_transport::{SocketOptions, TgSocket, TlsConnector, TransportError};
use tgdb_url::{Properties, TgUrl};
use zeroize::Zeroize;

use crate::core::{Core, Pending};
use crate::timer::Order;
use crate::waiter::{WaiterStatus, Waker};
use crate::{ChannelError, Credentials, LinkState};

/// Numbers the messages of this process, from 0 like Java.
static SEQUENCE: AtomicI64 = AtomicI64::new(0);

/// All that is fixed when a channel is made.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) properties: Properties,
    /// The URL, then those of the failover list.
    pub(crate) urls: Vec<TgUrl>,
    pub(crate) retry_count: u32,
    pub(crate) retry_interval: Duration,
    pub(crate) operation_timeout: Duration,
    pub(crate) ping_interval: Option<Duration>,
    pub(crate) socket: SocketOptions,
    pub(crate) tls: Option<TlsConnector>,
    /// The database that the certificate of the authenticate reply must name.
    pub(crate) verify_database: Option<String>,
    pub(crate) credentials: Credentials,
}

impl Config {
    pub(crate) fn has_failover(&self) -> bool {
        self.urls.len() > 1
    }
}

/// One logged-in connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) socket: Arc<dyn TgSocket>,
    pub(crate) auth_token: AuthToken,
    pub(crate) session_id: i64,
    pub(crate) server_version: ProductVersion,
    pub(crate) url_index: usize,
    /// Set once the connection is [`Core::connected`].
    pub(crate) generation: OnceLock<u64>,
    /// Why a sender closed the socket; the reader sees only that it was closed.
    pub(crate) send_failure: Mutex<Option<Arc<TransportError>>>,
    /// When the login was done.
    pub(crate) since: Instant,
    /// Whether anything came since the login.
    pub(crate) useful: AtomicBool,
}

impl Connection {
    /// The header of a message on this connection.
    pub(crate) fn header(&self, request_id: i64) -> Header {
        Header { request_id, auth_token: self.auth_token, session_id: self.session_id, ..new_header() }
    }

    /// Sends; on failure leaves the cause to the reader too, which deals with it.
    pub(crate) fn send(&self, frame: &[u8]) -> Result<(), Arc<TransportError>> {
        self.socket.send(frame).map(drop).map_err(|error| {
            log::debug!("{error}");
            let error = relock(self.send_failure.lock()).get_or_insert(Arc::new(error)).clone();
            self.socket.close();
            error
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.auth_token.zeroize();
    }
}

/// A header with a new sequence number and the time of now.
pub(crate) fn new_header() -> Header {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Header {
        sequence_no: SEQUENCE.fetch_add(1, Ordering::Relaxed),
        timestamp: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        ..Header::default()
    }
}

/// A lock that a panic elsewhere does not take away from us: what these locks
/// guard is valid between any two statements.
pub(crate) fn relock<G>(result: Result<G, PoisonError<G>>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Shared {
    pub(crate) config: Config,
    inner: Mutex<Inner>,
    /// Signalled when the state changes, and when a request is taken out.
    changed: Condvar,
    pub(crate) reader: ReaderThread,
    /// Whether anything went either way since the timer last looked.
    pub(crate) active: AtomicBool,
}

pub(crate) struct Inner {
    pub(crate) core: Core<Waker>,
    pub(crate) connection: Option<Arc<Connection>>,
    /// A thread is in `connect`.
    pub(crate) connecting: bool,
    /// The socket of a login that is under way, for `stop` to close.
    pub(crate) login_socket: Option<Arc<dyn TgSocket>>,
    /// `stop` was called since the last `connect`.
    pub(crate) stopping: bool,
    /// The reader runs.
    pub(crate) reading: bool,
    /// The timer, while the channel is started.
    pub(crate) timer: Option<Sender<Order>>,
    pub(crate) threads: Vec<std::thread::JoinHandle<()>>,
    /// Why the link is down.
    pub(crate) cause: Option<ChannelError>,
}

/// The thread of the reader, to tell whether we are it.
#[derive(Debug, Default)]
pub(crate) struct ReaderThread(Mutex<Option<ThreadId>>);

impl ReaderThread {
    pub(crate) fn set(&self, id: Option<ThreadId>) {
        *relock(self.0.lock()) = id;
    }

    pub(crate) fn is_me(&self) -> bool {
        *relock(self.0.lock()) == Some(std::thread::current().id())
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("url", &self.config.urls[0]).field("state", &self.state()).finish()
    }
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            inner: Mutex::new(Inner {
                core: Core::new(),
                connection: None,
                connecting: false,
                login_socket: None,
                stopping: false,
                reading: false,
                timer: None,
                threads: Vec::new(),
                cause: None,
            }),
            changed: Condvar::new(),
            reader: ReaderThread::default(),
            active: AtomicBool::new(false),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        relock(self.inner.lock())
    }

    /// Wakes those who wait in [`Shared::wait_while`].
    pub(crate) fn notify(&self) {
        self.changed.notify_all();
    }

    /// Waits until the condition is over or the deadline is there.
    pub(crate) fn wait_while(
        &self,
        deadline: Instant,
        mut condition: impl FnMut(&mut Inner) -> bool,
    ) -> MutexGuard<'_, Inner> {
        let inner = self.lock();
        let left = deadline.saturating_duration_since(Instant::now());
        relock(self.changed.wait_timeout_while(inner, left, |inner| condition(inner))).0
    }

    pub(crate) fn state(&self) -> LinkState {
        self.lock().core.state()
    }

    /// The server that the channel is, or was last, connected to.
    pub(crate) fn url(&self) -> &TgUrl {
        let index = self.lock().connection.as_ref().map_or(0, |connection| connection.url_index);
        &self.config.urls[index]
    }

    pub(crate) fn peer(&self) -> String {
        self.url().authority()
    }

    /// The error for an operation that needs a connection.
    pub(crate) fn not_connected(&self, inner: &Inner, operation: &'static str) -> ChannelError {
        let cause = inner.cause.clone().map(Box::new);
        ChannelError::NotConnected { operation, state: inner.core.state(), cause }
    }

    /// How a request in flight stands; `None` if it is not in flight.
    pub(crate) fn waiter_status(&self, id: i64) -> Option<WaiterStatus> {
        self.lock().core.pending().get(&id).map(|request| request.status)
    }

    /// Takes a request out. `false` if it was out already.
    pub(crate) fn abandon(&self, id: i64) -> bool {
        let request = self.lock().core.abandon(id);
        if request.is_some() {
            self.notify();
        }
        request.is_some()
    }

    /// The reader cannot wait for what it would have to read itself.
    pub(crate) fn check_not_reader(&self) -> Result<(), ChannelError> {
        if self.reader.is_me() { Err(ChannelError::WouldDeadlock) } else { Ok(()) }
    }

    /// Ends requests. Not to be called with the lock held.
    pub(crate) fn wake_all(&self, ended: Vec<Pending<Waker>>, outcome: impl Fn(&Pending<Waker>) -> ChannelError) {
        for request in ended {
            let error = outcome(&request);
            request.waiter.wake(Err(error));
        }
        self.notify();
    }
}
