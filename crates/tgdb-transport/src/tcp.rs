//! The plain socket.

use std::io::IoSlice;
use std::net::TcpStream;
use std::time::Duration;

use parking_lot::Mutex;
use tgdb_pdu::FrameDecoder;

use crate::attempt::Attempt;
use crate::connect::connect;
use crate::delegate::delegate_socket;
use crate::framed::Framed;
use crate::stream::{ByteStream, Read, StreamError, broken, is_transient, send_all};
use crate::{ConnectCancel, SocketOptions, TransportError, sys};

/// A plain TCP socket. Passwords and data travel in clear text.
///
/// # Example
/// ```
/// use std::net::TcpListener;
/// use tgdb_pdu::{DEFAULT_MAX_FRAME_LEN, Frame, Header, Verb};
/// use tgdb_transport::{SocketOptions, TcpSocket, TgSocket};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let client = TcpSocket::connect("127.0.0.1", listener.local_addr()?.port(), &SocketOptions::default())?;
/// let server = TcpSocket::from_stream(listener.accept()?.0, DEFAULT_MAX_FRAME_LEN)?;
///
/// client.send(&Frame::new(Header::default(), Verb::PING, "").encode()?)?;
/// assert_eq!(server.recv()?.verb, Verb::PING);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TcpSocket(Framed<PlainStream>);

struct PlainStream {
    tcp: TcpStream,
    timeout: Option<Duration>,
    /// Held while a frame is written, so that frames do not mix. Whether one failed.
    broken: Mutex<bool>,
}

impl TcpSocket {
    /// Connects to a host name, an IPv4 address, or an IPv6 address without
    /// brackets, with its zone if it has one. All addresses of a host race, 250 ms
    /// apart (RFC 8305).
    ///
    /// # Errors
    /// [`TransportError::Resolve`], [`TransportError::Connect`] or
    /// [`TransportError::ConnectTimeout`].
    pub fn connect(host: &str, port: u16, options: &SocketOptions) -> Result<Self, TransportError> {
        Self::connect_attempt(&Attempt::new(host, port, options, None))
    }

    /// The same, until another thread cancels it.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and [`TransportError::Closed`] if it was cancelled.
    pub fn connect_with(
        host: &str,
        port: u16,
        options: &SocketOptions,
        cancel: &ConnectCancel,
    ) -> Result<Self, TransportError> {
        Self::connect_attempt(&Attempt::new(host, port, options, Some(cancel)))
    }

    fn connect_attempt(attempt: &Attempt<'_>) -> Result<Self, TransportError> {
        let (tcp, times) = connect(attempt)?;
        let mut socket = Self::framed(tcp, attempt.options.decoder(), || attempt.peer())?;
        socket.0.times = Some(times);
        Ok(socket)
    }

    /// Wraps a stream that is connected already, as a server's listener has it. Its
    /// write timeout is the timeout of [`TgSocket::send`](crate::TgSocket::send).
    ///
    /// # Errors
    /// [`TransportError::Io`] if the stream is not connected any more.
    pub fn from_stream(tcp: TcpStream, max_frame_len: u32) -> Result<Self, TransportError> {
        Self::framed(tcp, FrameDecoder::new(max_frame_len), || "the peer".into())
    }

    fn framed(tcp: TcpStream, decoder: FrameDecoder, peer: impl Fn() -> String) -> Result<Self, TransportError> {
        let error = |source| TransportError::Io { operation: "connect to", peer: peer(), source };
        let timeout = tcp.write_timeout().map_err(error)?;
        let stream = PlainStream { tcp, timeout, broken: Mutex::new(false) };
        Framed::new(stream, decoder).map(Self).map_err(error)
    }
}

impl ByteStream for PlainStream {
    fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    fn read_into(&self, decoder: &mut FrameDecoder, may_wait: bool) -> Result<Read, StreamError> {
        let read = if may_wait { sys::recv_wait } else { sys::recv_now };
        Ok(match read(&self.tcp, decoder.space())? {
            0 => Read::End,
            _ => Read::Some,
        })
    }

    fn send(&self, mut bytes: &[u8]) -> Result<(), StreamError> {
        let mut is_broken = self.broken.lock();
        if *is_broken {
            return Err(broken().into());
        }
        let sent = send_all(&self.tcp, self.timeout, bytes.len(), || {
            bytes = &bytes[self.send_some(&[IoSlice::new(bytes)])?..];
            Ok(bytes.len())
        });
        *is_broken = sent.is_err();
        sent
    }

    fn try_send(&self, parts: &[IoSlice<'_>]) -> Result<usize, StreamError> {
        // The thread that holds the lock is inside `send`, and may wait for the peer to read.
        let Some(mut is_broken) = self.broken.try_lock() else { return Ok(0) };
        if *is_broken {
            return Err(broken().into());
        }
        let sent = self.send_some(parts);
        *is_broken = sent.is_err();
        sent
    }

    fn try_flush(&self) -> Result<bool, StreamError> {
        Ok(true)
    }

    fn end(&self) {}
}

impl PlainStream {
    fn send_some(&self, parts: &[IoSlice<'_>]) -> Result<usize, StreamError> {
        match sys::send_now(&self.tcp, parts) {
            Err(error) if is_transient(&error) => Ok(0),
            sent => Ok(sent?),
        }
    }
}

delegate_socket!(TcpSocket);
