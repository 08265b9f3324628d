//! 100 MiB through `tgdb proxy` and through a plain relay of TCP, turn by turn.
//!
//! The plain relay is a thread for each direction that reads and writes 128 KiB at a time. Source
//! and sink are threads of this process; the proxy is a process of its own, whose output goes to a file.

#![forbid(unsafe_code)]
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tgdb_channel::pdu::{Frame, Header, Verb};

const TOTAL: usize = 100 << 20;
const TURNS: usize = 9;
const BUFFER: usize = 128 * 1024;

fn main() {
    println!(
        "{:<34} {:>10} {:>10} {:>6} {:>14}",
        "100 MiB, throughput in MiB/s", "plain", "proxy", "ratio", "not decoded"
    );
    for (name, payload) in [
        ("frames of 1 MiB", (1 << 20) - 56),
        ("frames of 64 KiB", (64 << 10) - 56),
        ("frames of 4 KiB", 4096 - 56),
        ("frames of 128 B", 128 - 56),
    ] {
        let frame = Frame::new(Header::default(), Verb(99), vec![7; payload]).encode().unwrap();
        let stream = frame.repeat(TOTAL / frame.len());
        measure(name, &stream, &[]);
        if payload > 100_000 {
            let saved = std::env::temp_dir().join(format!("tgdb-relay-{}.pcap", std::process::id()));
            measure("frames of 1 MiB, saved", &stream, &["--save", saved.to_str().unwrap()]);
            let _ = std::fs::remove_file(saved);
        }
    }
}

fn measure(name: &str, stream: &[u8], arguments: &[&str]) {
    let plain = plain_relay(sink());
    let proxy = Proxy::start(sink(), arguments);
    let (mut plain_times, mut proxy_times) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let times = [send(plain, stream), send(proxy.address, stream)];
        // The first turn warms up.
        if turn > 0 {
            plain_times.push(times[0]);
            proxy_times.push(times[1]);
        }
    }
    let missed = proxy.end() as f64 / (stream.len() * (TURNS + 1)) as f64;
    let (plain, proxy) = (median(plain_times), median(proxy_times));
    let speed = |time: Duration| (stream.len() >> 20) as f64 / time.as_secs_f64();
    let ratio = plain.as_secs_f64() / proxy.as_secs_f64();
    println!("{name:<34} {:>10.0} {:>10.0} {ratio:>6.2} {:>12.1} %", speed(plain), speed(proxy), missed * 100.0);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Sends the stream and waits until the sink has read it all.
fn send(address: SocketAddr, stream: &[u8]) -> Duration {
    let mut client = TcpStream::connect(address).unwrap();
    let started = Instant::now();
    client.write_all(stream).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    client.read_exact(&mut [0; 1]).unwrap();
    started.elapsed()
}

/// A server that reads all, then answers with a byte.
fn sink() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            std::thread::spawn(move || {
                let mut buf = vec![0; BUFFER];
                while client.read(&mut buf).is_ok_and(|count| count > 0) {}
                let _ = client.write_all(&[1]);
            });
        }
    });
    address
}

fn plain_relay(target: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(target).unwrap();
            let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || pump(client, server));
            std::thread::spawn(move || pump(back, forth));
        }
    });
    address
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buf = vec![0; BUFFER];
    loop {
        match from.read(&mut buf) {
            Ok(0) | Err(_) => break,
            Ok(count) => to.write_all(&buf[..count]).unwrap(),
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

struct Proxy {
    child: Child,
    address: SocketAddr,
    output: PathBuf,
}

impl Proxy {
    fn start(target: SocketAddr, arguments: &[&str]) -> Self {
        let output = std::env::temp_dir().join(format!("tgdb-relay-{}.txt", std::process::id()));
        let file = std::fs::File::create(&output).unwrap();
        let connections = (TURNS + 1).to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tgdb"));
        command.args(["proxy", "127.0.0.1:0", &target.to_string(), "--connections", &connections]).args(arguments);
        let child = command.stdout(Stdio::from(file)).spawn().unwrap();
        let address = loop {
            let mut line = String::new();
            let _ = BufReader::new(std::fs::File::open(&output).unwrap()).read_line(&mut line);
            if let Some((_, address)) = line.trim_end().rsplit_once(' ').filter(|_| line.ends_with('\n')) {
                break address.parse().unwrap();
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        Self { child, address, output }
    }

    /// Waits for its end, and returns how many bytes it did not decode.
    fn end(mut self) -> u64 {
        assert!(self.child.wait().unwrap().success());
        let lines = BufReader::new(std::fs::File::open(&self.output).unwrap()).lines();
        let missed = |line: std::io::Result<String>| {
            let line = line.unwrap();
            let (start, _) = line.split_once(" bytes are missing here")?;
            start.rsplit_once(' ')?.1.parse::<u64>().ok()
        };
        let missed = lines.filter_map(missed).sum();
        let _ = std::fs::remove_file(&self.output);
        missed
    }
}
