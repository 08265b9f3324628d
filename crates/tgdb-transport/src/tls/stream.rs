//! A TLS connection that one thread reads while others write.
//!
//! rustls keeps both directions in one object. It is locked only while bytes
//! are turned from clear into cipher text or back, never while the operating
//! system is waited for. Cipher text must go out in the order in which it was
//! made, so `outgoing` is locked around both making and writing it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard};

use rustls::Connection;

use crate::framed::{ByteStream, StreamError, broken, lock, try_lock, write_all};

pub(super) struct TlsStream {
    tcp: TcpStream,
    tls: Mutex<Connection>,
    /// Cipher text from the peer that was not yet looked at.
    incoming: Mutex<Incoming>,
    outgoing: Mutex<Outgoing>,
}

/// Cipher text for the peer.
#[derive(Default)]
struct Outgoing {
    /// Empty whenever it is not locked.
    buf: Vec<u8>,
    /// A write failed.
    broken: bool,
}

struct Incoming {
    buf: Box<[u8]>,
    start: usize,
    end: usize,
}

impl TlsStream {
    pub(super) fn new(tls: Connection, tcp: TcpStream) -> Self {
        let buf = vec![0; 32 * 1024].into();
        Self {
            tcp,
            tls: Mutex::new(tls),
            incoming: Mutex::new(Incoming { buf, start: 0, end: 0 }),
            outgoing: Mutex::default(),
        }
    }

    pub(super) fn protocol_version(&self) -> Option<String> {
        lock(&self.tls).protocol_version().map(|version| format!("{version:?}"))
    }

    /// Writes out what rustls has made by itself or of the clear text given to it.
    fn write_out(&self, outgoing: &mut Outgoing) -> io::Result<()> {
        if outgoing.broken {
            return Err(broken());
        }
        {
            let mut tls = lock(&self.tls);
            while tls.wants_write() {
                tls.write_tls(&mut outgoing.buf)?;
            }
        }
        let written = write_all(&self.tcp, &outgoing.buf);
        outgoing.buf.clear();
        outgoing.broken = written.is_err();
        written
    }

    /// Writes out what rustls has made by itself: handshake, alerts, key updates.
    ///
    /// Does not wait for a writer, which could wait for the peer, which could wait
    /// for us to read: a writer calls this itself when it is done.
    fn write_out_own(&self) -> io::Result<()> {
        while lock(&self.tls).wants_write() {
            let Some(mut outgoing) = try_lock(&self.outgoing) else { break };
            self.write_out(&mut outgoing)?;
        }
        Ok(())
    }

    /// Gives rustls the next cipher text that is there.
    fn feed(&self, tls: &mut MutexGuard<'_, Connection>, incoming: &mut Incoming) -> Result<(), StreamError> {
        let mut text = &incoming.buf[incoming.start..incoming.end];
        incoming.start += tls.read_tls(&mut text)?;
        tls.process_new_packets().map(drop).map_err(StreamError::Tls)
    }
}

impl ByteStream for TlsStream {
    fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    fn read(&self, buf: &mut [u8]) -> Result<usize, StreamError> {
        let mut incoming = lock(&self.incoming);
        loop {
            let mut tls = lock(&self.tls);
            match tls.reader().read(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Ok(result?),
            }
            if incoming.start < incoming.end {
                let fed = self.feed(&mut tls, &mut incoming);
                drop(tls);
                let written = self.write_out_own();
                fed?;
                written?;
                continue;
            }
            drop(tls);
            incoming.start = 0;
            incoming.end = 0;
            let count = (&self.tcp).read(&mut incoming.buf)?;
            if count == 0 {
                // Makes the reader above tell a proper end from a cut.
                lock(&self.tls).read_tls(&mut io::empty())?;
            }
            incoming.end = count;
        }
    }

    fn write_all(&self, mut bytes: &[u8]) -> Result<(), StreamError> {
        let mut outgoing = lock(&self.outgoing);
        // A server's handshake is completed by its reader; until then clear text waits inside rustls.
        while !bytes.is_empty() {
            let count = lock(&self.tls).writer().write(bytes)?;
            if count == 0 {
                return Err(io::Error::from(io::ErrorKind::WriteZero).into());
            }
            bytes = &bytes[count..];
            self.write_out(&mut outgoing)?;
        }
        drop(outgoing);
        Ok(self.write_out_own()?)
    }

    fn end(&self) {
        lock(&self.tls).send_close_notify();
        // The end of the TCP stream follows; an error here means that it is gone already.
        let _ = self.write_out_own();
    }
}
