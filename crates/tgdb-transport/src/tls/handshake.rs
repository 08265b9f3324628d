//! The TLS handshake against a deadline.

use std::net::TcpStream;

use rustix::event::{PollFd, PollFlags};
use rustls::ClientConnection;
use tgdb_pdu::FrameDecoder;

use super::stream::SendNow;
use crate::attempt::Attempt;
use crate::error::TLS_HANDSHAKE;
use crate::stream::is_transient;
use crate::{TransportError, sys};

const OPERATION: &str = TLS_HANDSHAKE;

/// The longest message that a server may reject the client with, in place of TLS, in bytes.
const MAX_REJECTION: u32 = 64 * 1024;

/// Does the handshake over a connection that was made by that attempt.
pub(super) fn complete<'a>(
    tls: &mut ClientConnection,
    tcp: &'a TcpStream,
    attempt: &Attempt<'a>,
) -> Result<(), TransportError> {
    let io = |source| attempt.io(OPERATION, source);
    let mut buf = Vec::with_capacity(16 * 1024);
    let mut first = true;
    loop {
        let mut flags = PollFlags::IN;
        while tls.wants_write() {
            match tls.write_tls(&mut SendNow(tcp)) {
                Ok(_) => {}
                Err(error) if is_transient(&error) => {
                    flags = flags.union(PollFlags::OUT);
                    break;
                }
                Err(error) => return Err(io(error)),
            }
        }
        if !tls.is_handshaking() && !tls.wants_write() {
            return Ok(());
        }
        attempt.wait(OPERATION, &mut vec![PollFd::new(tcp, flags)], None)?;
        buf.clear();
        match sys::recv_now(tcp, &mut buf) {
            Ok(0) => return Err(TransportError::PeerClosed { operation: OPERATION, peer: attempt.peer(), partial: 0 }),
            Ok(_) => {}
            Err(error) if is_transient(&error) => continue,
            Err(error) => return Err(io(error)),
        }
        let mut received = &buf[..];
        // The first byte of a TLS record is its type, 20 to 24. As the first byte of a message, whose
        // length comes first, it would stand for 320 MiB and more.
        if std::mem::take(&mut first) && !matches!(received, [20..=24, ..]) {
            return Err(not_tls(buf, tcp, attempt));
        }
        while !received.is_empty() {
            tls.read_tls(&mut received).map_err(io)?;
            if let Err(error) = tls.process_new_packets() {
                // The alert says to the server why. It does not matter whether it arrives.
                let _ = tls.write_tls(&mut SendNow(tcp));
                return Err(TransportError::tls(&attempt.peer(), error));
            }
        }
    }
}

/// What the peer says in place of TLS. A TGDB server that rejects the client at once can
/// do so in clear text.
fn not_tls<'a>(mut received: Vec<u8>, tcp: &'a TcpStream, attempt: &Attempt<'a>) -> TransportError {
    let peer = attempt.peer();
    let mut decoder = FrameDecoder::new(attempt.options.max_frame_len.min(MAX_REJECTION));
    loop {
        decoder.push(&received);
        match decoder.next_frame() {
            Ok(Some(frame)) => return TransportError::PlainFrame { peer, frame: Box::new(frame) },
            Ok(None) => {}
            Err(source) => return TransportError::NotTls { peer, source },
        }
        if let Err(error) = attempt.wait(OPERATION, &mut vec![PollFd::new(tcp, PollFlags::IN)], None) {
            return error;
        }
        received.clear();
        match sys::recv_now(tcp, &mut received) {
            Ok(0) => {
                return TransportError::PeerClosed { operation: OPERATION, peer, partial: decoder.buffered() };
            }
            Ok(_) => {}
            Err(error) if is_transient(&error) => {}
            Err(source) => return attempt.io(OPERATION, source),
        }
    }
}
