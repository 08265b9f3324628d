//! Frames over any stream of bytes, plain or TLS.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use tgdb_pdu::{Frame, FrameDecoder};

use crate::inbound::{Inbound, Wait};
use crate::stream::{ByteStream, StreamError};
use crate::{ConnectTimes, TgSocket, TlsInfo, TransportError, sys};

const SEND: &str = "send to";
pub(crate) const RECEIVE: &str = "receive from";

pub(crate) struct Framed<S> {
    pub(crate) stream: S,
    inbox: SocketAddr,
    pub(crate) outbox: SocketAddr,
    /// Held by the thread that receives, also while it waits for the peer.
    pub(crate) inbound: Mutex<Inbound>,
    /// How many reads brought bytes.
    pub(crate) arrivals: AtomicU64,
    closed: AtomicBool,
    /// If it was connected here.
    pub(crate) times: Option<ConnectTimes>,
    pub(crate) is_logged_in: AtomicBool,
}

impl<S: ByteStream> Framed<S> {
    pub(crate) fn new(stream: S, decoder: FrameDecoder) -> io::Result<Self> {
        sys::prepare(stream.tcp())?;
        Ok(Self {
            inbox: stream.tcp().local_addr()?,
            outbox: stream.tcp().peer_addr()?,
            inbound: Mutex::new(Inbound::new(decoder)),
            arrivals: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            times: None,
            is_logged_in: AtomicBool::new(false),
            stream,
        })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    #[cold]
    pub(crate) fn closed(&self, operation: &'static str) -> TransportError {
        TransportError::Closed { operation, peer: self.outbox.to_string() }
    }

    #[cold]
    pub(crate) fn timeout(&self) -> TransportError {
        TransportError::Timeout { operation: RECEIVE, peer: self.outbox.to_string() }
    }

    #[cold]
    pub(crate) fn error(&self, operation: &'static str, error: StreamError) -> TransportError {
        let peer = self.outbox.to_string();
        match error {
            _ if self.is_closed() => TransportError::Closed { operation, peer },
            #[cfg(feature = "tls")]
            StreamError::Tls(source) => TransportError::tls(&peer, source),
            StreamError::Stalled => TransportError::Timeout { operation, peer },
            StreamError::Io(source) => TransportError::Io { operation, peer, source },
        }
    }

    fn sent<T>(&self, result: Result<T, StreamError>) -> Result<T, TransportError> {
        result.map_err(|error| self.error(SEND, error))
    }
}

impl<S: ByteStream> TgSocket for Framed<S> {
    fn send(&self, frame: &[u8]) -> Result<usize, TransportError> {
        if self.is_closed() {
            return Err(self.closed(SEND));
        }
        self.sent(self.stream.send(frame))?;
        Ok(frame.len())
    }

    fn recv(&self) -> Result<Frame, TransportError> {
        self.receive_one(Wait::Until(None))?.ok_or_else(|| self.timeout())
    }

    fn recv_deadline(&self, deadline: Instant) -> Result<Frame, TransportError> {
        self.receive_one(Wait::Until(Some(deadline)))?.ok_or_else(|| self.timeout())
    }

    fn try_read(&self) -> Result<Option<Frame>, TransportError> {
        self.receive_one(Wait::Not)
    }

    fn recv_batch(&self, frames: &mut Vec<Frame>, deadline: Option<Instant>) -> Result<(), TransportError> {
        match self.receive_batch(frames, Wait::Until(deadline))? {
            true => Ok(()),
            false => Err(self.timeout()),
        }
    }

    fn try_recv_batch(&self, frames: &mut Vec<Frame>) -> Result<(), TransportError> {
        self.receive_batch(frames, Wait::OneRead).map(drop)
    }

    fn try_send(&self, parts: &[IoSlice<'_>]) -> Result<usize, TransportError> {
        if self.is_closed() {
            return Err(self.closed(SEND));
        }
        self.sent(self.stream.try_send(parts))
    }

    fn try_flush(&self) -> Result<bool, TransportError> {
        if self.is_closed() {
            return Err(self.closed(SEND));
        }
        self.sent(self.stream.try_flush())
    }

    fn tcp_stream(&self) -> &TcpStream {
        self.stream.tcp()
    }

    fn inbox_addr(&self) -> SocketAddr {
        self.inbox
    }

    fn outbox_addr(&self) -> SocketAddr {
        self.outbox
    }

    fn connect_times(&self) -> Option<ConnectTimes> {
        self.times
    }

    fn tls_info(&self) -> Option<TlsInfo> {
        self.stream.tls_info()
    }

    fn arrivals(&self) -> u64 {
        self.arrivals.load(Ordering::Relaxed)
    }

    fn end_login(&self) {
        self.is_logged_in.store(true, Ordering::Release);
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
