//! Connecting: addresses, times and cancelling.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use tgdb_testkit::SilentListener;
use tgdb_transport::{ConnectCancel, Resolve, SocketOptions, TcpSocket, TgSocket, TransportError};

use common::{LONG, chain, listener, options, tls};

/// A resolver that does what it is given to do.
struct Resolver<F>(F);

impl<F> std::fmt::Debug for Resolver<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

impl<F: Fn() -> io::Result<Vec<SocketAddr>> + Send + Sync> Resolve for Resolver<F> {
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        assert_eq!((host, port), ("some-host", 8222));
        (self.0)()
    }
}

fn resolving(resolve: impl Fn() -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static) -> SocketOptions {
    SocketOptions { resolver: Some(Arc::new(Resolver(resolve))), ..options() }
}

/// Options with a resolver that never answers; it says when it was asked, and returns
/// once the sender is gone.
fn stalled() -> (SocketOptions, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (asked, is_asked) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let state = Mutex::new((asked, released));
    let options = resolving(move || {
        let (asked, released) = &*state.lock().unwrap();
        let _ = asked.send(());
        let _ = released.recv();
        Ok(Vec::new())
    });
    (options, is_asked, release)
}

fn connect(options: &SocketOptions) -> Result<TcpSocket, TransportError> {
    TcpSocket::connect("some-host", 8222, options)
}

/// Cancels once `begun` returns, and checks that the connect ends for that.
fn is_cancelled<T: Send>(
    connect: impl FnOnce(&ConnectCancel) -> Result<T, TransportError> + Send,
    begun: impl FnOnce(),
) {
    let cancel = ConnectCancel::new().unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| connect(&cancel).map(drop));
        begun();
        assert!(!cancel.is_cancelled() && !thread.is_finished());
        let cancelled = Instant::now();
        cancel.clone().cancel();
        let error = thread.join().unwrap().unwrap_err();
        assert!(matches!(error, TransportError::Closed { .. }), "{error}");
        assert!(cancelled.elapsed() < Duration::from_secs(2), "{:?}", cancelled.elapsed());
        assert!(cancel.is_cancelled());
    });
}

#[test]
fn a_host_without_a_listener_and_without_an_address() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = TcpSocket::connect("127.0.0.1", port, &options()).unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }), "{error}");
    let error = TcpSocket::connect("a..b", port, &options()).unwrap_err();
    assert!(matches!(error, TransportError::Resolve { .. }), "{error}");
}

#[test]
fn every_address_of_a_host_is_tried() {
    // Nobody listens on the host's IPv6 address, if it has one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = TcpSocket::connect("localhost", listener.local_addr().unwrap().port(), &options()).unwrap();
    assert_eq!(socket.outbox_addr(), listener.local_addr().unwrap());
}

#[cfg(target_os = "linux")]
#[test]
fn connecting_takes_no_longer_than_asked_for() {
    let silent = SilentListener::start().unwrap();
    let port = silent.address().port();
    let options = SocketOptions { connect_timeout: Duration::from_millis(200), ..options() };
    let started = Instant::now();
    let error = TcpSocket::connect("127.0.0.1", port, &options).unwrap_err();
    assert!(matches!(error, TransportError::ConnectTimeout { .. }), "{error}");
    assert!((Duration::from_millis(150)..LONG).contains(&started.elapsed()));
    assert!(error.to_string().contains("connectTimeout"), "{error}");
    // A timeout that overflows the clock does not panic.
    let options = SocketOptions { connect_timeout: Duration::MAX, ..options };
    drop(silent);
    assert!(TcpSocket::connect("127.0.0.1", port, &options).is_err());
}

#[test]
fn a_resolver_that_stalls_is_left_behind() {
    let (options, _asked, _release) = stalled();
    let options = SocketOptions { connect_timeout: Duration::from_millis(200), ..options };
    let started = Instant::now();
    let error = connect(&options).unwrap_err();
    assert!(matches!(error, TransportError::ConnectTimeout { operation: "resolve", .. }), "{error}");
    assert!((Duration::from_millis(200)..Duration::from_secs(2)).contains(&started.elapsed()));
}

#[test]
fn what_a_resolver_reports_is_reported() {
    let error = connect(&resolving(|| Err(io::Error::other("no such thing")))).unwrap_err();
    assert!(matches!(error, TransportError::Resolve { .. }), "{error}");
    assert!(chain(&error).contains("no such thing"), "{error}");
    for resolver in [resolving(|| Ok(Vec::new())), resolving(|| panic!("a resolver that panics, on purpose"))] {
        let error = connect(&resolver).unwrap_err();
        assert!(matches!(error, TransportError::Resolve { .. }), "{error}");
    }
}

#[test]
fn connecting_is_cancelled_while_the_resolver_stalls() {
    let (options, asked, _release) = stalled();
    is_cancelled(
        |cancel| TcpSocket::connect_with("some-host", 8222, &options, cancel),
        || asked.recv_timeout(LONG).unwrap(),
    );
    let (connector, _) = tls();
    is_cancelled(
        |cancel| connector.connect_with("some-host", 8222, &options, cancel),
        // The first thread still holds the resolver.
        || {},
    );
}

#[cfg(target_os = "linux")]
#[test]
fn connecting_is_cancelled_while_no_address_answers() {
    let silent = SilentListener::start().unwrap();
    is_cancelled(
        |cancel| TcpSocket::connect_with("127.0.0.1", silent.address().port(), &options(), cancel),
        || std::thread::sleep(Duration::from_millis(50)),
    );
}

#[test]
fn connecting_is_cancelled_during_the_tls_handshake() {
    let (connector, _) = tls();
    let (listener, port) = listener();
    let mut peer = None;
    is_cancelled(
        |cancel| connector.connect_with("localhost", port, &options(), cancel),
        || {
            let (mut tcp, _) = listener.accept().unwrap();
            tcp.read_exact(&mut [0; 5]).unwrap();
            peer = Some(tcp);
        },
    );
    let options = SocketOptions { connect_timeout: Duration::from_millis(200), ..options() };
    let started = Instant::now();
    let error = connector.connect("localhost", port, &options).unwrap_err();
    assert!(matches!(error, TransportError::ConnectTimeout { operation: "TLS handshake with", .. }), "{error}");
    assert!((Duration::from_millis(200)..Duration::from_secs(2)).contains(&started.elapsed()));
}

#[test]
fn what_is_cancelled_does_not_begin() {
    let cancel = ConnectCancel::new().unwrap();
    cancel.cancel();
    let (listener, port) = listener();
    listener.set_nonblocking(true).unwrap();
    for _ in 0..2 {
        let error = TcpSocket::connect_with("127.0.0.1", port, &options(), &cancel).unwrap_err();
        assert!(matches!(error, TransportError::Closed { .. }), "{error}");
    }
    assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_that_does_not_answer_does_not_hold_up_the_next() {
    let silent = SilentListener::start().unwrap();
    let dead = silent.address();
    let (listener, _) = listener();
    let live = listener.local_addr().unwrap();
    let started = Instant::now();
    let socket = connect(&resolving(move || Ok(vec![dead, dead, live]))).unwrap();
    assert_eq!(socket.outbox_addr(), live);
    let elapsed = started.elapsed();
    assert!((Duration::from_millis(500)..LONG / 4).contains(&elapsed), "two pauses of 250 ms: {elapsed:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_has_all_the_time_that_is_left() {
    // The first answers only when its queue has room again, after the others have started.
    let (silent, other) = (SilentListener::start().unwrap(), SilentListener::start().unwrap());
    let (slow, dead) = (silent.address(), other.address());
    let options = resolving(move || Ok(vec![slow, dead, dead, dead]));
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || connect(&SocketOptions { connect_timeout: LONG, ..options }));
        std::thread::sleep(Duration::from_millis(800));
        let listener = silent.into_listener();
        listener.set_nonblocking(true).unwrap();
        while !thread.is_finished() {
            let _ = listener.accept();
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(thread.join().unwrap().unwrap().outbox_addr(), slow);
    });
    drop(other);
}

#[test]
fn an_address_that_refuses_is_followed_by_the_next_at_once() {
    let refused = listener().0.local_addr().unwrap();
    let (listener, _) = listener();
    let live = listener.local_addr().unwrap();
    let started = Instant::now();
    let refusing = vec![refused; 20];
    let socket = connect(&resolving(move || Ok([&refusing[..], &[live]].concat()))).unwrap();
    assert_eq!(socket.outbox_addr(), live);
    assert!(started.elapsed() < Duration::from_secs(4), "not 20 pauses of 250 ms: {:?}", started.elapsed());
    let error = connect(&resolving(move || Ok(vec![refused; 3]))).unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }), "{error}");
}
