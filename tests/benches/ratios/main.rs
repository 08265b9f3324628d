//! Speed as ratios to a baseline that runs in the same process, turn by turn with
//! what is measured, so that they hold on any machine. `cargo bench` prints them;
//! `docs/performance.md` records them.
//!
//! `cargo bench -- codec` measures the codec only, `cargo bench -- free`, `split` and `one`
//! one setting of client and server only.

#![forbid(unsafe_code)]
#![allow(missing_docs, clippy::unwrap_used)]

mod memory;
mod server;
mod sessions;
mod settings;
mod tls;
mod trips;

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use tgdb_channel::pdu::body::DecryptBufferRequest;
use tgdb_channel::pdu::{FrameDecoder, Header, Message};
use tgdb_tests::query;

use settings::Setting;

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
    tgdb_tests::logs::no_logs();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [setting] = &wanted[..]
        && let Some(setting) = Setting::ALL.into_iter().find(|known| known.name().starts_with(setting.as_str()))
    {
        setting.pin_client();
        println!("\n{:<58} {:>11} {:>11} {:>8}", setting.name(), "baseline", "measured", "ratio");
        sessions::run(setting);
        return;
    }
    println!("{:<58} {:>11} {:>11} {:>8}", "", "baseline", "measured", "ratio");
    codec();
    if wanted.is_empty() {
        // Each in a process of its own, for a thread cannot be unpinned from outside.
        for setting in Setting::ALL {
            let status = Command::new(std::env::current_exe().unwrap()).arg(setting.name()).status().unwrap();
            assert!(status.success(), "{setting:?}");
        }
    }
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
