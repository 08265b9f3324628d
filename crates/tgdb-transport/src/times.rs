//! How long connecting took.

use std::time::{Duration, Instant};

/// How long each step of connecting took; from [`TgSocket::connect_times`](crate::TgSocket::connect_times).
///
/// # Example
/// ```no_run
/// use tgdb_transport::{SocketOptions, TcpSocket, TgSocket};
///
/// let socket = TcpSocket::connect("localhost", 8222, &SocketOptions::default())?;
/// if let Some(times) = socket.connect_times() {
///     println!("resolved in {:?}, connected in {:?}", times.resolve, times.tcp);
/// }
/// # Ok::<(), tgdb_transport::TransportError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ConnectTimes {
    /// From the host's name to its addresses.
    pub resolve: Duration,
    /// Until the first of the addresses took the connection.
    pub tcp: Duration,
    /// The handshake of TLS; `None` for a plain socket.
    pub tls: Option<Duration>,
}

/// The time since then, from which the next step counts.
pub(crate) fn lap(since: &mut Instant) -> Duration {
    let now = Instant::now();
    now - std::mem::replace(since, now)
}
