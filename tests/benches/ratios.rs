//! Speed as ratios to a baseline that runs in the same process, turn by turn with
//! what is measured, so that they hold on any machine. `cargo bench` prints them;
//! `docs/performance.md` records them.

#![forbid(unsafe_code)]
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use tgdb_channel::TgChannel;
use tgdb_channel::pdu::body::{DecryptBufferRequest, FetchOptions, GetEntityCommand, GetEntityRequest};
use tgdb_channel::pdu::{Body, FrameDecoder, Header, Message};
use tgdb_testkit::{ServerConfig, TestCa, TestServer};
use tgdb_tests::{builder, query, started, trusting};

/// How often baseline and measured take turns. The median turn counts.
const TURNS: usize = 15;

struct Measured {
    baseline: Duration,
    ours: Duration,
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Times both, turn by turn, and returns the medians.
fn compare(mut baseline: impl FnMut(), mut ours: impl FnMut()) -> Measured {
    let time = |run: &mut dyn FnMut()| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    baseline();
    ours();
    let (mut base, mut own) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        base.push(time(&mut baseline));
        own.push(time(&mut ours));
    }
    Measured { baseline: median(base), ours: median(own) }
}

fn report(what: &str, count: u32, measured: &Measured) {
    let (baseline, ours) = (measured.baseline / count, measured.ours / count);
    let ratio = measured.ours.as_secs_f64() / measured.baseline.as_secs_f64();
    println!("{what:<58} {baseline:>11.2?} {ours:>11.2?} {ratio:>7.2}x");
}

fn main() {
    println!("{:<58} {:>11} {:>11} {:>8}", "", "baseline", "measured", "ratio");
    codec();
    round_trips();
}

/// A message with that many bytes of payload.
fn message(payload: usize) -> Message {
    Message::new(Header::default(), DecryptBufferRequest { buffer: vec![7; payload].into() }.into())
}

fn codec() {
    for (size, name) in [(64, "64 B"), (4 << 10, "4 KiB"), (1 << 20, "1 MiB")] {
        let count: u32 = if size > 1 << 16 { 50 } else { 20_000 };
        let message = message(size);
        let bytes = message.encode().unwrap();
        let copy = |_| drop(black_box(black_box(&bytes).to_vec()));
        let measured = compare(
            || (0..count).for_each(copy),
            || (0..count).for_each(|_| drop(black_box(black_box(&message).encode().unwrap()))),
        );
        report(&format!("encode, {name} of payload / memcpy to a new buffer"), count, &measured);
        let measured = compare(
            || (0..count).for_each(copy),
            || {
                (0..count).for_each(|_| {
                    let mut decoder = FrameDecoder::default();
                    decoder.push(black_box(&bytes));
                    let frame = decoder.next_frame().unwrap().unwrap();
                    drop(black_box(Message::decode(&frame).unwrap()));
                });
            },
        );
        report(&format!("decode, {name} of payload / memcpy to a new buffer"), count, &measured);
    }
    let fields = query("g.V().has('iata', 'SFO').out().values('name')");
    let message = Message::new(Header::default(), fields);
    let bytes = message.encode().unwrap();
    let count = 20_000;
    let measured = compare(
        || (0..count).for_each(|_| drop(black_box(black_box(&bytes).to_vec()))),
        || (0..count).for_each(|_| drop(black_box(black_box(&message).encode().unwrap()))),
    );
    report("encode, a query / memcpy to a new buffer", count, &measured);
}

/// Sends and waits, one message of that length at a time.
fn ping_pong(tcp: &mut TcpStream, message: &[u8], count: u32) {
    let mut buf = vec![0; message.len()];
    for _ in 0..count {
        tcp.write_all(message).unwrap();
        tcp.read_exact(&mut buf).unwrap();
    }
}

/// A connection to a thread that sends back what it gets.
fn raw_echo(length: usize) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tcp = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    tcp.set_nodelay(true).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_nodelay(true).unwrap();
    std::thread::spawn(move || {
        let mut buf = vec![0; length];
        while peer.read_exact(&mut buf).is_ok() && peer.write_all(&buf).is_ok() {}
    });
    tcp
}

fn one_at_a_time(channel: &TgChannel, body: &Body, count: u32) {
    for _ in 0..count {
        black_box(channel.request(body.clone()).unwrap());
    }
}

fn in_flight(channel: &TgChannel, body: &Body, count: u32, window: u32) {
    for _ in 0..count / window {
        let waiters: Vec<_> = (0..window).map(|_| channel.submit(body.clone()).unwrap()).collect();
        for waiter in waiters {
            black_box(waiter.wait().unwrap());
        }
    }
}

fn round_trips() {
    const COUNT: u32 = 1_024;
    let ca = TestCa::new("benchmark").unwrap();
    let tls = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let secure = TestServer::start(ServerConfig { tls: Some(tls), ..ServerConfig::default() }).unwrap();
    let channel = started(builder(&server.url()));
    let over_tls = started(trusting(&secure.url(), &ca));
    let body: Body = query("g.V()");
    let bytes = Message::new(Header::default(), body.clone()).encode().unwrap();
    let mut raw = raw_echo(bytes.len());

    let measured = compare(|| ping_pong(&mut raw, &bytes, COUNT), || one_at_a_time(&channel, &body, COUNT));
    report("request and reply, plain TCP / raw TCP ping-pong", COUNT, &measured);
    let measured = compare(|| one_at_a_time(&channel, &body, COUNT), || in_flight(&channel, &body, COUNT, 64));
    report("64 in flight / one at a time, plain TCP", COUNT, &measured);
    let measured = compare(|| one_at_a_time(&channel, &body, COUNT), || one_at_a_time(&over_tls, &body, COUNT));
    report("request and reply, TLS / plain TCP", COUNT, &measured);
    let measured = compare(|| in_flight(&channel, &body, COUNT, 64), || in_flight(&over_tls, &body, COUNT, 64));
    report("64 in flight, TLS / plain TCP", COUNT, &measured);

    // A mebibyte each way in each round trip.
    let count = 16;
    let key = Some((FetchOptions::default(), vec![7; 1 << 20].into()));
    let large: Body = GetEntityRequest { command: GetEntityCommand::GET, result_id: 0, key }.into();
    let bytes = Message::new(Header::default(), large.clone()).encode().unwrap();
    let mut raw = raw_echo(bytes.len());
    let measured = compare(|| ping_pong(&mut raw, &bytes, count), || one_at_a_time(&channel, &large, count));
    report("1 MiB each way, plain TCP / raw TCP ping-pong", count, &measured);
    let measured = compare(|| one_at_a_time(&channel, &large, count), || one_at_a_time(&over_tls, &large, count));
    report("1 MiB each way, TLS / plain TCP", count, &measured);
}
