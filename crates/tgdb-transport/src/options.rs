//! How to make a socket.

use std::time::Duration;

use tgdb_pdu::DEFAULT_MAX_FRAME_LEN;

/// Options of a socket, plain or TLS. `TCP_NODELAY` is always set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketOptions {
    /// Time for connecting, over all addresses of the host, TLS included. Name
    /// resolution comes before and is not bounded by it. Default 1 s.
    pub connect_timeout: Duration,
    /// Time for each mebibyte of a message to be taken by the system, within a factor
    /// of two; a peer that reads more slowly is given up. `None` waits for ever.
    /// Default 10 s.
    pub send_timeout: Option<Duration>,
    /// `SO_SNDBUF` in bytes; `None` leaves it to the system. Default 122 KiB.
    pub send_buffer: Option<usize>,
    /// `SO_RCVBUF` in bytes; `None` leaves it to the system. Default 128 KiB.
    pub recv_buffer: Option<usize>,
    /// Silence after which TCP keepalive probes start; `None` for none. The peer is
    /// given up after three of them, 10 s apart. Default 30 s.
    pub keepalive: Option<Duration>,
    /// Greatest frame accepted, in bytes. Default [`DEFAULT_MAX_FRAME_LEN`].
    pub max_frame_len: u32,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            send_timeout: Some(Duration::from_secs(10)),
            send_buffer: Some(122 * 1024),
            recv_buffer: Some(128 * 1024),
            keepalive: Some(Duration::from_secs(30)),
            max_frame_len: DEFAULT_MAX_FRAME_LEN,
        }
    }
}
