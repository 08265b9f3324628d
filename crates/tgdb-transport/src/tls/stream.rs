//! A TLS connection that one thread reads while others write.
//!
//! rustls keeps both directions in one object. It is locked while bytes are turned
//! from clear into cipher text or back and while system calls that do not wait take
//! them over, never while the peer is waited for. Its lock also keeps records in the
//! order in which they were made.
//!
//! rustls calls code of the program: its stores of sessions, key logs, cryptography, and its logger
//! if the program turns rustls's feature `logging` on. Such code may use the socket again, on the
//! same thread: it finds that nothing can be sent or received now, as if the system were busy.

use std::cell::Cell;
use std::io::{self, BufRead, IoSlice, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use rustls::Connection;
use tgdb_pdu::FrameDecoder;

use crate::stream::{ByteStream, Read, StreamError, broken, is_transient, send_all};
use crate::{TlsInfo, sys};

/// How much cipher text is read at once. `SHORT_READ` at first, and after a read that did not
/// fill it; `LONG_READ` after one that did; `LARGE_READ` while a large frame arrives.
const SHORT_READ: usize = 4 * 1024;
const LONG_READ: usize = 16 * 1024;
const LARGE_READ: usize = 256 * 1024;

/// rustls takes clear text only until its cipher text reaches this. Less makes large
/// frames slower: each piece wakes the peer.
const BACKLOG: usize = 256 * 1024;

pub(super) struct TlsStream {
    tcp: TcpStream,
    timeout: Option<Duration>,
    tls: Mutex<Connection>,
    /// Where cipher text is read into; empty in between.
    incoming: Mutex<Vec<u8>>,
    /// Held while a frame is written, so that frames do not mix. Whether one failed.
    broken: Mutex<bool>,
}

thread_local! {
    /// This thread is inside rustls.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// rustls, in the hands of one thread.
struct Held<'a>(MutexGuard<'a, Connection>);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}

impl Deref for Held<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl TlsStream {
    /// Waits until no other thread is inside; `None` if this one is.
    fn hold(&self) -> Option<Held<'_>> {
        (!INSIDE.replace(true)).then(|| Held(self.tls.lock()))
    }

    pub(super) fn new(mut tls: Connection, tcp: TcpStream) -> io::Result<Self> {
        tls.set_buffer_limit(Some(BACKLOG));
        Ok(Self {
            timeout: tcp.write_timeout()?,
            tcp,
            tls: Mutex::new(tls),
            incoming: Mutex::default(),
            broken: Mutex::new(false),
        })
    }

    /// Hands records to the system; `true` if none is left.
    fn flush(&self, tls: &mut Connection) -> Result<bool, StreamError> {
        while tls.wants_write() {
            match tls.write_tls(&mut SendNow(&self.tcp)) {
                Ok(_) => {}
                Err(error) if is_transient(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Encrypts and sends as many of the bytes as the system takes.
    fn send_some(&self, tls: &mut Connection, parts: &[IoSlice<'_>]) -> Result<usize, StreamError> {
        let total: usize = parts.iter().map(|part| part.len()).sum();
        // Together, so that they share records.
        let mut sent = tls.writer().write_vectored(parts)?;
        let mut flushed = self.flush(tls)?;
        if sent < total && flushed {
            let mut parts = parts.to_vec();
            let mut parts = &mut parts[..];
            IoSlice::advance_slices(&mut parts, sent);
            while sent < total && flushed {
                let count = tls.writer().write_vectored(parts)?;
                if count == 0 {
                    // The handshake of a server is not done.
                    break;
                }
                IoSlice::advance_slices(&mut parts, count);
                sent += count;
                flushed = self.flush(tls)?;
            }
        }
        Ok(sent)
    }

    /// Moves clear text that came with the handshake to the decoder. An error is found
    /// again by the first read.
    pub(super) fn take_early(&self, decoder: &mut FrameDecoder) {
        if let Some(mut tls) = self.hold() {
            let _ = take_text(&mut tls, decoder);
        }
    }
}

/// Decrypts what was read, and moves the clear text to the decoder. No text is the
/// end of the TCP stream.
fn decrypt(tls: &mut Connection, mut text: &[u8], decoder: &mut FrameDecoder) -> Result<Read, StreamError> {
    loop {
        tls.read_tls(&mut text)?;
        let processed = tls.process_new_packets().map_err(StreamError::Tls);
        // Text that was decrypted before the error is delivered.
        let read = take_text(tls, decoder)?;
        processed?;
        if read == Read::End || text.is_empty() {
            return Ok(read);
        }
    }
}

/// Moves the clear text that there is to the decoder.
fn take_text(tls: &mut Connection, decoder: &mut FrameDecoder) -> Result<Read, StreamError> {
    let mut reader = tls.reader();
    loop {
        let count = match reader.fill_buf() {
            Ok([]) => return Ok(Read::End),
            Ok(chunk) => {
                decoder.push(chunk);
                chunk.len()
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Read::Some),
            // TCP ended without `close_notify`: the connection was cut.
            Err(error) => return Err(error.into()),
        };
        reader.consume(count);
    }
}

impl ByteStream for TlsStream {
    fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    fn tls_info(&self) -> Option<TlsInfo> {
        TlsInfo::of(&*self.hold()?)
    }

    fn read_into(&self, decoder: &mut FrameDecoder, may_wait: bool) -> Result<Read, StreamError> {
        if INSIDE.get() {
            if may_wait {
                std::thread::sleep(sys::TICK);
            }
            return Err(io::Error::from(io::ErrorKind::WouldBlock).into());
        }
        let mut incoming = self.incoming.lock();
        if incoming.capacity() == 0 {
            incoming.reserve_exact(SHORT_READ);
        }
        let read = if may_wait { sys::recv_wait } else { sys::recv_now };
        let count = read(&self.tcp, &mut incoming)?;
        let Some(mut tls) = self.hold() else { return Ok(Read::Some) };
        let result = decrypt(&mut tls, &incoming, decoder);
        // rustls may have made records by itself: handshake, alerts, key updates. What the
        // system does not take now goes with the next read or write, which also reports an error.
        let _ = self.flush(&mut tls);
        drop(tls);
        let next = match decoder.missing() {
            missing if missing > LONG_READ => LARGE_READ,
            _ if count >= SHORT_READ => LONG_READ,
            _ => SHORT_READ,
        };
        incoming.clear();
        incoming.shrink_to(next);
        incoming.reserve_exact(next);
        result
    }

    fn send(&self, mut bytes: &[u8]) -> Result<(), StreamError> {
        if INSIDE.get() {
            return Err(io::Error::other("the socket is in use by this thread").into());
        }
        let mut is_broken = self.broken.lock();
        if *is_broken {
            return Err(broken().into());
        }
        // A server's handshake is completed by its reader; until then clear text waits inside rustls.
        let sent = send_all(&self.tcp, self.timeout, bytes.len(), || {
            let Some(mut tls) = self.hold() else { return Ok(bytes.len()) };
            let count = self.send_some(&mut tls, &[IoSlice::new(bytes)])?;
            if count == 0 && !bytes.is_empty() && !tls.wants_write() {
                return Err(io::Error::from(io::ErrorKind::WriteZero).into());
            }
            bytes = &bytes[count..];
            Ok(bytes.len() + usize::from(!self.flush(&mut tls)?))
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
        let Some(mut tls) = self.hold() else { return Ok(0) };
        let sent = self.send_some(&mut tls, parts);
        *is_broken = sent.is_err();
        sent
    }

    fn try_flush(&self) -> Result<bool, StreamError> {
        // The thread that holds the lock is inside `send`, which flushes.
        let Some(mut is_broken) = self.broken.try_lock() else { return Ok(false) };
        if *is_broken {
            return Err(broken().into());
        }
        let Some(mut tls) = self.hold() else { return Ok(false) };
        let flushed = self.flush(&mut tls);
        *is_broken = flushed.is_err();
        flushed
    }

    fn end(&self) {
        let Some(mut tls) = self.hold() else { return };
        tls.send_close_notify();
        // The end of the TCP stream follows; an error here means that it is gone already.
        let _ = self.flush(&mut tls);
    }
}

/// Where rustls writes its records: to the socket, as much as the system takes without waiting.
pub(super) struct SendNow<'a>(pub(super) &'a TcpStream);

impl io::Write for SendNow<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        sys::send_now(self.0, &[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        sys::send_now(self.0, parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
