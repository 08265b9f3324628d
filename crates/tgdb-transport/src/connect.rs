//! From host and port to a connected TCP stream.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};

use crate::{SocketOptions, TransportError};

/// Time between keepalive probes, and how many go unanswered before the peer is
/// given up. Most systems wait ten minutes by themselves.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;

/// Host and port as an error shows them.
pub(crate) fn peer_name(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The time after that timeout; a far one for a timeout that the clock cannot tell.
pub(crate) fn deadline_after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + Duration::from_secs(1 << 30))
}

/// Tries all addresses of the host until one takes the connection.
///
/// Each address gets an equal part of the time that is left, so that a first
/// address that never answers leaves time for the second.
pub(crate) fn connect(
    host: &str,
    port: u16,
    options: &SocketOptions,
    deadline: Instant,
) -> Result<TcpStream, TransportError> {
    let peer = || peer_name(host, port);
    let resolve = |source| TransportError::Resolve { peer: peer(), source };
    let addresses: Vec<_> = (host, port).to_socket_addrs().map_err(resolve)?.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / (addresses.len() - index) as u32;
        if share.is_zero() {
            last = io::ErrorKind::TimedOut.into();
            break;
        }
        match connect_to(address, options, share) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(match last.kind() {
        _ if addresses.is_empty() => resolve(last),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            TransportError::ConnectTimeout { operation: "connect to", peer: peer(), timeout: options.connect_timeout }
        }
        _ => TransportError::Connect { peer: peer(), source: last },
    })
}

fn connect_to(address: &SocketAddr, options: &SocketOptions, timeout: Duration) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(*address), Type::STREAM, Some(Protocol::TCP))?;
    // Before connecting: the receive buffer decides the window scale.
    if let Some(size) = options.recv_buffer {
        socket.set_recv_buffer_size(size)?;
    }
    if let Some(size) = options.send_buffer {
        socket.set_send_buffer_size(size)?;
    }
    if let Some(time) = options.keepalive {
        let probes = TcpKeepalive::new().with_time(time).with_interval(PROBE_INTERVAL).with_retries(PROBES);
        socket.set_tcp_keepalive(&probes)?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.connect_timeout(&(*address).into(), timeout)?;
    socket.set_write_timeout(options.send_timeout)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use socket2::SockRef;

    use super::*;

    #[test]
    fn options_reach_the_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let options = SocketOptions {
            send_timeout: Some(Duration::from_secs(7)),
            send_buffer: Some(50_000),
            recv_buffer: Some(60_000),
            keepalive: Some(Duration::from_secs(40)),
            ..SocketOptions::default()
        };
        let deadline = deadline_after(Duration::from_secs(10));
        let stream = connect("127.0.0.1", port, &options, deadline).expect("somebody listens");
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().expect("readable"));
        assert!(socket.keepalive().expect("readable"));
        assert_eq!(stream.write_timeout().expect("readable"), options.send_timeout);
        // Linux takes twice what it is asked for, for its own book-keeping.
        assert!((50_000..200_000).contains(&socket.send_buffer_size().expect("readable")));
        assert!((60_000..200_000).contains(&socket.recv_buffer_size().expect("readable")));
    }

    #[test]
    fn addresses_are_shown_as_urls_have_them() {
        assert_eq!(peer_name("::1", 1), "[::1]:1");
        assert_eq!(peer_name("host", 1), "host:1");
    }
}
