//! The settings of a session.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use tgdb_pdu::Verb;
use tgdb_url::VersionCheck;

use super::{Credentials, LoadBalance, Payload};

/// When a connection is given up on which nothing at all arrives although requests wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Liveness {
    /// Never.
    Off,
    /// After that time.
    After(Duration),
    /// After that time, or after the longest timeout of the requests that wait, if that is
    /// longer: the program expects such a request to take long.
    Patient(Duration),
}

impl Default for Liveness {
    /// [`Liveness::Patient`] with 30 s.
    fn default() -> Self {
        Self::Patient(Duration::from_secs(30))
    }
}

/// The settings of a [`Session`](super::Session).
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// The servers as `host:port`, the preferred one first. With more than one a lost
    /// connection is made again.
    pub servers: Vec<String>,
    /// Who logs in. The inbox address comes from each connection.
    pub credentials: Credentials,
    /// The database that the certificate of the authenticate reply must name.
    pub verify_database: Option<String>,
    /// How often the list of servers is tried. Default 3.
    pub retry_count: u32,
    /// The pause behind the first round over the list; it doubles from round to round, and
    /// up to a half is added at random. Default 10 s, at least 10 ms.
    pub retry_interval: Duration,
    /// To what the pause grows. Default 60 s.
    pub max_retry_interval: Duration,
    /// The first attempt after a loss is made at a random time within that. Default 1 s.
    pub reconnect_spread: Duration,
    /// In which order servers are tried.
    pub load_balance: LoadBalance,
    /// When a server that does not answer is given up.
    pub liveness: Liveness,
    /// Seeds what is random. Sessions with the same seed and input do the same.
    pub seed: u64,
    /// Encoded messages without reply that go first on each new session.
    pub session_setup: Vec<(Verb, Payload)>,
    /// Report each request that leaves with [`Event::Sent`](super::Event::Sent). Default false.
    pub report_sent: bool,
    /// Time for one attempt to connect, name resolution and TLS included. Default 1 s.
    pub connect_timeout: Duration,
    /// Time for a login, and for a graceful close to wait for replies. Default 10 s.
    pub operation_timeout: Duration,
    /// A connection is lost if bytes wait and none went for that long. Default 10 s.
    pub send_timeout: Duration,
    /// Silence after which a ping is sent; `None` for no pings. Default 30 s.
    pub ping_interval: Option<Duration>,
    /// How many requests can be without outcome at once. Default 16,384.
    pub max_in_flight: usize,
    /// How many bytes of requests can wait to be sent. One larger request is taken if
    /// nothing waits, and requests that are to be sent again come on top, of which
    /// `max_in_flight` is the bound. Default 16 MiB.
    pub max_outbox: usize,
    /// Maximum length of a frame before the login is done, in bytes. Default 128 KiB.
    pub max_login_frame_len: u32,
    /// Numbers the messages; shared by the sessions of a process. Starts at 0 like Java's.
    pub sequence: Arc<AtomicI64>,
}

impl SessionConfig {
    /// The defaults, with that server and the user `admin`.
    pub fn new(server: impl Into<String>) -> Self {
        Self {
            servers: vec![server.into()],
            credentials: Credentials {
                user: tgdb_url::DEFAULT_USER.into(),
                password: tgdb_pdu::Secret::default(),
                database: None,
                roles: None,
                client_id: "tgdb.rust-api.client".into(),
                inbox_addr: String::new(),
                ssl_mode: false,
                version_check: VersionCheck::Major,
            },
            verify_database: None,
            retry_count: 3,
            retry_interval: Duration::from_secs(10),
            max_retry_interval: Duration::from_secs(60),
            reconnect_spread: Duration::from_secs(1),
            load_balance: LoadBalance::Disable,
            liveness: Liveness::default(),
            seed: 0,
            session_setup: Vec::new(),
            report_sent: false,
            connect_timeout: Duration::from_secs(1),
            operation_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(10),
            ping_interval: Some(Duration::from_secs(30)),
            max_in_flight: 16_384,
            max_outbox: 16 << 20,
            max_login_frame_len: tgdb_pdu::DEFAULT_MAX_LOGIN_FRAME_LEN,
            sequence: Arc::default(),
        }
    }
}
