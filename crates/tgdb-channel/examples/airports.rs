//! Reading and changing a graph: a query, an entity by its key, and a transaction.
//!
//! With a URL it uses that server, as `scott` with the password `tiger`; without one it starts
//! a test server of its own: `cargo run -p tgdb-channel --example airports`

use tgdb_channel::pdu::graph::Changes;
use tgdb_channel::{ErrorKind, StopMethod, TgChannel};
use tgdb_testkit::{ServerConfig, TestServer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let own = match std::env::args().nth(1) {
        Some(_) => None,
        None => Some(TestServer::start(ServerConfig::graph())?),
    };
    let url = std::env::args().nth(1).or(own.as_ref().map(TestServer::url)).unwrap_or_default();
    let channel = TgChannel::builder(&url).user("scott").password("tiger").build()?;
    channel.connect()?;
    channel.start()?;

    // The values are read from the reply when they are asked for, without copies.
    let answer = channel.query("g.V().has('airport', 'iata', 'MUC').out('route').values('name')")?;
    for name in answer.values::<&str>() {
        println!("direct from Munich: {}", name?);
    }

    // An entity by its key, with the edges and nodes around it.
    let found = channel.get_entity("airport", [("iata", "KEF")])?;
    if let Some(airport) = found.entity()? {
        let (name, city): (&str, &str) = (airport.get("name")?, airport.get("city")?);
        println!("KEF is {name} in {city}");
    }

    // A transaction is rolled back if it is dropped.
    let schema = channel.schema()?;
    let mut changes = Changes::new(&schema);
    let node = changes.add_node(Some("airport"))?;
    changes.set(node, "iata", "ZZZ")?;
    changes.set(node, "name", "Nowhere Field")?;
    let ids = channel.begin()?.commit(&changes)?;
    println!("Nowhere Field has the id {:?}", ids.entity(node).map(|entity| entity.real));

    // The key is there already.
    match channel.commit(&changes) {
        Err(error) if error.kind() == ErrorKind::Server => println!("as expected: {error:#}"),
        other => println!("not expected: {other:?}"),
    }
    channel.stop(StopMethod::Graceful);
    Ok(())
}
