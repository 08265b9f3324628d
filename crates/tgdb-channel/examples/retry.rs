//! What to try again, and what to check first: the errors say it.
//!
//! `cargo run -p tgdb-channel --example retry`
//!
//! The server of this example starts late, and loses its reply to the first commit.

#![forbid(unsafe_code)]

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tgdb_channel::pdu::graph::Changes;
use tgdb_channel::pdu::{Body, Message};
use tgdb_channel::{ChannelError, RequestOptions, StopMethod, TgChannel};
use tgdb_testkit::graph::GraphServer;
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, Script, ServerConfig, ServerSession, TestServer};

/// How often something is tried at most.
const ATTEMPTS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let server = thread::spawn(move || start_late(address));

    let channel =
        TgChannel::builder(&format!("tcp://{address}")).user(DEFAULT_USER).password(DEFAULT_PASSWORD).build()?;
    connect(&channel)?;
    println!("connected");
    add_airport(&channel, "TXL")?;
    let count: Option<i64> = channel.query("g.V().has('iata', 'TXL').count()")?.value()?;
    println!("the airport is there {} time", count.unwrap_or(0));
    channel.stop(StopMethod::Graceful);
    drop(server.join().map_err(|_| "the server panicked")??);
    Ok(())
}

/// Connects, and tries again while that can help: a server that is not up may be so soon, a wrong
/// password stays wrong.
fn connect(channel: &TgChannel) -> Result<(), ChannelError> {
    let mut attempt = 1;
    while let Err(error) = channel.connect() {
        if !error.is_retryable() || attempt == ATTEMPTS {
            return Err(error);
        }
        report(&error);
        // 100, 200, 400 ms and so on.
        thread::sleep(Duration::from_millis(50 << attempt));
        attempt += 1;
    }
    channel.start()
}

/// Adds an airport once, whatever gets lost.
fn add_airport(channel: &TgChannel, code: &str) -> Result<(), ChannelError> {
    let schema = channel.schema()?;
    let mut changes = Changes::new(&schema);
    let airport = changes.add_node(Some("airport"))?;
    changes.set(airport, "iata", code)?;

    let options = RequestOptions::timeout(Duration::from_millis(300));
    for _ in 0..ATTEMPTS {
        match channel.commit_with(&changes, options) {
            Ok(_) => return Ok(()),
            // Nobody knows whether the server has done it, so look before doing it again.
            Err(error) if error.may_have_executed() => {
                report(&error);
                let query = format!("g.V().has('airport', 'iata', '{code}').count()");
                if channel.query(query)?.value::<i64>()? == Some(1) {
                    println!("it was done");
                    return Ok(());
                }
            }
            // The server has not done it, and another attempt can help.
            Err(error) if error.is_retryable() => report(&error),
            Err(error) => return Err(error),
        }
    }
    // The last attempt, with the error that it has.
    channel.commit_with(&changes, options).map(drop)
}

/// Prints an error with its causes, as `#` asks for: each one says what it knows, and no more.
fn report(error: &ChannelError) {
    println!("{:?}: {error:#}", error.kind());
}

fn start_late(address: SocketAddr) -> std::io::Result<TestServer> {
    thread::sleep(Duration::from_millis(250));
    let graph = GraphServer::airports();
    let lost = AtomicBool::new(false);
    let script = move |session: &mut ServerSession, request: &Message| {
        graph.on_request(session, request);
        if matches!(request.body, Body::CommitTransactionRequest(_)) && !lost.swap(true, Ordering::Relaxed) {
            // Executed, but the reply does not reach the client.
            session.poll_transmit(&mut Vec::new());
        }
    };
    TestServer::start(ServerConfig { address, ..ServerConfig::scripted(script) })
}
