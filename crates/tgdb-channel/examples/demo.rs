//! A channel at work against servers in this process: plain TCP, verified TLS, a thousand
//! pipelined requests, what errors say, and a failover.
//!
//! `cargo run -p tgdb-channel --example demo`

#![forbid(unsafe_code)]

use std::path::Path;
use std::time::Instant;

use tgdb_channel::pdu::Body;
use tgdb_channel::pdu::body::{QueryCommand, QueryRequest};
use tgdb_channel::url::ConfigName;
use tgdb_channel::{ChannelBuilder, RequestOptions, ResendMode, StopMethod, TgChannel};
use tgdb_testkit::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, TestCa, TestServer, echoed};

type Failure = Box<dyn std::error::Error>;

/// Requests in flight at once.
const PIPELINED: usize = 1000;

fn main() -> Result<(), Failure> {
    let ca = TestCa::new("demonstration")?;
    let tls = ca.server_config(&ca.issue(&["localhost"])?)?;

    println!("1. Plain TCP");
    let server = TestServer::start(ServerConfig::default())?;
    session(&server.url(), None)?;

    println!("\n2. TLS, the certificate verified");
    let secure = TestServer::start(ServerConfig { tls: Some(tls), ..ServerConfig::default() })?;
    session(&secure.url(), Some(&ca.pem_file()))?;

    println!("\n3. What goes wrong says so");
    let failed = builder(&server.url()).password("lion").build()?.connect();
    println!("   wrong password:  {}", failure(failed)?);
    let failed = builder(&secure.url()).build()?.connect();
    println!("   unknown issuer:  {}", failure(failed)?);
    let failed = builder("tcp://localhost:8222/{dbName}").build();
    println!("   bad URL:         {}", failure(failed)?);

    println!("\n4. Failover");
    failover()?;
    println!("\nAll done; docs/ has the protocol, the API and the measurements.");
    Ok(())
}

fn builder(url: &str) -> ChannelBuilder {
    TgChannel::builder(url).user(DEFAULT_USER).password(DEFAULT_PASSWORD).database(DEFAULT_DATABASE)
}

fn failure<T>(result: Result<T, tgdb_channel::ChannelError>) -> Result<String, Failure> {
    match result {
        Err(error) => Ok(format!("{error:#}")),
        Ok(_) => Err("this should have failed".into()),
    }
}

fn session(url: &str, trusted: Option<&Path>) -> Result<(), Failure> {
    let mut builder = builder(url);
    if let Some(pem) = trusted {
        builder = builder.property(ConfigName::TlsTrustedCertificates, pem.display().to_string());
    }
    let channel = builder.build()?;
    channel.connect()?;
    channel.start()?;
    println!("   {url}");
    println!("   logged in: session {}, {}", channel.session_id(), version(&channel));

    let started = Instant::now();
    let query = |number: usize| QueryRequest::text(QueryCommand::EXECUTE, format!("query {number}"));
    let waiters = (0..PIPELINED).map(|number| channel.submit(query(number))).collect::<Result<Vec<_>, _>>()?;
    for (number, waiter) in waiters.into_iter().enumerate() {
        let reply = waiter.wait()?;
        if echoed(&reply.body) != Some(&format!("query {number}")) {
            return Err(format!("request {number} got another one's reply").into());
        }
    }
    println!("   {PIPELINED} requests sent without waiting; each got its own reply, {:.0?} in all", started.elapsed());
    channel.stop(StopMethod::Graceful);
    println!("   stopped: {:?}", channel.link_state());
    Ok(())
}

fn version(channel: &TgChannel) -> String {
    channel.server_product_version().map_or_else(String::new, |version| format!("server version {version}"))
}

fn failover() -> Result<(), Failure> {
    // Never answers: the request is in flight when its server dies.
    let mut first = TestServer::start(ServerConfig::scripted(|_: &mut _, _: &_| {}))?;
    let second = TestServer::start(ServerConfig::default())?;
    let channel = builder(&format!("{}/{{ftHosts={}}}", first.url(), second.address())).build()?;
    channel.connect()?;
    channel.start()?;
    println!("   connected to {}, spare {}", channel.url().authority(), second.address());
    let waiter = channel.submit_with(Body::MetadataRequest, RequestOptions::resend(ResendMode::ReconnectAndResend))?;
    while first.requests() == 0 {
        std::thread::yield_now();
    }
    let killed = Instant::now();
    first.kill();
    println!("   a request is in flight; its server is killed");
    let reply = waiter.wait()?;
    println!("   {:?} after {:.0?}, from {}", reply.verb(), killed.elapsed(), channel.url().authority());
    channel.stop(StopMethod::Graceful);
    Ok(())
}
