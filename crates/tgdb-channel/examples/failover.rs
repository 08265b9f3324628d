//! Failover: a server is lost while a request waits for its reply, and the request is sent again to
//! the next server of the list. The events show what happens.
//!
//! `cargo run -p tgdb-channel --example failover`

#![forbid(unsafe_code)]

use tgdb_channel::pdu::call::GetMetadata;
use tgdb_channel::{ChannelEvent, RequestOptions, ResendMode, StopMethod, TgChannel};
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, Faults, ServerConfig, TestServer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The first server hangs up in the middle of a reply.
    let first = TestServer::start(ServerConfig::faulty(Faults { cut_after_sent: Some(450), ..Faults::default() }))?;
    let second = TestServer::start(ServerConfig::default())?;

    let url = format!("{}/{{ftHosts={}}}", first.url(), second.address());
    let channel = TgChannel::builder(&url).user(DEFAULT_USER).password(DEFAULT_PASSWORD).build()?;
    let events = channel.events();
    channel.connect()?;
    channel.start()?;
    // And it takes no more clients after this one.
    first.set_faults(Faults { terminate: Some("maintenance".into()), ..Faults::default() });

    // This request only reads, so it may be executed twice. What writes is better checked by the
    // program before it is sent again: that is the default for commits.
    let options = RequestOptions::resend(ResendMode::ReconnectAndResend);
    for number in 1..=5 {
        channel.call_with(GetMetadata, options)?;
        println!("request {number} is answered by {}", channel.url().authority());
    }
    channel.stop(StopMethod::Graceful);
    drop(channel);

    println!("What happened:");
    // The receiver ends with the channel.
    for event in events {
        match event {
            ChannelEvent::LinkChanged { from, to } => println!("  {from:?} -> {to:?}"),
            ChannelEvent::Lost { cause } => println!("  lost: {cause}"),
            ChannelEvent::AttemptFailed { peer, error, .. } => println!("  {peer} takes no session: {error:#}"),
            ChannelEvent::NewSession { session, peer, .. } => println!("  session {session} at {peer}"),
            ChannelEvent::Resent { verb, times, .. } => println!("  {verb:?} sent again, {times} times by now"),
            // More kinds of events may come with new versions.
            other => println!("  {other:?}"),
        }
    }
    Ok(())
}
