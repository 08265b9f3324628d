//! Code of the program runs without a lock of ours, and its panics end with it: callbacks, wakers,
//! resolvers and their errors, and what they panic with. Loggers have `logger.rs`.
#![allow(clippy::unwrap_used)]

mod support;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Wake, Waker};
use std::thread;

use support::*;
use tgdb_channel::transport::{Resolve, TransportError};
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;

const LIMIT: RequestOptions = RequestOptions { timeout: Some(LONG), resend: None, session: None };

/// Panics when it is dropped, as the payload of a panic can.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("and again");
    }
}

/// Fails if the work does not end, because a lock is held for good, say.
fn ends<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    is_done.recv_timeout(LONG).unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// Panics when it is woken, and when that panic is dropped.
struct PanickingWaker(AtomicUsize);

impl Wake for PanickingWaker {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic_any(Spiteful);
    }
}

impl PanickingWaker {
    fn new() -> (Arc<Self>, Waker) {
        let waker = Arc::new(Self(AtomicUsize::new(0)));
        (waker.clone(), waker.into())
    }

    fn is_woken(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

#[test]
fn a_waker_that_panics_harms_nobody_else() {
    let mut server = obedient();
    let channel = started(builder(&server.url()).property(ConfigName::ChannelMaxInFlight, "2"));
    // For a reply, which the I/O thread reads; and for room.
    let (on_reply, waker) = PanickingWaker::new();
    let mut reply = channel.submit_with(query("later 100"), LIMIT).unwrap();
    assert!(poll_once(&mut reply, &waker).is_pending());
    let mut held = channel.submit_with(query("hold"), LIMIT).unwrap();
    assert!(poll_once(&mut held, &waker).is_pending());
    let (on_room, waker) = PanickingWaker::new();
    let mut submitting = channel.submit_async(query("more"), LIMIT);
    assert!(poll_once(&mut submitting, &waker).is_pending());
    eventually("both are woken", || on_reply.is_woken() && on_room.is_woken());
    assert!(channel.is_connected());
    assert!(block_on(reply).is_ok() && block_on(block_on(submitting).unwrap()).is_ok());
    assert!(matches!(channel.request_with(query("hold"), within_ms(50)), Err(ChannelError::Timeout { .. })));

    // The one that waits is woken when the connection is lost, and the state of the link is right.
    let (on_loss, waker) = PanickingWaker::new();
    assert!(poll_once(&mut held, &waker).is_pending());
    server.kill();
    eventually("it is woken", || on_loss.is_woken());
    assert!(matches!(block_on(held), Err(ChannelError::Lost { .. })));
    assert!(channel.in_error(), "{}", channel.link_state());
    takes_at_most("stop", STOPPED, || time(|| channel.stop(StopMethod::ClientForceful)).0);
}

/// Panics the first two times, the second time with what panics again.
#[derive(Debug)]
struct PanickingResolver(SocketAddr, AtomicUsize);

impl Resolve for PanickingResolver {
    fn resolve(&self, _host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        match self.1.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("on purpose"),
            1 => panic_any(Spiteful),
            _ => Ok(vec![self.0]),
        }
    }
}

#[test]
fn a_resolver_that_panics_fails_its_attempt() {
    let server = obedient();
    let resolver = PanickingResolver(server.address(), AtomicUsize::new(0));
    let channel = builder("tcp://graph.example:1").resolver(Arc::new(resolver)).build().unwrap();
    for _ in 0..2 {
        let Err(ChannelError::Connect(cause)) = channel.connect() else { panic!("it is connected") };
        assert!(matches!(*cause, TransportError::Resolve { .. }), "{cause}");
    }
    channel.connect().unwrap();
}

/// An error that uses the channel when it is dropped.
struct Curious(Arc<Mutex<Option<TgChannel>>>, Arc<AtomicUsize>);

impl fmt::Debug for Curious {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Curious")
    }
}

impl fmt::Display for Curious {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such host")
    }
}

impl std::error::Error for Curious {}

impl Drop for Curious {
    fn drop(&mut self) {
        let channel = self.0.lock().unwrap().clone();
        if let Some(channel) = channel {
            let _ = (channel.link_state(), channel.stats(), channel.submit(query("no")));
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Fails as often as that, then knows the address.
#[derive(Debug)]
struct FailingResolver {
    address: SocketAddr,
    failures: AtomicUsize,
    channel: Arc<Mutex<Option<TgChannel>>>,
    dropped: Arc<AtomicUsize>,
}

impl Resolve for FailingResolver {
    fn resolve(&self, _host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        if self.failures.fetch_sub(1, Ordering::SeqCst) > 1 {
            return Err(io::Error::other(Curious(self.channel.clone(), self.dropped.clone())));
        }
        Ok(vec![self.address])
    }
}

#[test]
fn an_error_of_the_program_is_dropped_without_a_lock() {
    const FAILURES: usize = 4;
    let server = obedient();
    let (slot, dropped) = (Arc::new(Mutex::new(None)), Arc::new(AtomicUsize::new(0)));
    let resolver = FailingResolver {
        address: server.address(),
        failures: AtomicUsize::new(FAILURES + 1),
        channel: slot.clone(),
        dropped: dropped.clone(),
    };
    let url = "tcp://graph.example:1/{ftHosts=spare.example:1}";
    let channel = builder(url).retry_count(3).resolver(Arc::new(resolver)).build().unwrap();
    *slot.lock().unwrap() = Some(channel.clone());
    let connecting = channel.clone();
    ends("connecting", move || connecting.connect()).unwrap();
    channel.start().unwrap();
    eventually("all errors are dropped, by whoever comes next", || {
        channel.request(query("one")).unwrap();
        dropped.load(Ordering::SeqCst) == FAILURES
    });
    *slot.lock().unwrap() = None;
}
