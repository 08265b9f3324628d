//! A proxy that prints each message and passes all bytes on. It needs `tgdb-pdu` and the standard
//! library only.
//!
//! `cargo run -p tgdb-channel --example proxy -- 127.0.0.1:18222 graph.example.com:8222`
//!
//! Without addresses it stands between a client and a test server of this process, and ends with
//! them. The program `tgdb` of the crate `tgdb-cli` is a proxy with TLS, captures and faults.

#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use tgdb_channel::pdu::body::QueryRequest;
use tgdb_channel::pdu::{FrameDecoder, Message};
use tgdb_channel::{StopMethod, TgChannel};
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, TestServer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let addresses: Vec<_> = std::env::args().skip(1).collect();
    if let [listen, target] = &addresses[..] {
        let listener = TcpListener::bind(listen)?;
        for client in listener.incoming() {
            let (client, target) = (client?, target.clone());
            thread::spawn(move || relay(client, &target).unwrap_or_else(|error| println!("{error}")));
        }
        return Ok(());
    }

    let server = TestServer::start(ServerConfig::default())?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("tcp://{}", listener.local_addr()?);
    let target = server.address().to_string();
    let proxy = thread::spawn(move || relay(listener.accept()?.0, &target));

    let channel = TgChannel::builder(&url).user(DEFAULT_USER).password(DEFAULT_PASSWORD).build()?;
    channel.connect()?;
    channel.start()?;
    channel.request(QueryRequest::gremlin("g.V().count()"))?;
    channel.stop(StopMethod::Graceful);
    proxy.join().map_err(|_| "the proxy panicked")??;
    Ok(())
}

/// Relays one connection, in both directions at once.
fn relay(client: TcpStream, target: &str) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let upward = thread::spawn(move || pass_on(from_client, to_server, "client"));
    pass_on(server, client, "server")?;
    upward.join().unwrap_or_else(|_| Err(io::Error::other("a thread of the proxy panicked")))
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, who: &str) -> io::Result<()> {
    let mut decoder = Some(FrameDecoder::default());
    let mut buf = [0; 16 * 1024];
    loop {
        // A side that resets the connection has ended it, too.
        let count = from.read(&mut buf).unwrap_or(0);
        if count == 0 {
            // The other side hears of the end, and can still send.
            to.shutdown(Shutdown::Write).ok();
            return Ok(());
        }
        to.write_all(&buf[..count])?;
        // What cannot be decoded is passed on all the same.
        decoder = decoder.and_then(|decoder| print(decoder, &buf[..count], who));
    }
}

/// Prints the messages that are whole now. `None` if the stream is not TGDB's.
fn print(mut decoder: FrameDecoder, bytes: &[u8], who: &str) -> Option<FrameDecoder> {
    decoder.push(bytes);
    loop {
        match decoder.next_frame() {
            Ok(Some(frame)) => match Message::decode(&frame) {
                Ok(message) => println!("{who}: {message}"),
                Err(error) => println!("{who}: {error}"),
            },
            Ok(None) => return Some(decoder),
            Err(error) => {
                println!("{who}: {error}");
                return None;
            }
        }
    }
}
