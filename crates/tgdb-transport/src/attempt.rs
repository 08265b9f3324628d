//! One connect: its peer, its deadline, and its cancellation.

use std::io;
use std::time::{Duration, Instant};

use rustix::event::PollFd;

use crate::{ConnectCancel, SocketOptions, TransportError, sys};

/// One connect: its peer, its deadline and what cancels it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) options: &'a SocketOptions,
    pub(crate) deadline: Instant,
    cancel: Option<&'a ConnectCancel>,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(host: &'a str, port: u16, options: &'a SocketOptions, cancel: Option<&'a ConnectCancel>) -> Self {
        Self { host, port, options, deadline: deadline_after(options.connect_timeout), cancel }
    }

    /// Host and port as an error shows them.
    pub(crate) fn peer(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Waits until one of the descriptors is ready, or until `until`; a `bool` says which.
    ///
    /// # Errors
    /// [`TransportError::Closed`] if the connect was cancelled,
    /// [`TransportError::ConnectTimeout`] if its time is up.
    pub(crate) fn wait(
        &self,
        operation: &'static str,
        fds: &mut Vec<PollFd<'a>>,
        until: Option<Instant>,
    ) -> Result<bool, TransportError> {
        let ready = fds.len();
        fds.extend(self.cancel.map(ConnectCancel::poll_fd));
        let until = until.map_or(self.deadline, |until| until.min(self.deadline));
        let found = sys::poll(fds, Some(until));
        fds.truncate(ready);
        self.check(operation)?;
        match found {
            // Even if something is ready: a peer that floods has no more time than others.
            Ok(_) if Instant::now() >= self.deadline => Err(self.timeout(operation)),
            Ok(found) => Ok(found),
            Err(source) => Err(self.io(operation, source)),
        }
    }

    /// Whether the connect was cancelled.
    pub(crate) fn check(&self, operation: &'static str) -> Result<(), TransportError> {
        match self.cancel {
            Some(cancel) if cancel.is_cancelled() => Err(TransportError::Closed { operation, peer: self.peer() }),
            _ => Ok(()),
        }
    }

    pub(crate) fn timeout(&self, operation: &'static str) -> TransportError {
        TransportError::ConnectTimeout { operation, peer: self.peer(), timeout: self.options.connect_timeout }
    }

    pub(crate) fn io(&self, operation: &'static str, source: io::Error) -> TransportError {
        TransportError::Io { operation, peer: self.peer(), source }
    }
}

/// The time after that timeout; about 34 years from now if the clock would overflow.
fn deadline_after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + Duration::from_secs(1 << 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_as_urls_have_them() {
        let options = SocketOptions::default();
        assert_eq!(Attempt::new("::1", 1, &options, None).peer(), "[::1]:1");
        assert_eq!(Attempt::new("host", 1, &options, None).peer(), "host:1");
    }
}
