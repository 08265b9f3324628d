//! The sockets against the system's own, turn by turn in one process. Run it with
//! `taskset -c 0 cargo bench --bench sockets` too: a wake-up from core to core costs
//! more than a round trip on one. With the argument `tls` it measures 1 MiB over TLS only.
//!
//! With glibc, TLS depends on how `memcpy` copies the 16 KiB of a record, which rustls
//! does three times each way: `rep movsb` is slow on some processors.
//! `GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=100000000` shows it.

#![forbid(unsafe_code)]
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustls::crypto::cipher::{AeadKey, InboundOpaqueMessage, Iv, OutboundChunks, OutboundPlainMessage};
use rustls::crypto::ring::cipher_suite::TLS13_AES_256_GCM_SHA384;
use rustls::{ContentType, ProtocolVersion};
use tgdb_channel::pdu::body::DecryptBufferRequest;
use tgdb_channel::pdu::{DEFAULT_MAX_FRAME_LEN, Header, Message};
use tgdb_channel::transport::{Roots, SocketOptions, TcpSocket, TgSocket, TlsConnector, TlsOptions, TlsSocket};
use tgdb_testkit::TestCa;

/// How often the measured take turns. The median turn counts.
const TURNS: usize = 15;

fn main() {
    tgdb_tests::logs::no_logs();
    println!("{:<44} {:>11} {:>11} {:>8}", "", "baseline", "measured", "ratio");
    if std::env::args().any(|argument| argument == "tls") {
        return tls(&message(1 << 20), "1 MiB each way", 30);
    }
    let small = message(64);
    let batch: Vec<u8> = small.repeat(64);
    let large = message(1 << 20);
    for (what, bytes, frames, count) in [
        ("round trip, 124 B", &small, 1, 2_000),
        ("64 frames each way", &batch, 64, 200),
        ("1 MiB each way", &large, 1, 30),
    ] {
        let mut raw = raw_echo(bytes.len());
        let socket = TcpSocket::from_stream(raw_echo(bytes.len()), DEFAULT_MAX_FRAME_LEN).unwrap();
        let mut buf = vec![0; bytes.len()];
        let times = medians(&mut [
            &mut || {
                for _ in 0..count {
                    raw.write_all(bytes).unwrap();
                    raw.read_exact(&mut buf).unwrap();
                }
            },
            &mut || exchange(&socket, bytes, frames, count),
        ]);
        report(&format!("{what}, TcpSocket / raw"), times[0] / count, times[1] / count);
    }
    tls(&small, "round trip, 124 B", 2_000);
    tls(&large, "1 MiB each way", 30);
}

fn tls(bytes: &[u8], what: &str, count: u32) {
    let plain = plain_pair(bytes);
    let secure = tls_pair(bytes);
    let times = medians(&mut [
        &mut || exchange(&plain, bytes, 1, count),
        &mut || exchange(&secure, bytes, 1, count),
        &mut || (0..count).for_each(|_| passes(bytes)),
    ]);
    println!("  plain {:?}, passes {:?}", times[0] / count, times[2] / count);
    report(&format!("{what}, TLS / (plain + cryptography)"), (times[0] + times[2]) / count, times[1] / count);
}

fn report(what: &str, baseline: Duration, measured: Duration) {
    let ratio = measured.as_secs_f64() / baseline.as_secs_f64();
    println!("{what:<44} {baseline:>11.2?} {measured:>11.2?} {ratio:>7.3}x");
}

/// Times all, turn by turn, and returns the medians.
fn medians(runs: &mut [&mut dyn FnMut()]) -> Vec<Duration> {
    let mut times = vec![Vec::new(); runs.len()];
    for turn in 0..=TURNS {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            let started = Instant::now();
            run();
            if turn > 0 {
                times.push(started.elapsed());
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[TURNS / 2]
    };
    times.into_iter().map(median).collect()
}

/// A message with that many bytes of payload.
fn message(payload: usize) -> Vec<u8> {
    Message::new(Header::default(), DecryptBufferRequest { buffer: vec![7; payload].into() }.into()).encode().unwrap()
}

/// Sends, and receives as many frames as were sent.
fn exchange(socket: &dyn TgSocket, bytes: &[u8], frames: usize, count: u32) {
    let mut received = Vec::new();
    for _ in 0..count {
        socket.send(bytes).unwrap();
        while received.len() < frames {
            socket.recv_batch(&mut received, None).unwrap();
        }
        black_box(&received);
        received.clear();
    }
}

fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tcp = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    tcp.set_nodelay(true).unwrap();
    peer.set_nodelay(true).unwrap();
    (tcp, peer)
}

/// A connection to a thread that sends back what it gets.
fn raw_echo(length: usize) -> TcpStream {
    let (tcp, mut peer) = connected();
    std::thread::spawn(move || {
        let mut buf = vec![0; length];
        while peer.read_exact(&mut buf).is_ok() && peer.write_all(&buf).is_ok() {}
    });
    tcp
}

/// Answers each frame with these bytes.
fn answer(socket: impl TgSocket + 'static, bytes: &[u8]) {
    let bytes = bytes.to_vec();
    std::thread::spawn(move || {
        let mut frames = Vec::new();
        while socket.recv_batch(&mut frames, None).is_ok() {
            for _ in frames.drain(..) {
                socket.send(&bytes).unwrap();
            }
        }
    });
}

fn plain_pair(bytes: &[u8]) -> TcpSocket {
    let (tcp, peer) = connected();
    answer(TcpSocket::from_stream(peer, DEFAULT_MAX_FRAME_LEN).unwrap(), bytes);
    TcpSocket::from_stream(tcp, DEFAULT_MAX_FRAME_LEN).unwrap()
}

fn tls_pair(bytes: &[u8]) -> TlsSocket {
    let ca = TestCa::new("benchmark").unwrap();
    let config = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let bytes = bytes.to_vec();
    std::thread::spawn(move || {
        let (peer, _) = listener.accept().unwrap();
        peer.set_nodelay(true).unwrap();
        let session = rustls::ServerConnection::new(config).unwrap();
        answer(TlsSocket::from_server(session, peer, DEFAULT_MAX_FRAME_LEN).unwrap(), &bytes);
    });
    let options = TlsOptions::default()
        .roots([Roots::Path(ca.pem_file())])
        .tls13_only(true)
        .cipher_suites(["TLS_AES_256_GCM_SHA384"]);
    let connector = TlsConnector::new(&options).unwrap();
    connector
        .connect("localhost", port, &SocketOptions { connect_timeout: Duration::from_secs(9), ..Default::default() })
        .unwrap()
}

/// What TLS 1.3 has to do with these bytes each way: encrypt and decrypt them.
fn passes(bytes: &[u8]) {
    let suite = TLS13_AES_256_GCM_SHA384.tls13().unwrap();
    let key = || AeadKey::from([7; 32]);
    let iv = || Iv::from([7; 12]);
    for _ in 0..2 {
        let mut encrypter = suite.aead_alg.encrypter(key(), iv());
        let mut decrypter = suite.aead_alg.decrypter(key(), iv());
        for (number, chunk) in bytes.chunks(16 << 10).enumerate() {
            let message = OutboundPlainMessage {
                typ: ContentType::ApplicationData,
                version: ProtocolVersion::TLSv1_2,
                payload: OutboundChunks::Single(chunk),
            };
            let mut record = encrypter.encrypt(message, number as u64).unwrap().encode();
            let message =
                InboundOpaqueMessage::new(ContentType::ApplicationData, ProtocolVersion::TLSv1_2, &mut record[5..]);
            black_box(decrypter.decrypt(message, number as u64).unwrap().payload);
        }
    }
}
