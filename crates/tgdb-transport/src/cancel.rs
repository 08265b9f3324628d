//! Ending a connect from another thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::PollFd;

use crate::signal::Signal;

/// Cancels a connect from another thread: it returns
/// [`TransportError::Closed`](crate::TransportError::Closed) at once, while it resolves the
/// name, connects, or does the TLS handshake. Clones cancel the same. Once cancelled it stays
/// so; make a new one for the next connect.
///
/// # Example
/// ```
/// use tgdb_transport::{ConnectCancel, SocketOptions, TcpSocket, TransportError};
///
/// let cancel = ConnectCancel::new()?;
/// cancel.clone().cancel();
/// let result = TcpSocket::connect_with("192.0.2.1", 8222, &SocketOptions::default(), &cancel);
/// assert!(matches!(result, Err(TransportError::Closed { .. })));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConnectCancel(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cancelled: AtomicBool,
    signal: Signal,
}

impl ConnectCancel {
    /// Makes one, with two descriptors.
    ///
    /// # Errors
    /// That of the system if it has no descriptors left.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Shared { cancelled: AtomicBool::new(false), signal: Signal::new()? })))
    }

    /// Cancels. It does not wait for the connect to return. Idempotent.
    pub fn cancel(&self) {
        if !self.0.cancelled.swap(true, Ordering::AcqRel) {
            self.0.signal.set();
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Readable once it is cancelled.
    pub(crate) fn poll_fd(&self) -> PollFd<'_> {
        self.0.signal.poll_fd()
    }
}
