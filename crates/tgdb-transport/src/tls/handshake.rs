//! The TLS handshake against a deadline.

use std::net::TcpStream;

use rustix::event::{PollFd, PollFlags};
use rustls::ClientConnection;
use tgdb_pdu::{FrameDecoder, MAGIC};

use super::SendNow;
use crate::attempt::Attempt;
use crate::error::TLS_HANDSHAKE;
use crate::stream::is_transient;
use crate::{TransportError, sys};

const OPERATION: &str = TLS_HANDSHAKE;

/// Shakes hands over a connection that was made by that attempt.
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
        if std::mem::take(&mut first) && received.get(4..8) == Some(&MAGIC.to_be_bytes()) {
            return Err(plain_frame(received, attempt.peer(), attempt.options.max_frame_len));
        }
        while !received.is_empty() {
            tls.read_tls(&mut received).map_err(io)?;
            if let Err(error) = tls.process_new_packets() {
                // The alert tells the server why; whether it arrives is of no concern.
                let _ = tls.write_tls(&mut SendNow(tcp));
                return Err(TransportError::tls(&attempt.peer(), error));
            }
        }
    }
}

/// A server that refuses the client at once can do so before TLS, in clear text.
fn plain_frame(received: &[u8], peer: String, max_frame_len: u32) -> TransportError {
    let mut decoder = FrameDecoder::new(max_frame_len);
    decoder.push(received);
    match decoder.next_frame() {
        Ok(Some(frame)) => TransportError::PlainFrame { peer, frame: Box::new(frame) },
        Ok(None) => TransportError::PeerClosed { operation: OPERATION, peer, partial: received.len() },
        Err(source) => TransportError::Frame { peer, source },
    }
}
