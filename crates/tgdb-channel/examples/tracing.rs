//! Logs and tracing: what a channel says while it connects, asks, waits too long, and loses its server.
//!
//! `cargo run -p tgdb-channel --example tracing`

#![forbid(unsafe_code)]

use std::time::Duration;

use tgdb_channel::pdu::body::{QueryCommand, QueryRequest};
use tgdb_channel::pdu::{Body, Message};
use tgdb_channel::{RequestOptions, StopMethod, TgChannel};
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, ServerSession, TestServer, echo};
use tracing::Level;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `Level::TRACE` shows each frame, too. Programs mostly take the filter from the environment: see
    // `EnvFilter` of `tracing-subscriber`.
    tracing_subscriber::fmt().with_max_level(Level::DEBUG).with_writer(std::io::stdout).init();

    // A server that answers all but queries.
    let mut server = TestServer::start(ServerConfig::scripted(|session: &mut ServerSession, request: &Message| {
        if !matches!(request.body, Body::QueryRequest(_)) {
            echo(session, request);
        }
    }))?;
    let channel = TgChannel::builder(&server.url()).user(DEFAULT_USER).password(DEFAULT_PASSWORD).build()?;
    channel.connect()?;
    channel.start()?;

    // The span of a request is inside that of the program.
    tracing::info_span!("report", customer = 7).in_scope(|| channel.request(Body::MetadataRequest))?;

    // A request that is not answered in time.
    let query = QueryRequest::text(QueryCommand::EXECUTE, "g.V()");
    if let Err(error) = channel.request_with(query, RequestOptions::timeout(Duration::from_millis(50))) {
        println!("as the program sees it: {error}");
    }

    // The level `WARN` has what an operator must know: here, that the connection is lost.
    server.kill();
    while channel.is_connected() {
        std::thread::sleep(Duration::from_millis(1));
    }
    channel.stop(StopMethod::Graceful);
    Ok(())
}
