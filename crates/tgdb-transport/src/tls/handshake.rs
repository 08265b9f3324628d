//! The TLS handshake against a deadline.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use rustls::ClientConnection;
use tgdb_pdu::{FrameDecoder, MAGIC};

use crate::{SocketOptions, TransportError};

pub(super) fn complete(
    tls: &mut ClientConnection,
    mut tcp: &TcpStream,
    peer: &str,
    options: &SocketOptions,
    deadline: Instant,
) -> Result<(), TransportError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => TransportError::ConnectTimeout {
            operation: "TLS handshake with",
            peer: peer.to_owned(),
            timeout: options.connect_timeout,
        },
        _ => TransportError::Io { operation: "TLS handshake with", peer: peer.to_owned(), source },
    };
    let mut buf = vec![0; 16 * 1024];
    let mut first = true;
    while tls.is_handshaking() || tls.wants_write() {
        while tls.wants_write() {
            tls.write_tls(&mut tcp).map_err(failed)?;
        }
        if !tls.is_handshaking() {
            break;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failed(io::ErrorKind::TimedOut.into()));
        }
        tcp.set_read_timeout(Some(left)).map_err(failed)?;
        let count = match tcp.read(&mut buf) {
            Ok(0) => return Err(TransportError::PeerClosed { peer: peer.to_owned(), partial: 0 }),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error)),
        };
        let mut received = &buf[..count];
        if std::mem::take(&mut first) && received.get(4..8) == Some(&MAGIC.to_be_bytes()) {
            return Err(plain_frame(received, peer, options.max_frame_len));
        }
        while !received.is_empty() {
            tls.read_tls(&mut received).map_err(failed)?;
            if let Err(error) = tls.process_new_packets() {
                // The alert tells the server why; whether it arrives is of no concern.
                let _ = tls.write_tls(&mut tcp);
                let _ = tcp.flush();
                return Err(TransportError::tls(peer, error));
            }
        }
    }
    Ok(())
}

/// A server that refuses the client at once can do so before TLS, in clear text.
fn plain_frame(received: &[u8], peer: &str, max_frame_len: u32) -> TransportError {
    let mut decoder = FrameDecoder::new(max_frame_len);
    decoder.push(received);
    let peer = peer.to_owned();
    match decoder.next_frame() {
        Ok(Some(frame)) => TransportError::PlainFrame { peer, frame: Box::new(frame) },
        Ok(None) => TransportError::PeerClosed { peer, partial: received.len() },
        Err(source) => TransportError::Frame { peer, source },
    }
}
