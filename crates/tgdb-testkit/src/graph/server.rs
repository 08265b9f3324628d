//! The script that serves a graph.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tgdb_pdu::body::{CommitOutcome, Exception, QueryOutcome};
use tgdb_pdu::graph::Layout;
use tgdb_pdu::{Body, EncodeError, Message, Secret};

use super::admin::Admin;
use super::client::{Client, ClientState};
use super::view::View;
use super::{Graph, UNSUPPORTED, bulk, get, query, transaction};
use crate::{Script, ServerSession};

/// Serves a [`Graph`] to all sessions; see [the module](super) for what it understands.
///
/// Changes are seen by all sessions at once. Each value has a graph of its own: servers share one
/// if they have the same script.
#[derive(Debug)]
pub struct GraphServer {
    state: Mutex<State>,
    layout: Layout,
}

/// What all sessions share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) graph: Graph,
    /// Users that were created.
    pub(super) users: BTreeMap<String, User>,
    /// Sessions that have sent a request; those that have ended go when the next one comes.
    pub(super) clients: Vec<Weak<Client>>,
    pub(super) counts: Counts,
    /// When the first request came.
    pub(super) started: Option<Duration>,
    last_transaction: i64,
}

#[derive(Debug)]
pub(super) struct User {
    pub(super) password: Secret,
    pub(super) role_ids: Vec<i32>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) commits: i64,
    pub(super) committed: i64,
    pub(super) queries: i64,
    pub(super) answered: i64,
}

impl GraphServer {
    /// Serves that graph.
    pub fn new(graph: Graph) -> Self {
        let state = State {
            graph,
            users: BTreeMap::new(),
            clients: Vec::new(),
            counts: Counts::default(),
            started: None,
            last_transaction: 0,
        };
        Self { state: Mutex::new(state), layout: Layout::Reply }
    }

    /// Serves [`Graph::airports`].
    pub fn airports() -> Self {
        Self::new(Graph::airports())
    }

    /// Lays replies out in that way: [`Layout::Reply`], the default, as Java and Go read CLOB and
    /// BLOB attributes, [`Layout::ReplyWithData`] as Python does, with their bytes. For Python
    /// an encrypted attribute over plain TCP is an error, so that its layout leaves them out there.
    ///
    /// # Panics
    /// With [`Layout::Request`], which no server writes.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        assert!(layout != Layout::Request, "a server does not write requests");
        self.layout = layout;
        self
    }

    /// A copy of the graph as it is now.
    pub fn snapshot(&self) -> Graph {
        self.lock().graph.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The answer to a request; `None` for one that has none.
    fn answer(&self, session: &mut ServerSession, body: &Body) -> Result<Option<Body>, EncodeError> {
        let mut state = self.lock();
        let state = &mut *state;
        let now = session.now();
        state.started.get_or_insert(now);
        let client = state.client(session);
        let with_encrypted = self.layout == Layout::Reply || session.config().tls.is_some();
        let view = View { layout: self.layout, with_encrypted };
        let own: &mut ClientState = session.client_state();
        Ok(Some(match body {
            Body::MetadataRequest => state.graph.metadata().into(),
            Body::QueryRequest(request) => {
                let reply = query::answer(&state.graph, own, request, view)?;
                state.counts.queries += 1;
                state.counts.answered += i64::from(matches!(reply.outcome, QueryOutcome::Success(_)));
                Some(reply).into()
            }
            Body::GetEntityRequest(request) => get::answer(&state.graph, own, request, view)?,
            Body::GetLargeObjectRequest(request) => get::large_object(&state.graph, request)?.into(),
            Body::BeginTransactionRequest => {
                state.last_transaction += 1;
                transaction::begin(own, state.last_transaction)
            }
            Body::RollbackTransactionRequest => transaction::rollback(own),
            Body::CommitTransactionRequest(request) => {
                let reply = transaction::commit(&mut state.graph, own, request)?;
                state.counts.commits += 1;
                state.counts.committed += i64::from(matches!(reply.outcome, CommitOutcome::Committed(_)));
                reply.into()
            }
            Body::AdminRequest(request) => {
                let config = session.config();
                Admin { state, config: &config, client: &client, now }.answer(request)?.into()
            }
            // One way.
            Body::ConnectionProperties(_) | Body::DumpStacktraceRequest => return Ok(None),
            other => match bulk::answer(&mut state.graph, &mut own.bulk, other) {
                Some(answer) => return Ok(answer),
                None => unsupported(other),
            },
        }))
    }
}

fn unsupported(body: &Body) -> Body {
    let message = Some(format!("{} is not supported by this test server", body.verb()));
    Exception { code: UNSUPPORTED, message }.into()
}

impl State {
    /// The session as others see it, which it is from its first request on.
    fn client(&mut self, session: &mut ServerSession) -> Arc<Client> {
        if let Some(client) = &session.client_state().client {
            return client.clone();
        }
        let client = session.introduce();
        self.clients.retain(|client| client.strong_count() > 0);
        self.clients.push(Arc::downgrade(&client));
        client
    }
}

impl Script for GraphServer {
    fn on_request(&self, session: &mut ServerSession, request: &Message) {
        match self.answer(session, &request.body) {
            Ok(Some(body)) => session.reply(request, body),
            Ok(None) => {}
            Err(error) => {
                let message = Some(format!("the answer cannot be written: {error}"));
                session.reply(request, Exception { code: UNSUPPORTED, message });
            }
        }
    }

    fn is_user(&self, name: &str, password: &Secret) -> bool {
        self.lock().users.get(name).is_some_and(|user| user.password == *password)
    }
}
