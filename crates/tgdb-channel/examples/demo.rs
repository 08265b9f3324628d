//! A first session: a server with a graph, a query and its rows, an error, and a failover.
//!
//! `cargo run -p tgdb-channel --example demo` starts the servers itself; nothing has to be installed.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Instant;

use tgdb_channel::{RequestOptions, ResendMode, StopMethod, TgChannel};
use tgdb_testkit::graph::GraphServer;
use tgdb_testkit::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, TestServer};

const QUERY: &str = "g.V().has('airport', 'iata', 'MUC').out('route').order().by('iata').limit(5)";

const NEXT: &str = "\
What to try next:
   cargo run -p tgdb-channel --example airports
      reads an entity by its key, and commits a transaction; tls, tokio, retry, testing are more examples
   cargo run -p tgdb-cli -- serve
      a server like these, until Ctrl-C, for programs in any language
   TGDB_PASSWORD=tiger cargo run -p tgdb-cli -- shell tcp://scott@127.0.0.1:8222
      queries by hand at that server; also query, metadata, bench, import and export
   cargo run -p tgdb-cli -- proxy 127.0.0.1:18222 127.0.0.1:8222
      shows each message of a client that connects to port 18222 in place of that server
   cargo doc --open -p tgdb-channel
      the documentation of the library";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("1. Two servers with the same graph: 52 airports, and routes between them");
    let graph = Arc::new(GraphServer::airports());
    let mut first = TestServer::start(ServerConfig::scripted(graph.clone()))?;
    let second = TestServer::start(ServerConfig::scripted(graph))?;
    println!("   {} and {}", first.url(), second.url());

    println!("\n2. Log in to the first; the second is for the case that it is lost");
    let url = format!("{}/{{dbName={DEFAULT_DATABASE};ftHosts={}}}", first.url(), second.address());
    let channel = TgChannel::builder(&url).user(DEFAULT_USER).password(DEFAULT_PASSWORD).build()?;
    channel.connect()?;
    channel.start()?;
    println!("   user {DEFAULT_USER}, session {}", channel.session_id());

    println!("\n3. Where can one fly from Munich?");
    println!("   {QUERY}");
    for airport in channel.query(QUERY)?.nodes() {
        let airport = airport?;
        let (iata, name, city): (&str, &str, &str) = (airport.get("iata")?, airport.get("name")?, airport.get("city")?);
        println!("   {iata}  {city:<12} {name}");
    }

    println!("\n4. An error says what is wrong");
    match channel.query("g.V().has('airport', 'iata', 'MUC').out('flight')") {
        Err(error) => println!("   {error:#}"),
        Ok(_) => return Err("there is no edge type of that name".into()),
    }

    println!("\n5. The first server is killed, and the same query sent again");
    first.kill();
    let killed = Instant::now();
    // What only reads may be sent twice; see ResendMode for what writes.
    let options = RequestOptions::resend(ResendMode::ReconnectAndResend);
    let count = channel.query_with(QUERY, options)?.nodes().count();
    println!("   {count} rows from {} after {:.0?}", channel.url().authority(), killed.elapsed());
    println!("   (clients wait up to a second, each another time, so that they do not all come at once)");
    channel.stop(StopMethod::Graceful);

    println!("\n{NEXT}");
    Ok(())
}
