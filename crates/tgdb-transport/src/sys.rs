//! The system calls on a socket that the standard library does not have.
//!
//! Where the system can say for each call that it must not wait (`MSG_DONTWAIT`),
//! sockets are blocking ones, so that a wait for bytes is one call. Elsewhere they
//! are non-blocking, and a wait is a `poll` before the call.

use std::io::{self, IoSlice};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::RecvFlags;
#[cfg(not(windows))]
use rustix::net::{SendAncillaryBuffer, SendFlags};

/// How long a blocking read of the system waits for bytes.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// More parts are not sent at once; systems do not take more than about this.
const MAX_PARTS: usize = 512;

#[cfg(not(windows))]
const RECV_NOW: RecvFlags = RecvFlags::DONTWAIT;
#[cfg(windows)]
const RECV_NOW: RecvFlags = RecvFlags::empty();

#[cfg(not(any(windows, target_vendor = "apple")))]
const SEND_NOW: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
// The standard library and socket2 take the signal off each socket.
#[cfg(target_vendor = "apple")]
const SEND_NOW: SendFlags = SendFlags::DONTWAIT;

/// Makes a connected socket ready for the functions below.
pub(crate) fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nonblocking(cfg!(windows))?;
    tcp.set_read_timeout(Some(TICK))
}

/// Reads into the spare capacity of `buf` without waiting. 0 is the end.
///
/// # Errors
/// `WouldBlock` if there is nothing.
pub(crate) fn recv_now(tcp: &TcpStream, buf: &mut Vec<u8>) -> io::Result<usize> {
    recv(tcp, buf, RECV_NOW)
}

/// The same, but waits for the first byte for a [`TICK`].
#[cfg(not(windows))]
pub(crate) fn recv_wait(tcp: &TcpStream, buf: &mut Vec<u8>) -> io::Result<usize> {
    recv(tcp, buf, RecvFlags::empty())
}

#[cfg(windows)]
pub(crate) fn recv_wait(tcp: &TcpStream, buf: &mut Vec<u8>) -> io::Result<usize> {
    wait_for(tcp, PollFlags::IN, Some(Instant::now() + TICK))?;
    recv_now(tcp, buf)
}

fn recv(tcp: &TcpStream, buf: &mut Vec<u8>, flags: RecvFlags) -> io::Result<usize> {
    let (_, count) = rustix::net::recv(tcp, spare_capacity(buf), flags)?;
    Ok(count)
}

/// Sends as many of the bytes as goes without waiting.
///
/// # Errors
/// `WouldBlock` if none goes.
#[cfg(not(windows))]
pub(crate) fn send_now(tcp: &TcpStream, parts: &[IoSlice<'_>]) -> io::Result<usize> {
    Ok(match parts {
        [part] => rustix::net::send(tcp, part, SEND_NOW)?,
        _ => {
            let parts = &parts[..parts.len().min(MAX_PARTS)];
            rustix::net::sendmsg(tcp, parts, &mut SendAncillaryBuffer::default(), SEND_NOW)?
        }
    })
}

#[cfg(windows)]
pub(crate) fn send_now(mut tcp: &TcpStream, parts: &[IoSlice<'_>]) -> io::Result<usize> {
    io::Write::write_vectored(&mut tcp, &parts[..parts.len().min(MAX_PARTS)])
}

/// Waits until one of the descriptors is ready. `false` if none is by the deadline.
pub(crate) fn poll(fds: &mut [PollFd<'_>], deadline: Option<Instant>) -> io::Result<bool> {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        // Systems take no longer time than their integers hold.
        let left = left.map(|left| left.min(Duration::from_secs(3600)));
        // Such a time has a representation everywhere.
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        match rustix::event::poll(fds, timeout.as_ref()) {
            Ok(0) if left.is_none_or(|left| left.is_zero()) => return Ok(false),
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits until the socket can be read, or written, or has failed. `false` if it
/// cannot by the deadline.
pub(crate) fn wait_for(tcp: &TcpStream, flags: PollFlags, deadline: Option<Instant>) -> io::Result<bool> {
    poll(&mut [PollFd::new(tcp, flags)], deadline)
}
