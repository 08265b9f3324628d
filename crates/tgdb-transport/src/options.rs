//! How to make a socket.

use std::sync::Arc;
use std::time::Duration;

use tgdb_pdu::{DEFAULT_MAX_FRAME_LEN, FrameDecoder};

use crate::Resolve;

/// Options of a socket, plain or TLS. `TCP_NODELAY` is always set.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use tgdb_transport::SocketOptions;
///
/// let options = SocketOptions { connect_timeout: Duration::from_secs(5), ..SocketOptions::default() };
/// assert_eq!(options.send_buffer, None);
/// ```
#[derive(Debug, Clone)]
pub struct SocketOptions {
    /// Time for connecting: name resolution, all addresses of the host, and TLS.
    /// Default 1 s.
    pub connect_timeout: Duration,
    /// How long [`TgSocket::send`](crate::TgSocket::send) waits while the system takes
    /// no byte, because the peer does not read. `None` waits without limit.
    /// Default 10 s.
    pub send_timeout: Option<Duration>,
    /// `TCP_USER_TIMEOUT`: time in which the peer's system must acknowledge what was
    /// sent, else the connection fails, in milliseconds of at most `u32::MAX`. It notices
    /// a peer that is gone while data is under way, where `keepalive` does not. Linux,
    /// Android and Fuchsia have it; elsewhere it does nothing. `None`, the default,
    /// leaves it to the system, which takes about 15 minutes.
    pub user_timeout: Option<Duration>,
    /// `SO_SNDBUF` in bytes. `None`, the default, lets the system size the buffer as the
    /// connection needs it; a fixed size makes large messages slower.
    pub send_buffer: Option<usize>,
    /// `SO_RCVBUF` in bytes; else as `send_buffer`.
    pub recv_buffer: Option<usize>,
    /// Silence after which TCP keepalive probes start; `None` for none. The peer is
    /// given up after three of them, 10 s apart. OpenBSD, Solaris and a few others choose
    /// all three times themselves. Default 30 s.
    pub keepalive: Option<Duration>,
    /// Maximum length of a frame that is accepted, in bytes. Default
    /// [`DEFAULT_MAX_FRAME_LEN`].
    pub max_frame_len: u32,
    /// Maximum length of a frame before [`TgSocket::end_login`](crate::TgSocket::end_login) is called,
    /// in bytes, so that a peer takes little memory until it is known. A longer one ends the
    /// connection with [`FrameError::TooLargeInLogin`](tgdb_pdu::FrameError::TooLargeInLogin).
    /// `None`, the default, for `max_frame_len`; channels take
    /// [`DEFAULT_MAX_LOGIN_FRAME_LEN`](tgdb_pdu::DEFAULT_MAX_LOGIN_FRAME_LEN) then.
    pub max_login_frame_len: Option<u32>,
    /// Skip longer frames, as [`FrameDecoder::omitting`](tgdb_pdu::FrameDecoder::omitting)
    /// does, instead of ending the connection. Default false.
    pub omit_large_frames: bool,
    /// What turns host names into addresses; `None`, the default, for the system's
    /// resolver. IP addresses are not resolved.
    pub resolver: Option<Arc<dyn Resolve>>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            send_timeout: Some(Duration::from_secs(10)),
            user_timeout: None,
            send_buffer: None,
            recv_buffer: None,
            keepalive: Some(Duration::from_secs(30)),
            max_frame_len: DEFAULT_MAX_FRAME_LEN,
            max_login_frame_len: None,
            omit_large_frames: false,
            resolver: None,
        }
    }
}

impl SocketOptions {
    /// The decoder of a socket with these options.
    pub(crate) fn decoder(&self) -> FrameDecoder {
        let decoder = match self.omit_large_frames {
            true => FrameDecoder::omitting(self.max_frame_len),
            false => FrameDecoder::new(self.max_frame_len),
        };
        match self.max_login_frame_len {
            Some(maximum) => decoder.with_login_limit(maximum),
            None => decoder,
        }
    }
}
