//! Waiting for a socket, a wake from another thread, or a time.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags};

use crate::signal::Signal;
use crate::{TgSocket, sys};

/// Wakes a thread that waits for a socket or for a time. One thread waits; any number of
/// threads wake it.
///
/// A wake is not lost if nobody waits: the next [`wait`](Self::wait) returns at once.
/// Many wakes before it count as one. On Unix it is a pair of connected Unix sockets,
/// elsewhere a pair of UDP sockets on the loopback interface.
///
/// # Example
/// ```
/// use std::time::{Duration, Instant};
/// use tgdb_transport::Wakeup;
///
/// let wakeup = Wakeup::new()?;
/// let ready = std::thread::scope(|scope| {
///     scope.spawn(|| wakeup.wake());
///     wakeup.wait(None, Some(Instant::now() + Duration::from_secs(60)))
/// })?;
/// assert!(ready.woken);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Wakeup {
    signal: Signal,
    /// The signal is set, or is about to be.
    pending: AtomicBool,
}

/// What to wait for at a socket. The default is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Interest {
    /// Until something can be read.
    pub read: bool,
    /// Until something can be written.
    pub write: bool,
}

/// What a wait ended with; nothing is set if it was the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ready {
    /// The socket can be read, or has ended or failed, which reading it shows.
    pub readable: bool,
    /// The socket can be written, or has failed; only if it was waited for.
    pub writable: bool,
    /// [`Wakeup::wake`] was called.
    pub woken: bool,
}

impl Interest {
    fn poll_fd(self, socket: &dyn TgSocket) -> PollFd<'_> {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, self.read);
        flags.set(PollFlags::OUT, self.write);
        PollFd::new(socket.tcp_stream(), flags)
    }

    fn found(self, fd: &PollFd<'_>) -> Ready {
        let found = fd.revents();
        let failed = found.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        Ready {
            readable: failed || found.contains(PollFlags::IN),
            writable: self.write && (failed || found.contains(PollFlags::OUT)),
            woken: false,
        }
    }
}

/// Waits for the socket or the deadline, whichever comes first; `None` waits without
/// limit. [`TgSocket::close`] ends it.
///
/// # Errors
/// That of the system's `poll`, for lack of memory or the like.
///
/// # Example
/// ```no_run
/// use std::time::{Duration, Instant};
/// use tgdb_transport::{Interest, SocketOptions, TcpSocket, TgSocket, wait_ready};
///
/// let socket = TcpSocket::connect("localhost", 8222, &SocketOptions::default())?;
/// let soon = Instant::now() + Duration::from_millis(100);
/// if wait_ready(&socket, Interest { read: true, write: false }, Some(soon))?.readable {
///     println!("{:?}", socket.try_read()?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn wait_ready(socket: &dyn TgSocket, interest: Interest, deadline: Option<Instant>) -> io::Result<Ready> {
    let mut fds = [interest.poll_fd(socket)];
    sys::poll(&mut fds, deadline)?;
    Ok(interest.found(&fds[0]))
}

impl Wakeup {
    /// Makes one, with two descriptors.
    ///
    /// # Errors
    /// That of the system if it has no descriptors left.
    pub fn new() -> io::Result<Self> {
        Ok(Self { signal: Signal::new()?, pending: AtomicBool::new(false) })
    }

    /// Ends the wait of the thread that waits, or the next one. It never blocks, and
    /// costs a system call only if no wake is pending.
    ///
    /// What was written before it is visible after the wait.
    pub fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            self.signal.set();
        }
    }

    /// Waits for the socket, a wake or the deadline, whichever comes first; `None`
    /// waits without limit. The wake is used up. A deadline that has passed still
    /// shows what is ready.
    ///
    /// # Errors
    /// That of the system's `poll`, for lack of memory or the like.
    pub fn wait(&self, socket: Option<(&dyn TgSocket, Interest)>, deadline: Option<Instant>) -> io::Result<Ready> {
        let mut ready = Ready::default();
        let wake = self.signal.poll_fd();
        let woken = match socket {
            None => {
                let mut fds = [wake];
                sys::poll(&mut fds, deadline)?;
                !fds[0].revents().is_empty()
            }
            Some((socket, interest)) => {
                let mut fds = [wake, interest.poll_fd(socket)];
                sys::poll(&mut fds, deadline)?;
                ready = interest.found(&fds[1]);
                !fds[0].revents().is_empty()
            }
        };
        if woken {
            self.signal.clear();
            // Only after clearing the signal: a wake before this line is reported by this wait, and
            // one after it sets the signal again.
            self.pending.swap(false, Ordering::AcqRel);
            ready.woken = true;
        }
        Ok(ready)
    }
}
