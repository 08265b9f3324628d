//! The connection of the shell, and what is done on it.

use std::future::Future;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;
use serde_json::Value;
use tgdb_channel::{ChannelError, ChannelEvent, LinkState, RequestOptions, TgChannel};
use tgdb_pdu::graph::Schema;

use crate::exit::Failure;
use crate::interrupt;
use crate::listing::{self, Listing};
use crate::metadata::{self, Types};
use crate::output::{self, Color};
use crate::query::{Format, Writing, print_time, request};
use crate::table::Screen;

pub(super) struct Session {
    channel: TgChannel,
    user: String,
    events: Receiver<ChannelEvent>,
    signals: Receiver<()>,
    color: Color,
    limit: i32,
    pub(super) format: Format,
    pub(super) timing: bool,
}

impl Session {
    /// Takes the signals from now on.
    ///
    /// # Errors
    /// [`Failure::Signal`].
    pub(super) fn new(
        channel: TgChannel,
        user: String,
        writing: Writing,
        timing: bool,
        limit: i32,
        color: Color,
    ) -> Result<Self, Failure> {
        let events = channel.events();
        let signals = interrupt::signals()?;
        Ok(Self { channel, user, events, signals, color, limit, format: writing.format, timing })
    }

    /// Waits for a call on a connection that is there. Ctrl-C ends the wait; the session goes on.
    fn wait<T, F>(&self, call: impl FnOnce(TgChannel) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, ChannelError>>,
    {
        self.reconnect()?;
        let result = self.wait_for(call(self.channel.clone()))?;
        self.report_events();
        Ok(result?)
    }

    /// Waits until Ctrl-C. One that came before was not meant for this wait.
    fn wait_for<T>(&self, call: impl Future<Output = T>) -> Result<T, Failure> {
        let _ = self.signals.try_recv();
        interrupt::wait(&self.signals, call)
    }

    /// Connects again if the connection was lost.
    fn reconnect(&self) -> Result<(), Failure> {
        let mut state = self.channel.link_state();
        if state == LinkState::Reconnecting {
            state = self.wait_for(self.channel.reconnected_async())?;
        }
        if state != LinkState::Connected {
            self.wait_for(self.channel.connect_async())??;
            self.channel.start()?;
        }
        self.report_events();
        Ok(())
    }

    /// Says what happened to the connection.
    pub(super) fn report_events(&self) {
        for event in self.events.try_iter() {
            let text = match event {
                ChannelEvent::Lost { cause } => format!("connection lost: {cause}"),
                ChannelEvent::LinkChanged { to: LinkState::Terminated, .. } => {
                    "the server ended the session".to_owned()
                }
                ChannelEvent::NewSession { peer, .. } => {
                    format!("connected again to {peer}, session {}", self.channel.session_id())
                }
                _ => continue,
            };
            // The standard error can be closed.
            let _ = writeln!(io::stderr(), "tgdb: {text}");
        }
    }

    /// Sends a query and writes its results.
    pub(super) fn query(&self, text: &str) -> Result<(), Failure> {
        let start = Instant::now();
        let request = request(text, self.limit);
        let answer =
            self.wait(|channel| async move { channel.query_async(request, RequestOptions::default()).await })?;
        let time = start.elapsed();
        let writing = Writing { format: self.format, screen: Screen::of(self.color) };
        writing.write(&answer, &mut BufWriter::with_capacity(64 * 1024, io::stdout().lock()), &|| {
            self.signals.try_recv().map_or(Ok(()), |()| Err(Failure::Interrupted))
        })?;
        if self.timing {
            print_time(time);
        }
        Ok(())
    }

    /// The types that the server has now.
    pub(super) fn schema(&self) -> Result<Arc<Schema>, Failure> {
        self.wait(|channel| async move { channel.refresh_schema_async().await })
    }

    fn listing(&self) -> Listing {
        Listing::new(&listing::Shown { json: self.format == Format::Json }, self.color)
    }

    /// Shows all types of nodes and edges.
    pub(super) fn list_types(&self) -> Result<(), Failure> {
        let types = Types::of(&*self.schema()?, false);
        let mut listing = self.listing();
        listing.title("Node types")?;
        listing.list(&types.nodes, metadata::NODE_TYPE)?;
        listing.title("Edge types")?;
        listing.list(&types.edges, metadata::EDGE_TYPE)
    }

    /// Shows a type with its attributes, or an attribute.
    pub(super) fn describe(&self, name: &str) -> Result<(), Failure> {
        let types = Types::of(&*self.schema()?, true);
        let mut listing = self.listing();
        if let Some(found) = types.nodes.iter().chain(&types.edges).find(|found| found["name"] == name) {
            listing.thing(found)?;
            listing.title("Attributes")?;
            let is_in = |attribute: &&Value| {
                found["attributes"].as_array().is_some_and(|names| names.contains(&attribute["name"]))
            };
            let attributes: Vec<Value> = types.attributes.iter().filter(is_in).cloned().collect();
            return listing.list(&attributes, metadata::ATTRIBUTE);
        }
        match types.attributes.iter().find(|found| found["name"] == name) {
            Some(found) => listing.thing(found),
            None => Err(Failure::NotDone { reason: format!("the graph has no type or attribute {name}") }),
        }
    }

    /// Shows where the session is.
    pub(super) fn connection_info(&self) -> Result<(), Failure> {
        self.reconnect()?;
        let channel = &self.channel;
        let address = channel.outbox_addr().map(|address| address.to_string()).unwrap_or_default();
        let version = channel.server_product_version().map(|version| version.to_string()).unwrap_or_default();
        let tls = channel.tls_info().map_or_else(|| "no TLS".to_owned(), |info| info.to_string());
        let text = format!(
            "{} at {address}, user {}, session {}, server version {version}, {tls}\n",
            channel.url().authority(),
            tgdb_pdu::escaped(&self.user),
            channel.session_id(),
        );
        output::print(text.as_bytes())
    }
}
