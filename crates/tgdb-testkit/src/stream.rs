//! The server's end of a connection: faults at the bottom, TLS above them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rustls::{ServerConnection, StreamOwned};

use crate::Faults;

/// A TCP stream that commits its faults.
pub(crate) struct FaultyStream {
    tcp: TcpStream,
    faults: Faults,
    sent: u64,
    received: u64,
}

impl FaultyStream {
    pub(crate) fn new(tcp: TcpStream, faults: Faults) -> Self {
        Self { tcp, faults, sent: 0, received: 0 }
    }

    fn cut(&self) -> io::Error {
        let _ = self.tcp.shutdown(Shutdown::Both);
        io::Error::new(io::ErrorKind::ConnectionAborted, "cut on purpose")
    }
}

/// How many bytes may still go before the cut, if there is to be one.
fn allowance(cut_after: Option<u64>, gone: u64) -> usize {
    cut_after.and_then(|limit| usize::try_from(limit - gone).ok()).unwrap_or(usize::MAX)
}

impl Read for FaultyStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let allowed = allowance(self.faults.cut_after_received, self.received);
        if allowed == 0 {
            return Err(self.cut());
        }
        let limit = buf.len().min(allowed);
        let count = self.tcp.read(&mut buf[..limit])?;
        self.received += count as u64;
        Ok(count)
    }
}

impl Write for FaultyStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let allowed = allowance(self.faults.cut_after_sent, self.sent);
        if allowed == 0 {
            return Err(self.cut());
        }
        if let Some(delay) = self.faults.delay {
            std::thread::sleep(delay);
        }
        let limit = self.faults.split_writes.unwrap_or(usize::MAX).min(allowed);
        let mut piece = buf[..buf.len().min(limit)].to_vec();
        if let Some((offset, mask)) = self.faults.corrupt_sent
            && let Some(at) = offset.checked_sub(self.sent).and_then(|at| usize::try_from(at).ok())
            && let Some(byte) = piece.get_mut(at)
        {
            *byte ^= mask;
        }
        let count = self.tcp.write(&piece)?;
        self.sent += count as u64;
        if self.faults.cut_after_sent == Some(self.sent) {
            return Err(self.cut());
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// Clear text or TLS over a faulty stream.
pub(crate) enum ServerStream {
    Plain(FaultyStream),
    Tls(Box<StreamOwned<ServerConnection, FaultyStream>>),
}

impl ServerStream {
    pub(crate) fn new(stream: FaultyStream, tls: Option<&Arc<rustls::ServerConfig>>) -> io::Result<Self> {
        let Some(config) = tls else { return Ok(Self::Plain(stream)) };
        let tls = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(tls, stream))))
    }

    fn io(&mut self) -> &mut dyn ReadWrite {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &mut **stream,
        }
    }

    pub(crate) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.io().read(buf)
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let io = self.io();
        io.write_all(bytes)?;
        io.flush()
    }

    /// Ends the TLS stream: sends `close_notify`.
    pub(crate) fn end(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}
