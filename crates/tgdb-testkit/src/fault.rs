//! Faults that a server makes on purpose.

use std::time::Duration;

/// Faults of one connection. Offsets count bytes of the wire from the start of the
/// connection, below TLS, so that with TLS they hit records and not messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Close the connection after that many bytes were sent.
    pub cut_after_sent: Option<u64>,
    /// Close the connection after that many bytes were received.
    pub cut_after_received: Option<u64>,
    /// XOR the byte at that offset of what is sent with that mask.
    pub corrupt_sent: Option<(u64, u8)>,
    /// Send in pieces of that many bytes, each in a system call of its own.
    pub split_writes: Option<usize>,
    /// Wait before each write.
    pub delay: Option<Duration>,
    /// Add that to the request id of each reply after the login.
    pub request_id_offset: i64,
    /// Put that into the protocol version of each header.
    pub protocol_version: Option<u16>,
    /// End the session with that reason in place of the handshake; over TLS in
    /// clear text, as a server does that is full.
    pub terminate: Option<String>,
    /// Accept the connection and send nothing.
    pub mute: bool,
    /// Fail the login in that way, whoever logs in.
    pub login: Option<LoginFault>,
}

/// How a login fails. See also [`Faults::terminate`], which comes before the
/// handshake, and [`Faults::protocol_version`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginFault {
    /// The handshake fails: client and server are of different versions.
    Version,
    /// The user is rejected, with status [`WRONG_PASSWORD`](crate::WRONG_PASSWORD).
    Rejected,
    /// An exception with code [`UNKNOWN_DATABASE`](crate::UNKNOWN_DATABASE).
    Exception,
}
