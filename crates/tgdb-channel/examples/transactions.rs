//! Transactions: changes that are applied together, and what becomes of a transaction that fails.
//!
//! `cargo run -p tgdb-channel --example transactions`

#![forbid(unsafe_code)]

use tgdb_channel::pdu::graph::Changes;
use tgdb_channel::{ChannelError, StopMethod, TgChannel};
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, TestServer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = TestServer::start(ServerConfig::graph())?;
    let channel = TgChannel::builder(&server.url()).user(DEFAULT_USER).password(DEFAULT_PASSWORD).build()?;
    channel.connect()?;
    channel.start()?;

    open_airport(&channel, "TXL", "Tegel", "MUC")?;
    println!("routes of Tegel: {:?}", routes(&channel, "TXL")?);

    // There is an airport with this code, so the whole transaction fails.
    match open_airport(&channel, "TXL", "Another Tegel", "FRA") {
        Err(error @ ChannelError::Server(_)) => println!("the second one: {error:#}"),
        other => return Err(format!("{other:?}").into()),
    }
    println!("routes of Tegel: {:?}", routes(&channel, "TXL")?);

    // A transaction that is dropped, here or by `?`, is rolled back.
    let transaction = channel.begin()?;
    let hubs: Option<i64> = transaction.query("g.V().has('hub', true).count()")?.value()?;
    println!("transaction {} sees {} hubs, and ends", transaction.id(), hubs.unwrap_or(0));
    drop(transaction);

    channel.stop(StopMethod::Graceful);
    Ok(())
}

/// Adds an airport with a route to another one, or nothing at all.
fn open_airport(channel: &TgChannel, code: &str, name: &str, to: &str) -> Result<(), ChannelError> {
    let transaction = channel.begin()?;
    let found = transaction.get_entity("airport", [("iata", to)])?;
    let Some(to) = found.entity()? else { return transaction.rollback() };

    // Changes are collected here, and sent by the commit.
    let schema = channel.schema()?;
    let mut changes = Changes::new(&schema);
    // Ids of new entities are temporary: negative, until the server gives them theirs.
    let airport = changes.add_node(Some("airport"))?;
    changes.set(airport, "iata", code)?;
    changes.set(airport, "name", name)?;
    let route = changes.add_edge("route", airport, to.id())?;
    changes.set(route, "distance", 480)?;

    let ids = transaction.commit(&changes)?;
    if let Some(added) = ids.entity(airport) {
        println!("{name} has the id {}", added.real);
    }
    Ok(())
}

fn routes(channel: &TgChannel, code: &str) -> Result<Vec<String>, ChannelError> {
    let answer = channel.query(format!("g.V().has('iata', '{code}').out('route').values('name')"))?;
    let names = answer.values::<&str>().map(|name| Ok(name?.to_owned()));
    names.collect()
}
