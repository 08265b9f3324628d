//! A subscriber of `tracing` may use the channel in each of its methods, and panic. The subscriber is
//! one for the process, so this has a program of its own.
#![allow(clippy::unwrap_used)]

mod support;

use std::panic::panic_any;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use support::*;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// The channel to be used.
static CHANNEL: Mutex<Option<TgChannel>> = Mutex::new(None);

/// How often it was used.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Panics when it is dropped, as the payload of a panic can.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("and again");
    }
}

struct Nosy(AtomicU64);

impl Nosy {
    fn use_channel(metadata: Option<&Metadata<'_>>) {
        let is_ours = metadata.is_none_or(|metadata| metadata.target().starts_with("tgdb::"));
        let channel = CHANNEL.lock().unwrap().clone().filter(|_| is_ours);
        if let Some(channel) = channel {
            let _ = (channel.stats(), channel.link_state(), channel.last_error(), channel.waiters());
            let _ = channel.try_submit_with(query("hold"), within_ms(1));
            USED.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Subscriber for Nosy {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // Ask each time.
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::use_channel(Some(metadata));
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        Self::use_channel(Some(attributes.metadata()));
        let id = self.0.fetch_add(1, Ordering::SeqCst);
        if id.is_multiple_of(5) {
            panic_any(Spiteful);
        }
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        Self::use_channel(None);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        Self::use_channel(Some(event.metadata()));
        panic_any(Spiteful);
    }

    fn enter(&self, _: &Id) {
        Self::use_channel(None);
    }

    fn exit(&self, _: &Id) {
        Self::use_channel(None);
    }

    fn try_close(&self, _: Id) -> bool {
        Self::use_channel(None);
        panic_any(Spiteful);
    }
}

/// What a program does with a channel from its begin to its end.
fn live(channel: &TgChannel, first: tgdb_testkit::TestServer, second: &tgdb_testkit::TestServer) {
    let mut first = first;
    channel.connect().unwrap();
    channel.start().unwrap();
    channel.request_with(query("one"), within_ms(20_000)).unwrap();
    block_on(channel.request_async(query("two"), within_ms(20_000))).unwrap();
    drop(channel.submit(query("hold")).unwrap());
    let timeout = channel.request_with(query("hold"), within_ms(20));
    assert!(matches!(timeout, Err(ChannelError::Timeout { .. })), "{timeout:?}");
    first.kill();
    eventually("it is connected to the other", || channel.outbox_addr() == Some(second.address()));
    let resend = RequestOptions { resend: Some(ResendMode::ReconnectAndResend), ..within_ms(20_000) };
    channel.request_with(query("three"), resend).unwrap();
    channel.stop(StopMethod::Graceful);
    assert_eq!(channel.link_state(), LinkState::Closed);
    assert!(channel.submit(query("four")).is_err());
}

#[test]
fn a_subscriber_that_uses_the_channel_and_panics_does_no_harm() {
    tracing::subscriber::set_global_default(Nosy(AtomicU64::new(1))).unwrap();
    let (first, second) = (obedient(), obedient());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("tcp://{nobody}/{{ftHosts={},{}}}", first.address(), second.address());
    let channel = builder(&url).property(ConfigName::ChannelFTReconnectSpreadSeconds, "0").build().unwrap();
    *CHANNEL.lock().unwrap() = Some(channel.clone());
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        live(&channel, first, &second);
        done.send(()).unwrap();
    });
    is_done.recv_timeout(LONG * 3).unwrap();
    let used = USED.load(Ordering::SeqCst);
    assert!(used > 50, "{used} times");
    // Nobody is to be called by the drop of the channel under this lock.
    let channel = CHANNEL.lock().unwrap().take();
    drop(channel);
}
