//! What is common to plain and TLS streams of bytes.

use std::io::{self, IoSlice};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use tgdb_pdu::FrameDecoder;

use crate::{TlsInfo, sys};

/// Bytes over a TCP connection. One reader and any number of writers at a time.
pub(crate) trait ByteStream: Send + Sync {
    /// The connection below.
    fn tcp(&self) -> &TcpStream;

    /// What the TLS handshake agreed on, if there was one.
    fn tls_info(&self) -> Option<TlsInfo> {
        None
    }

    /// One read of the system. All that it brings goes into the decoder, which can be
    /// nothing. If it may wait, it does so for at most a [`sys::TICK`].
    ///
    /// # Errors
    /// `WouldBlock` if there was nothing. After another error the decoder can hold
    /// what was good before it.
    fn read_into(&self, decoder: &mut FrameDecoder, may_wait: bool) -> Result<Read, StreamError>;

    /// Sends all bytes, not mixed with those of other writers. Once that failed it
    /// always fails: what followed a part of a frame would be garbage.
    fn send(&self, bytes: &[u8]) -> Result<(), StreamError>;

    /// Takes as many of the bytes as goes without waiting.
    fn try_send(&self, parts: &[IoSlice<'_>]) -> Result<usize, StreamError>;

    /// Hands to the system what is kept here; `true` if nothing is left.
    fn try_flush(&self) -> Result<bool, StreamError>;

    /// Ends the stream above TCP: over TLS it sends `close_notify`.
    fn end(&self);
}

/// What a read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// Bytes, maybe none for the decoder.
    Some,
    /// The end of the stream.
    End,
}

/// What can be wrong with a stream of bytes.
#[derive(Debug)]
pub(crate) enum StreamError {
    Io(io::Error),
    #[cfg(feature = "tls")]
    Tls(rustls::Error),
    /// The system took no byte for too long.
    Stalled,
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Clone for StreamError {
    fn clone(&self) -> Self {
        match self {
            Self::Stalled => Self::Stalled,
            #[cfg(feature = "tls")]
            Self::Tls(error) => Self::Tls(error.clone()),
            Self::Io(error) => Self::Io(match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), error.to_string()),
            }),
        }
    }
}

/// The error of a write after one that failed.
pub(crate) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "an earlier message could not be sent")
}

/// Whether the error only means that the operation has to be tried again.
pub(crate) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Calls `send`, which sends without waiting and returns how many bytes are left,
/// until that is none, and waits in between until the system takes more.
///
/// # Errors
/// [`StreamError::Stalled`] if it takes no byte for that long.
pub(crate) fn send_all(
    tcp: &TcpStream,
    timeout: Option<Duration>,
    mut left: usize,
    mut send: impl FnMut() -> Result<usize, StreamError>,
) -> Result<(), StreamError> {
    // The start of the time without progress, once there was some.
    let mut stalled = None;
    loop {
        let before = std::mem::replace(&mut left, send()?);
        if left == 0 {
            return Ok(());
        }
        let Some(timeout) = timeout else {
            sys::wait_for(tcp, PollFlags::OUT, None)?;
            continue;
        };
        let now = Instant::now();
        let since = if left < before { *stalled.insert(now) } else { *stalled.get_or_insert(now) };
        let deadline = since.checked_add(timeout);
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Err(StreamError::Stalled);
        }
        // The system reports room when there is much of it. So try once more at the end.
        sys::wait_for(tcp, PollFlags::OUT, deadline)?;
    }
}
