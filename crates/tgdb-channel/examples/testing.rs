//! How to test an application: the test starts a server with a graph, and gives the application its
//! URL. In a project of yours the tests below are in `tests/`, and `tgdb-testkit` is a
//! dev-dependency.
//!
//! `cargo test -p tgdb-channel --example testing` runs the tests,
//! `cargo run -p tgdb-channel --example testing` the application.

#![forbid(unsafe_code)]

use std::time::Duration;

use tgdb_channel::{ChannelError, RequestOptions, StopMethod, TgChannel};
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, TestServer};

/// The application: prints airports by their height.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = TestServer::start(ServerConfig::graph())?;
    let app = App::connect(&server.url())?;
    for name in app.above(4000)? {
        println!("{name}");
    }
    app.channel.stop(StopMethod::Graceful);
    Ok(())
}

struct App {
    channel: TgChannel,
}

impl App {
    fn connect(url: &str) -> Result<Self, ChannelError> {
        let channel = TgChannel::builder(url).user(DEFAULT_USER).password(DEFAULT_PASSWORD).build()?;
        channel.connect()?;
        channel.start()?;
        Ok(Self { channel })
    }

    /// The names of airports above so many feet, the lowest first.
    fn above(&self, feet: i32) -> Result<Vec<String>, ChannelError> {
        let query = format!("g.V().has('airport', 'elevation', gt({feet})).order().by('elevation').values('name')");
        let options = RequestOptions::timeout(Duration::from_millis(500));
        let answer = self.channel.query_with(query, options)?;
        answer.values::<&str>().map(|name| Ok(name?.to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tgdb_channel::ErrorKind;
    use tgdb_channel::pdu::Message;
    use tgdb_channel::pdu::body::Exception;
    use tgdb_channel::pdu::graph::Changes;
    use tgdb_testkit::ServerSession;
    use tgdb_testkit::graph::GraphServer;

    use super::*;

    /// The graph of airports is the same in each server.
    #[test]
    fn high_airports_are_found() -> Result<(), Box<dyn std::error::Error>> {
        let server = TestServer::start(ServerConfig::graph())?;
        let app = App::connect(&server.url())?;
        assert_eq!(app.above(5500)?, ["Johannesburg O. R. Tambo", "Mexico City Benito Juárez"]);
        assert!(app.above(30_000)?.is_empty());
        Ok(())
    }

    /// The test looks into the graph after the application has changed it.
    #[test]
    fn what_was_committed_is_in_the_graph() -> Result<(), Box<dyn std::error::Error>> {
        let graph = Arc::new(GraphServer::airports());
        let server = TestServer::start(ServerConfig::scripted(graph.clone()))?;
        let app = App::connect(&server.url())?;
        let schema = app.channel.schema()?;
        let mut changes = Changes::new(&schema);
        let airport = changes.add_node(Some("airport"))?;
        changes.set(airport, "iata", "TXL")?;
        app.channel.commit(&changes)?;
        assert!(graph.snapshot().nodes().any(|node| node.get("iata") == Ok("TXL")));
        Ok(())
    }

    /// A server that does not answer in time.
    #[test]
    fn a_silent_server_is_a_timeout() -> Result<(), Box<dyn std::error::Error>> {
        let server = TestServer::start(ServerConfig::scripted(|_: &mut ServerSession, _: &Message| {}))?;
        let app = App::connect(&server.url())?;
        assert_eq!(app.above(0).map_err(|error| error.kind()), Err(ErrorKind::Timeout));
        Ok(())
    }

    /// A server that answers each request with an error.
    #[test]
    fn an_error_of_the_server_arrives() -> Result<(), Box<dyn std::error::Error>> {
        let fail = |session: &mut ServerSession, request: &Message| {
            session.reply(request, Exception { code: 8100, message: Some("not today".into()) });
        };
        let server = TestServer::start(ServerConfig::scripted(fail))?;
        let app = App::connect(&server.url())?;
        assert_eq!(app.above(0).map_err(|error| error.server_code()), Err(Some(8100)));
        Ok(())
    }
}
