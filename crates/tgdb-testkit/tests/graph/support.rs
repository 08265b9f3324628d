//! A client of a session in the same thread.

use std::sync::Arc;
use std::time::Duration;

use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_pdu::version::ProductVersion;
use tgdb_pdu::{Body, Frame, FrameDecoder, Header, Message, Secret};
use tgdb_testkit::graph::GraphServer;
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, Faults, ServerConfig, ServerEvent, ServerSession};

pub(crate) const NOW: Duration = Duration::from_secs(1_700_000_000);

/// A client, logged in, with the schema of its server.
pub(crate) struct Client {
    pub(crate) graph: Arc<GraphServer>,
    pub(crate) session: ServerSession,
    pub(crate) schema: Arc<Schema>,
    header: Header,
    decoder: FrameDecoder,
}

fn frame(header: Header, body: Body) -> Frame {
    let mut decoder = FrameDecoder::default();
    decoder.push(&Message::new(header, body).encode().unwrap());
    decoder.next_frame().unwrap().unwrap()
}

/// Logs in; `None` if that fails.
pub(crate) fn log_in(graph: Arc<GraphServer>, session_id: i64, user: &str, password: &str) -> Option<Client> {
    let config = Arc::new(ServerConfig::scripted(graph.clone()));
    let session = ServerSession::new(config, Faults::default(), session_id);
    let decoder = FrameDecoder::default();
    let mut client = Client { graph, session, schema: Arc::default(), header: Header::default(), decoder };
    client.session.handle_connected(NOW);
    for kind in [HandshakeKind::INITIATE, HandshakeKind::CHALLENGE_ACCEPTED] {
        let challenge = ProductVersion::CLIENT.to_wire();
        client.send(HandshakeRequest { kind, ssl_mode: false, challenge });
        client.replies();
    }
    client.send(AuthenticateRequest {
        user: Some(user.into()),
        password: Secret::new(password),
        client_id: Some("tests".into()),
        inbox_addr: Some("127.0.0.1:4711".into()),
        ..AuthenticateRequest::default()
    });
    let answer = client.replies().pop().unwrap();
    if !matches!(answer.body, Body::AuthenticateResponse(AuthenticateResponse::Accepted { .. })) {
        return None;
    }
    client.header = Header { request_id: 1, ..answer.header };
    client.refresh();
    Some(client)
}

impl Client {
    /// Of a new graph of airports.
    pub(crate) fn new() -> Self {
        Self::of(Arc::new(GraphServer::airports()), 77)
    }

    pub(crate) fn of(graph: Arc<GraphServer>, session_id: i64) -> Self {
        log_in(graph, session_id, DEFAULT_USER, DEFAULT_PASSWORD).expect("the default user")
    }

    pub(crate) fn refresh(&mut self) {
        let Body::MetadataResponse(metadata) = self.ask(Body::MetadataRequest) else { panic!("no metadata") };
        self.schema = Arc::new(metadata.into());
    }

    /// Hands a request to the session and, if it is one for the script, to that.
    pub(crate) fn send(&mut self, body: impl Into<Body>) {
        let (event, message) = self.session.handle_frame(NOW, &frame(self.header, body.into())).unwrap();
        if event == ServerEvent::Request {
            use tgdb_testkit::Script as _;
            self.graph.clone().on_request(&mut self.session, &message);
        }
    }

    pub(crate) fn replies(&mut self) -> Vec<Message> {
        let mut out = Vec::new();
        self.session.poll_transmit(&mut out);
        self.decoder.push(&out);
        let frames = std::iter::from_fn(|| self.decoder.next_frame().unwrap());
        frames.map(|frame| Message::decode(&frame).unwrap()).collect()
    }

    pub(crate) fn ask(&mut self, body: impl Into<Body>) -> Body {
        self.header.request_id += 1;
        self.send(body);
        let mut replies = self.replies();
        assert_eq!(replies.len(), 1, "{replies:?}");
        let reply = replies.remove(0);
        assert_eq!(reply.header.request_id, self.header.request_id);
        assert_eq!(reply.trailing, "", "all bytes of the reply have a meaning");
        reply.body
    }

    pub(crate) fn outcome(&mut self, request: QueryRequest) -> QueryOutcome {
        match self.ask(request) {
            Body::QueryResponse(Some(reply)) => reply.outcome,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn query(&mut self, request: impl Into<QueryRequest>) -> Answer {
        let request = request.into();
        match self.outcome(request.clone()) {
            QueryOutcome::Success(result) => {
                let answer = Answer::new(request.command, result, self.schema.clone());
                answer.check().unwrap();
                answer
            }
            failed => panic!("{request:?}: {failed:?} {:?}", failed.message()),
        }
    }

    /// Code and text of a query that fails.
    pub(crate) fn failure(&mut self, request: impl Into<QueryRequest>) -> (i32, String) {
        let request = request.into();
        match self.outcome(request.clone()) {
            QueryOutcome::Failed { result, ref detail } => {
                let failed = QueryOutcome::Failed { result, detail: detail.clone() };
                (result, failed.message().unwrap())
            }
            QueryOutcome::Success(result) => panic!("{request:?}: {result:?}"),
        }
    }

    /// The items of a result as texts, in order.
    pub(crate) fn texts(&mut self, query: &str) -> Vec<String> {
        let answer = self.query(query);
        answer.elements().map(|element| text(&element.unwrap())).collect()
    }

    pub(crate) fn count(&mut self, query: &str) -> i64 {
        self.query(query).value().unwrap().unwrap()
    }

    /// The airport with that code, whole.
    pub(crate) fn airport(&mut self, iata: &str) -> Node {
        let query = format!("g.V().has('airport', 'iata', '{iata}')");
        let answer = self.query(query.as_str());
        let node = answer.nodes().next().unwrap_or_else(|| panic!("{iata}")).unwrap();
        node.to_node().unwrap()
    }

    pub(crate) fn commit(&mut self, changes: &Changes<'_>) -> CommitTransactionResponse {
        match self.ask(changes.to_request().unwrap()) {
            Body::CommitTransactionResponse(reply) => reply,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn committed(&mut self, changes: &Changes<'_>) -> CommitIds {
        let reply = self.commit(changes);
        assert!(matches!(reply.outcome, CommitOutcome::Committed(_)), "{reply:?}");
        CommitIds::from(&reply)
    }

    pub(crate) fn failed(&mut self, changes: &Changes<'_>) -> TransactionStatus {
        match self.commit(changes).outcome {
            CommitOutcome::Failed { status, message } => {
                assert!(message.is_some_and(|text| !text.is_empty()));
                status
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A node by its key, an edge by its ends' ids, values as they are shown.
fn text(element: &ElementRef<'_>) -> String {
    match element {
        ElementRef::Entity(EntityRef::Node(node)) => {
            let key = node.get::<Option<String>>("iata").unwrap().or_else(|| node.get("code").unwrap());
            key.unwrap_or_default()
        }
        ElementRef::Entity(EntityRef::Edge(edge)) => format!("{}-{}", edge.from(), edge.to()),
        ElementRef::List(list) => list.map(|item| text(&item.unwrap())).collect::<Vec<_>>().join(" "),
        ElementRef::Map(map) => {
            let entries = map.map(|entry| entry.unwrap()).map(|(key, item)| format!("{key}={}", text(&item)));
            entries.collect::<Vec<_>>().join(" ")
        }
        value => value.value().unwrap().unwrap().to_string(),
    }
}
