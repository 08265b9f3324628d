//! A descriptor that one thread makes readable for another.

use std::io;
#[cfg(unix)]
use std::os::unix::net::UnixStream as End;

#[cfg(not(unix))]
use std::net::UdpSocket as End;

use rustix::event::{PollFd, PollFlags};

/// Two connected, non-blocking sockets.
#[derive(Debug)]
pub(crate) struct Signal {
    set: End,
    seen: End,
}

impl Signal {
    pub(crate) fn new() -> io::Result<Self> {
        let (set, seen) = pair()?;
        set.set_nonblocking(true)?;
        seen.set_nonblocking(true)?;
        Ok(Self { set, seen })
    }

    /// Makes it readable until it is cleared.
    pub(crate) fn set(&self) {
        // A full buffer is readable as well.
        #[cfg(unix)]
        let _ = io::Write::write(&mut &self.set, &[1]);
        #[cfg(not(unix))]
        let _ = self.set.send(&[1]);
    }

    /// Takes back what was set so far.
    pub(crate) fn clear(&self) {
        let mut buf = [0; 64];
        #[cfg(unix)]
        while io::Read::read(&mut &self.seen, &mut buf).is_ok_and(|count| count == buf.len()) {}
        #[cfg(not(unix))]
        while self.seen.recv(&mut buf).is_ok() {}
    }

    pub(crate) fn poll_fd(&self) -> PollFd<'_> {
        PollFd::new(&self.seen, PollFlags::IN)
    }
}

#[cfg(unix)]
fn pair() -> io::Result<(End, End)> {
    End::pair()
}

#[cfg(not(unix))]
fn pair() -> io::Result<(End, End)> {
    let (set, seen) = (End::bind("127.0.0.1:0")?, End::bind("127.0.0.1:0")?);
    set.connect(seen.local_addr()?)?;
    seen.connect(set.local_addr()?)?;
    Ok((set, seen))
}
