//! Settings of a server.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use tgdb_pdu::Secret;
use tgdb_pdu::version::ProductVersion;

use crate::graph::GraphServer;
use crate::{Faults, Script, echo};

/// A user of the default configuration.
pub const DEFAULT_USER: &str = "scott";
/// The password of [`DEFAULT_USER`].
pub const DEFAULT_PASSWORD: &str = "tiger";
/// The database of the default configuration.
pub const DEFAULT_DATABASE: &str = "routes";

/// Status of the authenticate reply for a wrong user, password or role. The
/// vendor's clients give its values no meaning, so this is a guess.
pub const WRONG_PASSWORD: i32 = 1;
/// Code of the exception for a database that is not there. A guess, too.
pub const UNKNOWN_DATABASE: i32 = 2;

/// Configuration of a [`TestServer`](crate::TestServer).
#[derive(Clone)]
pub struct ServerConfig {
    /// Where to listen; a loopback address. Default `127.0.0.1`, any free port.
    pub address: SocketAddr,
    /// Configuration of TLS, for a server with TLS; see [`TestCa`](crate::TestCa).
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Names and passwords of the users.
    pub users: HashMap<String, Secret>,
    /// Roles that users can log in with.
    pub roles: Vec<String>,
    /// Names of the databases. A login without a database succeeds too.
    pub databases: Vec<String>,
    /// Product version, sent in the handshake.
    pub version: ProductVersion,
    /// Certificate in the authenticate reply, DER. Default none.
    pub certificate: Option<Bytes>,
    /// Take requests without token and session id too: Java's client leaves them
    /// out of some. Default false; wrong ones are an error either way.
    pub allow_missing_token: bool,
    /// What answers requests after the login. Default [`echo`].
    pub script: Arc<dyn Script>,
    /// What goes wrong on the next connections.
    pub faults: Faults,
    /// How many connections have the faults, from the first one on. Default all.
    pub faulty_connections: Option<usize>,
    /// Record the bytes of each connection, in clear text.
    pub record: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            users: HashMap::from([(DEFAULT_USER.into(), DEFAULT_PASSWORD.into())]),
            roles: vec!["admin".into(), "user".into()],
            databases: vec![DEFAULT_DATABASE.into()],
            version: ProductVersion::CLIENT,
            certificate: None,
            allow_missing_token: false,
            script: Arc::new(echo),
            faults: Faults::default(),
            faulty_connections: None,
            record: false,
        }
    }
}

impl ServerConfig {
    /// The default configuration with a script.
    pub fn scripted(script: impl Script + 'static) -> Self {
        Self { script: Arc::new(script), ..Self::default() }
    }

    /// The default configuration with the graph of airports, a new one at each call; see
    /// [`graph`](crate::graph).
    pub fn graph() -> Self {
        Self::scripted(GraphServer::airports())
    }

    /// The default configuration with faults.
    pub fn faulty(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }
}
