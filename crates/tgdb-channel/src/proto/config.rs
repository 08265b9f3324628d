//! The settings of a session.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use tgdb_url::VersionCheck;

use super::Credentials;

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
    /// The pause between two rounds over the list. Default 10 s.
    pub retry_interval: Duration,
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
            connect_timeout: Duration::from_secs(1),
            operation_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(10),
            ping_interval: Some(Duration::from_secs(30)),
            max_in_flight: 16_384,
            max_outbox: 16 << 20,
            sequence: Arc::default(),
        }
    }
}
