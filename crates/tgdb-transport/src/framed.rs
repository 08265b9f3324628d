//! Frames over any stream of bytes, plain or TLS.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use tgdb_pdu::{Frame, FrameDecoder, FrameError};

use crate::stream::{ByteStream, Read, StreamError};
use crate::turn::Turn;
use crate::{TgSocket, TransportError, sys};

const SEND: &str = "send to";
const RECEIVE: &str = "receive from";

/// A deadline that is nearer than this is waited for by `poll`: the system's own
/// time for a read is one tick, and it rounds up.
const NEAR: Duration = Duration::from_millis(sys::TICK.as_millis() as u64 + 10);

pub(crate) struct Framed<S> {
    stream: S,
    inbox: SocketAddr,
    outbox: SocketAddr,
    inbound: Turn<Inbound>,
    closed: AtomicBool,
}

struct Inbound {
    decoder: FrameDecoder,
    /// What ended the stream. It follows the frames that are still in the decoder.
    failure: Option<Failure>,
}

#[derive(Clone)]
enum Failure {
    Stream(StreamError),
    Frame(FrameError),
    End,
}

/// How long a receive method waits.
#[derive(Clone, Copy)]
enum Wait {
    /// As long as the system has bytes.
    Not,
    /// For one read that does not wait.
    OneRead,
    /// Until the deadline, if there is one.
    Until(Option<Instant>),
}

impl<S: ByteStream> Framed<S> {
    pub(crate) fn new(stream: S, max_frame_len: u32) -> io::Result<Self> {
        sys::prepare(stream.tcp())?;
        let inbound = Inbound { decoder: FrameDecoder::new(max_frame_len), failure: None };
        Ok(Self {
            inbox: stream.tcp().local_addr()?,
            outbox: stream.tcp().peer_addr()?,
            inbound: Turn::new(inbound),
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

    #[cold]
    fn closed(&self, operation: &'static str) -> TransportError {
        TransportError::Closed { operation, peer: self.outbox.to_string() }
    }

    #[cold]
    fn timeout(&self, operation: &'static str) -> TransportError {
        TransportError::Timeout { operation, peer: self.outbox.to_string() }
    }

    #[cold]
    fn error(&self, operation: &'static str, error: StreamError) -> TransportError {
        let peer = self.outbox.to_string();
        match error {
            _ if self.is_closed() => TransportError::Closed { operation, peer },
            StreamError::Tls(source) => TransportError::tls(&peer, source),
            StreamError::Stalled => TransportError::Timeout { operation, peer },
            StreamError::Io(source) => TransportError::Io { operation, peer, source },
        }
    }

    fn sent<T>(&self, result: Result<T, StreamError>) -> Result<T, TransportError> {
        result.map_err(|error| self.error(SEND, error))
    }

    /// Reads until `take` has taken what it wants from the decoder, which it says.
    ///
    /// # Errors
    /// [`TransportError::Timeout`] when the waiting is over; else what ended the stream.
    fn receive(
        &self,
        wait: Wait,
        mut take: impl FnMut(&mut FrameDecoder) -> Result<bool, FrameError>,
    ) -> Result<(), TransportError> {
        let turn = match wait {
            // Whoever has the turn reads already, and gets what comes.
            Wait::Not | Wait::OneRead => self.inbound.try_take(),
            Wait::Until(deadline) => self.inbound.take(deadline),
        };
        let mut turn = turn.ok_or_else(|| self.timeout(RECEIVE))?;
        let Inbound { decoder, failure } = &mut *turn;
        let mut reads = 0;
        loop {
            if self.is_closed() {
                return Err(self.closed(RECEIVE));
            }
            // Before looking for frames: the deadline holds in a flood of them.
            let left = match wait {
                Wait::Until(Some(deadline)) => Some(deadline.saturating_duration_since(Instant::now())),
                _ => None,
            };
            if left.is_some_and(|left| left.is_zero()) && failure.is_none() {
                return Err(self.timeout(RECEIVE));
            }
            match take(decoder) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => self.fail(failure, Failure::Frame(error)),
            }
            if let Some(failure) = failure {
                return Err(self.failed(failure.clone(), decoder.buffered()));
            }
            let read = match (wait, left) {
                (Wait::OneRead, _) if reads > 0 => return Err(self.timeout(RECEIVE)),
                (Wait::OneRead | Wait::Not, _) => self.stream.read_into(decoder, false),
                (_, Some(left)) if left <= NEAR => {
                    let deadline = Instant::now().checked_add(left);
                    match sys::wait_for(self.stream.tcp(), PollFlags::IN, deadline) {
                        Ok(true) => self.stream.read_into(decoder, false),
                        Ok(false) => continue,
                        Err(error) => Err(error.into()),
                    }
                }
                _ => self.stream.read_into(decoder, true),
            };
            match read {
                Ok(Read::Some) => reads += 1,
                Ok(Read::End) => self.fail(failure, Failure::End),
                Err(StreamError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(StreamError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !matches!(wait, Wait::Until(_)) {
                        return Err(self.timeout(RECEIVE));
                    }
                }
                Err(error) => self.fail(failure, Failure::Stream(error)),
            }
        }
    }

    /// Keeps what ended the stream. The error of a stream that is still connected is
    /// made visible to those who wait for the descriptor, by ending the stream.
    #[cold]
    fn fail(&self, place: &mut Option<Failure>, failure: Failure) {
        place.get_or_insert(failure);
        let _ = self.stream.tcp().shutdown(Shutdown::Read);
    }

    #[cold]
    fn failed(&self, failure: Failure, partial: usize) -> TransportError {
        match failure {
            _ if self.is_closed() => self.closed(RECEIVE),
            Failure::Stream(error) => self.error(RECEIVE, error),
            Failure::Frame(source) => TransportError::Frame { peer: self.outbox.to_string(), source },
            Failure::End => TransportError::PeerClosed { peer: self.outbox.to_string(), partial },
        }
    }

    fn receive_one(&self, wait: Wait) -> Result<Frame, TransportError> {
        let mut frame = None;
        self.receive(wait, |decoder| {
            frame = decoder.next_frame()?;
            Ok(frame.is_some())
        })?;
        frame.ok_or_else(|| self.timeout(RECEIVE))
    }

    fn receive_batch(&self, frames: &mut Vec<Frame>, wait: Wait) -> Result<(), TransportError> {
        let before = frames.len();
        self.receive(wait, |decoder| {
            loop {
                match decoder.next_frame() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => return Ok(frames.len() > before),
                    Err(error) if frames.len() == before => return Err(error),
                    // The decoder says it again next time. Whoever waits for the descriptor
                    // must not wait for that.
                    Err(_) => {
                        let _ = self.stream.tcp().shutdown(Shutdown::Read);
                        return Ok(true);
                    }
                }
            }
        })
    }
}

/// Nothing there is no error for those who do not wait.
fn or_nothing<T>(result: Result<T, TransportError>) -> Result<Option<T>, TransportError> {
    match result {
        Err(TransportError::Timeout { .. }) => Ok(None),
        result => result.map(Some),
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
        self.receive_one(Wait::Until(None))
    }

    fn recv_deadline(&self, deadline: Instant) -> Result<Frame, TransportError> {
        self.receive_one(Wait::Until(Some(deadline)))
    }

    fn try_read(&self) -> Result<Option<Frame>, TransportError> {
        or_nothing(self.receive_one(Wait::Not))
    }

    fn recv_batch(&self, frames: &mut Vec<Frame>, deadline: Option<Instant>) -> Result<(), TransportError> {
        self.receive_batch(frames, Wait::Until(deadline))
    }

    fn try_recv_batch(&self, frames: &mut Vec<Frame>) -> Result<(), TransportError> {
        or_nothing(self.receive_batch(frames, Wait::OneRead)).map(drop)
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
            fn recv_batch(
                &self,
                frames: &mut Vec<tgdb_pdu::Frame>,
                deadline: Option<std::time::Instant>,
            ) -> Result<(), $crate::TransportError> {
                self.0.recv_batch(frames, deadline)
            }
            fn try_recv_batch(&self, frames: &mut Vec<tgdb_pdu::Frame>) -> Result<(), $crate::TransportError> {
                self.0.try_recv_batch(frames)
            }
            fn try_send(&self, parts: &[std::io::IoSlice<'_>]) -> Result<usize, $crate::TransportError> {
                self.0.try_send(parts)
            }
            fn try_flush(&self) -> Result<bool, $crate::TransportError> {
                self.0.try_flush()
            }
            fn tcp_stream(&self) -> &std::net::TcpStream {
                self.0.tcp_stream()
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
