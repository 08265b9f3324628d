//! Frames over any stream of bytes, plain or TLS.

use std::fmt;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use tgdb_pdu::{Frame, FrameDecoder};

use crate::{TgSocket, TransportError};

/// How much is read from the operating system at once.
const READ_SIZE: usize = 64 * 1024;

/// How long [`TgSocket::try_read`] waits: the least that all systems can wait.
const POLL: Duration = Duration::from_millis(1);

/// A lock that a panic elsewhere does not take away from us; what it guards is
/// valid between any two operations.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same, or `None` while another thread holds it.
pub(crate) fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Bytes over a TCP connection. One reader and any number of writers at a time.
pub(crate) trait ByteStream: Send + Sync {
    /// The connection below.
    fn tcp(&self) -> &TcpStream;
    /// Waits for bytes, as long as the read timeout of the connection allows. 0 is the end.
    fn read(&self, buf: &mut [u8]) -> Result<usize, StreamError>;
    /// Writes all bytes, not mixed with those of other writers. Once that failed it
    /// always fails: what followed a part of a frame would be garbage.
    fn write_all(&self, bytes: &[u8]) -> Result<(), StreamError>;
    /// Tells the peer, below the level of TCP, that no bytes follow.
    fn end(&self);
}

/// What can be wrong with a stream of bytes.
pub(crate) enum StreamError {
    Io(io::Error),
    Tls(rustls::Error),
}

/// Writes all bytes. The write timeout of the connection bounds how long the system
/// waits for the first byte to go; here it bounds how long a peer that reads byte by
/// byte can hold us up with a mebibyte.
pub(crate) fn write_all(mut tcp: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    for mut part in bytes.chunks(1 << 20) {
        let mut started = None;
        while !part.is_empty() {
            match tcp.write(part) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => part = &part[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if !part.is_empty() {
                let started = started.get_or_insert_with(Instant::now);
                if tcp.write_timeout()?.is_some_and(|timeout| started.elapsed() >= timeout) {
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
        }
    }
    Ok(())
}

/// The error of a write after one that failed.
pub(crate) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "an earlier message could not be sent")
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(crate) struct Framed<S> {
    stream: S,
    inbox: SocketAddr,
    outbox: SocketAddr,
    inbound: Mutex<Inbound>,
    closed: AtomicBool,
}

struct Inbound {
    decoder: FrameDecoder,
    buf: Box<[u8]>,
    timeout: Option<Duration>,
}

impl<S: ByteStream> Framed<S> {
    pub(crate) fn new(stream: S, max_frame_len: u32) -> io::Result<Self> {
        stream.tcp().set_read_timeout(None)?;
        Ok(Self {
            inbox: stream.tcp().local_addr()?,
            outbox: stream.tcp().peer_addr()?,
            inbound: Mutex::new(Inbound {
                decoder: FrameDecoder::new(max_frame_len),
                buf: vec![0; READ_SIZE].into(),
                timeout: None,
            }),
            closed: AtomicBool::new(false),
            stream,
        })
    }

    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn error(&self, operation: &'static str, error: StreamError) -> TransportError {
        let peer = self.outbox.to_string();
        match error {
            _ if self.is_closed() => TransportError::Closed { operation, peer },
            StreamError::Tls(source) => TransportError::tls(&peer, source),
            StreamError::Io(source) => match source.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => TransportError::Timeout { operation, peer },
                _ => TransportError::Io { operation, peer, source },
            },
        }
    }

    /// The next frame, waiting no longer than `wait` tells from read to read.
    fn next_frame(&self, wait: impl Fn() -> Option<Duration>) -> Result<Frame, TransportError> {
        self.next_frame_of(&mut lock(&self.inbound), wait)
    }

    fn next_frame_of(
        &self,
        inbound: &mut Inbound,
        wait: impl Fn() -> Option<Duration>,
    ) -> Result<Frame, TransportError> {
        const OPERATION: &str = "receive from";
        let Inbound { decoder, buf, timeout } = inbound;
        loop {
            let frame = decoder.next_frame();
            if let Some(frame) =
                frame.map_err(|source| TransportError::Frame { peer: self.outbox.to_string(), source })?
            {
                return Ok(frame);
            }
            let wanted = wait().map(|wait| wait.max(POLL));
            if *timeout != wanted {
                self.stream.tcp().set_read_timeout(wanted).map_err(|error| self.error(OPERATION, error.into()))?;
                *timeout = wanted;
            }
            match self.stream.read(buf) {
                Ok(0) if self.is_closed() => return Err(self.error(OPERATION, io::Error::other("closed").into())),
                Ok(0) => {
                    let partial = decoder.buffered();
                    return Err(TransportError::PeerClosed { peer: self.outbox.to_string(), partial });
                }
                Ok(count) => decoder.push(&buf[..count]),
                Err(StreamError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(OPERATION, error)),
            }
        }
    }
}

impl<S: ByteStream> TgSocket for Framed<S> {
    fn send(&self, frame: &[u8]) -> Result<usize, TransportError> {
        const OPERATION: &str = "send to";
        if self.is_closed() {
            return Err(TransportError::Closed { operation: OPERATION, peer: self.outbox.to_string() });
        }
        match self.stream.write_all(frame) {
            Ok(()) => Ok(frame.len()),
            Err(error) => Err(self.error(OPERATION, error)),
        }
    }

    fn recv(&self) -> Result<Frame, TransportError> {
        self.next_frame(|| None)
    }

    fn recv_deadline(&self, deadline: Instant) -> Result<Frame, TransportError> {
        loop {
            let result = self.next_frame(|| Some(deadline.saturating_duration_since(Instant::now())));
            // A read that gave a part of a frame can bring us past the deadline only by one more poll.
            match result {
                Err(TransportError::Timeout { .. }) if Instant::now() < deadline => {}
                result => return result,
            }
        }
    }

    fn try_read(&self) -> Result<Option<Frame>, TransportError> {
        // Whoever holds the lock reads already, and gets what comes.
        let Some(mut inbound) = try_lock(&self.inbound) else { return Ok(None) };
        match self.next_frame_of(&mut inbound, || Some(POLL)) {
            Ok(frame) => Ok(Some(frame)),
            Err(TransportError::Timeout { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn inbox_addr(&self) -> SocketAddr {
        self.inbox
    }

    fn outbox_addr(&self) -> SocketAddr {
        self.outbox
    }

    fn finish(&self) {
        self.stream.end();
        let _ = self.stream.tcp().shutdown(Shutdown::Write);
    }

    fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            // An error means that the connection is gone already.
            let _ = self.stream.tcp().shutdown(Shutdown::Both);
        }
    }
}

impl<S> fmt::Debug for Framed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.inbox, self.outbox)
    }
}

/// Makes `$name` a socket by way of its field 0.
macro_rules! delegate_socket {
    ($name:ident) => {
        impl $crate::TgSocket for $name {
            fn send(&self, frame: &[u8]) -> Result<usize, $crate::TransportError> {
                self.0.send(frame)
            }
            fn recv(&self) -> Result<tgdb_pdu::Frame, $crate::TransportError> {
                self.0.recv()
            }
            fn recv_deadline(&self, deadline: std::time::Instant) -> Result<tgdb_pdu::Frame, $crate::TransportError> {
                self.0.recv_deadline(deadline)
            }
            fn try_read(&self) -> Result<Option<tgdb_pdu::Frame>, $crate::TransportError> {
                self.0.try_read()
            }
            fn inbox_addr(&self) -> std::net::SocketAddr {
                self.0.inbox_addr()
            }
            fn outbox_addr(&self) -> std::net::SocketAddr {
                self.0.outbox_addr()
            }
            fn finish(&self) {
                self.0.finish()
            }
            fn close(&self) {
                self.0.close()
            }
        }
    };
}
pub(crate) use delegate_socket;
