//! From host and port to a connected TCP stream.
//!
//! All addresses of the host race (RFC 8305): they start 250 ms apart, or at once
//! when one fails, with the address families taking turns. The first that takes the
//! connection wins.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};

use crate::attempt::Attempt;
use crate::resolve::resolve;
use crate::times::{ConnectTimes, lap};
use crate::{SocketOptions, TransportError};

/// Time between keepalive probes, and how many go unanswered before the peer is
/// given up. The defaults of most systems add up to more than ten minutes.
#[allow(dead_code, reason = "not all systems have it")]
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
#[allow(dead_code, reason = "not all systems have it")]
const PROBES: u32 = 3;

/// RFC 8305's Connection Attempt Delay.
const STAGGER: Duration = Duration::from_millis(250);

const OPERATION: &str = "connect to";

/// Resolves the host and connects to the address that is the first to answer.
pub(crate) fn connect(attempt: &Attempt<'_>) -> Result<(TcpStream, ConnectTimes), TransportError> {
    attempt.check(OPERATION)?;
    let mut since = Instant::now();
    let mut waiting = VecDeque::from(interleaved(resolve(attempt)?));
    let resolve = lap(&mut since);
    let mut racing: Vec<Socket> = Vec::new();
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    let mut next_start = Instant::now();
    loop {
        let now = Instant::now();
        // Without a connect under way there is nothing to wait for.
        if now >= next_start || racing.is_empty() {
            next_start = now + STAGGER;
            match waiting.pop_front().map(|address| start(&address, attempt.options)) {
                Some(Ok(socket)) => racing.push(socket),
                Some(Err(error)) => {
                    last = error;
                    next_start = now;
                    continue;
                }
                None if racing.is_empty() => return Err(failed(attempt, last)),
                None => {}
            }
        }
        let until = (!waiting.is_empty()).then_some(next_start);
        let ready = ready(attempt, &racing, until)?;
        // The last first, so that the indices of the others stay right.
        for index in ready.into_iter().rev() {
            let socket = racing.remove(index);
            match finish(socket, attempt.options) {
                Ok(tcp) => return Ok((tcp, ConnectTimes { resolve, tcp: lap(&mut since), tls: None })),
                Err(error) => {
                    last = error;
                    next_start = now;
                }
            }
        }
    }
}

/// The indices of the sockets whose connect has succeeded or failed.
fn ready(attempt: &Attempt<'_>, racing: &[Socket], until: Option<Instant>) -> Result<Vec<usize>, TransportError> {
    let mut fds: Vec<_> = racing.iter().map(|socket| PollFd::new(socket, PollFlags::OUT)).collect();
    attempt.wait(OPERATION, &mut fds, until)?;
    Ok((0..fds.len()).filter(|index| !fds[*index].revents().is_empty()).collect())
}

fn failed(attempt: &Attempt<'_>, last: io::Error) -> TransportError {
    match last.kind() {
        io::ErrorKind::TimedOut => attempt.timeout(OPERATION),
        _ => TransportError::Connect { peer: attempt.peer(), source: last },
    }
}

/// The addresses with the families taking turns, beginning with that of the first.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_ipv4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_ipv4);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

/// Begins to connect.
fn start(address: &SocketAddr, options: &SocketOptions) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(*address), Type::STREAM, Some(Protocol::TCP))?;
    // Before connecting: the receive buffer decides the window scale.
    if let Some(size) = options.recv_buffer {
        socket.set_recv_buffer_size(size)?;
    }
    if let Some(size) = options.send_buffer {
        socket.set_send_buffer_size(size)?;
    }
    if let Some(time) = options.keepalive {
        socket.set_tcp_keepalive(&probes(time))?;
    }
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    if let Some(time) = options.user_timeout {
        let most = Duration::from_millis(u32::MAX.into());
        // 0 would stand for the system's default.
        socket.set_tcp_user_timeout(Some(time.clamp(Duration::from_millis(1), most)))?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&(*address).into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(socket),
    }
}

/// Keepalive probes that start after that silence, as far as the system lets us choose.
fn probes(time: Duration) -> TcpKeepalive {
    let probes = TcpKeepalive::new().with_time(time);
    // OpenBSD, Solaris and others have one setting for the whole system.
    #[cfg(any(
        windows,
        target_vendor = "apple",
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "fuchsia",
        target_os = "illumos",
        target_os = "linux",
        target_os = "netbsd"
    ))]
    let probes = probes.with_interval(PROBE_INTERVAL).with_retries(PROBES);
    probes
}

fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    let under_way = error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error());
    #[cfg(not(unix))]
    let under_way = false;
    under_way || error.kind() == io::ErrorKind::WouldBlock
}

/// Ends the connect of a socket: the stream, or why it failed.
fn finish(socket: Socket, options: &SocketOptions) -> io::Result<TcpStream> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    socket.set_nonblocking(false)?;
    // The system rejects zero as a timeout.
    socket.set_write_timeout(options.send_timeout.map(|time| time.max(Duration::from_millis(1))))?;
    let tcp = TcpStream::from(socket);
    tcp.peer_addr()?;
    Ok(tcp)
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
            connect_timeout: Duration::from_secs(10),
            send_timeout: Some(Duration::from_secs(7)),
            user_timeout: Some(Duration::from_secs(9)),
            send_buffer: Some(50_000),
            recv_buffer: Some(60_000),
            keepalive: Some(Duration::from_secs(40)),
            ..SocketOptions::default()
        };
        let (stream, times) = connect(&Attempt::new("127.0.0.1", port, &options, None)).expect("somebody listens");
        assert!(times.tcp > Duration::ZERO && times.tls.is_none(), "{times:?}");
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().expect("readable"));
        assert!(socket.keepalive().expect("readable"));
        assert_eq!(stream.write_timeout().expect("readable"), options.send_timeout);
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().expect("readable"), options.user_timeout);
        // Linux doubles the size, for its own bookkeeping.
        assert!((50_000..200_000).contains(&socket.send_buffer_size().expect("readable")));
        assert!((60_000..200_000).contains(&socket.recv_buffer_size().expect("readable")));
    }

    #[test]
    fn address_families_take_turns() {
        let v4 = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let v6 = |port: u16| SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port));
        let addresses = vec![v6(1), v6(2), v6(3), v4(4), v4(5)];
        assert_eq!(interleaved(addresses), [v6(1), v4(4), v6(2), v4(5), v6(3)]);
        assert_eq!(interleaved(vec![v4(1), v4(2)]), [v4(1), v4(2)]);
    }
}
