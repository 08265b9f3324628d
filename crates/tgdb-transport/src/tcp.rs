//! The plain socket.

use std::io::Read;
use std::net::TcpStream;
use std::sync::Mutex;

use crate::connect::{connect, deadline_after};
use crate::framed::{ByteStream, Framed, StreamError, broken, delegate_socket, lock, write_all};
use crate::{SocketOptions, TransportError};

/// A plain TCP socket. Passwords and data travel in clear text.
#[derive(Debug)]
pub struct TcpSocket(Framed<PlainStream>);

struct PlainStream {
    tcp: TcpStream,
    /// Held while a frame is written, so that frames do not mix. Whether one failed.
    broken: Mutex<bool>,
}

impl TcpSocket {
    /// Connects to a host name, an IPv4 address, or an IPv6 address without
    /// brackets, with its zone if it has one.
    ///
    /// # Errors
    /// [`TransportError::Resolve`], [`TransportError::Connect`] or
    /// [`TransportError::ConnectTimeout`].
    pub fn connect(host: &str, port: u16, options: &SocketOptions) -> Result<Self, TransportError> {
        let tcp = connect(host, port, options, deadline_after(options.connect_timeout))?;
        Self::from_stream(tcp, options.max_frame_len)
    }

    /// Wraps a stream that is connected already, as a server's listener has it.
    ///
    /// # Errors
    /// [`TransportError::Io`] if the stream is not connected any more.
    pub fn from_stream(tcp: TcpStream, max_frame_len: u32) -> Result<Self, TransportError> {
        let error = |source| TransportError::Io { operation: "connect to", peer: "peer".into(), source };
        Framed::new(PlainStream { tcp, broken: Mutex::new(false) }, max_frame_len).map(Self).map_err(error)
    }
}

impl ByteStream for PlainStream {
    fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    fn read(&self, buf: &mut [u8]) -> Result<usize, StreamError> {
        Ok((&self.tcp).read(buf)?)
    }

    fn write_all(&self, bytes: &[u8]) -> Result<(), StreamError> {
        let mut is_broken = lock(&self.broken);
        if *is_broken {
            return Err(broken().into());
        }
        let written = write_all(&self.tcp, bytes);
        *is_broken = written.is_err();
        Ok(written?)
    }

    fn end(&self) {}
}

delegate_socket!(TcpSocket);
