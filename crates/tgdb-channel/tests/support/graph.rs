//! A small graph, and servers that answer with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::graph::*;
use tgdb_channel::pdu::{Body, Message, Verb, Writer};
use tgdb_channel::{ChannelBuilder, ChannelError, TgChannel};
use tgdb_testkit::{ServerConfig, ServerSession, TestServer, echo};

use super::{builder, text_of};

/// Id of the descriptor that only the [`wider`] graph has.
pub const CITY: i32 = 9;
/// One that no graph has.
pub const UNHEARD: i32 = 77;

fn descriptor(id: i32, name: &str, value_type: AttributeType) -> AttributeDescriptor {
    AttributeDescriptor {
        system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
        id,
        name: name.into(),
        value_type,
        is_array: false,
        is_encrypted: false,
        number: None,
    }
}

/// Airports with a code, a number and a plan.
pub fn narrow() -> MetadataResponse {
    let descriptors = vec![
        descriptor(1, "iata", AttributeType::STRING),
        descriptor(2, "gates", AttributeType::LONG),
        descriptor(3, "plan", AttributeType::BLOB),
    ];
    let airport = NodeType {
        entity_type: EntityType {
            system_type: SystemType::NODE_TYPE,
            id: 100,
            name: "airport".into(),
            page_size: 512,
            attributes: List16(vec!["iata".into()]),
        },
        primary_key: List16(vec!["iata".into()]),
        index_ids: List16(Vec::new()),
        entry_count: 0,
    };
    MetadataResponse { groups: vec![TypeGroup::AttributeDescriptors(descriptors), TypeGroup::NodeTypes(vec![airport])] }
}

/// The same, and a city.
pub fn wider() -> MetadataResponse {
    let mut metadata = narrow();
    metadata.groups.push(TypeGroup::AttributeDescriptors(vec![descriptor(CITY, "city", AttributeType::STRING)]));
    metadata
}

/// The same as [`narrow`], and so many others that it takes a while to decode.
pub fn large_schema() -> MetadataResponse {
    let mut metadata = narrow();
    let others = (1000..4000).map(|id| descriptor(id, &format!("other {id}"), AttributeType::STRING));
    metadata.groups.push(TypeGroup::AttributeDescriptors(others.collect()));
    metadata
}

/// An attribute with a text, whatever the schema says.
fn text_attribute(id: i32, text: &str) -> Attribute {
    Attribute::new(Arc::new(descriptor(id, "any", AttributeType::STRING)), text).unwrap()
}

/// An airport with that code.
pub fn airport(id: i64, code: &str) -> Entity {
    let schema = Schema::from(narrow());
    let mut attributes = AttributeList::default();
    attributes.set(schema.descriptor("iata").unwrap(), code).unwrap();
    Entity::Node(Node { id, version: 1, type_id: 100, is_new: false, attributes, edges: Vec::new() })
}

/// The reply to a Gremlin query.
pub fn gremlin(element_type: ElementType, elements: Vec<Element>) -> Body {
    let mut w = Writer::default();
    let result_count = i32::try_from(elements.len()).unwrap();
    Element::List(element_type, elements).encode_typed(&mut w, Layout::Reply).unwrap();
    success(QueryResult { result_count, entities: Remainder(w.into_vec().into()), ..QueryResult::default() })
}

/// The reply to a TGQL query.
pub fn tgql(entities: &[Entity]) -> Body {
    let count = i32::try_from(entities.len()).unwrap();
    let entities = Remainder(encode(entities).into());
    success(QueryResult {
        syntax: 1,
        result_count: count,
        total_count: Some(count),
        entities,
        ..QueryResult::default()
    })
}

fn success(result: QueryResult) -> Body {
    Some(QueryResponse { length: 0, checksum: 0, outcome: QueryOutcome::Success(result) }).into()
}

/// The reply to a request for an entity.
pub fn found(entities: &[Entity]) -> Body {
    let total_count = i32::try_from(entities.len()).unwrap();
    Some(GetEntityResponse { result_id: 0, total_count, entities: Remainder(encode(entities).into()) }).into()
}

fn encode(entities: &[Entity]) -> Vec<u8> {
    let mut w = Writer::default();
    for entity in entities {
        w.i8(entity.kind().0);
        w.i64(entity.id());
        entity.encode(&mut w, Layout::Reply).unwrap();
    }
    w.into_vec()
}

/// A query that failed, with the text where Java looks for it.
pub fn failed_query(code: i32, text: &str) -> Body {
    let mut w = Writer::default();
    w.i64(0);
    w.i8(0);
    w.utf("text", text).unwrap();
    let outcome = QueryOutcome::Failed { result: code, detail: Remainder(w.into_vec().into()) };
    Some(QueryResponse { length: 0, checksum: 0, outcome }).into()
}

/// The end of a commit.
pub fn committed(outcome: CommitOutcome) -> Body {
    CommitTransactionResponse { length: 0, checksum: 0, outcome }.into()
}

/// A commit that failed.
pub fn failed_commit(code: i32, text: &str) -> Body {
    committed(CommitOutcome::Failed { status: TransactionStatus(code), message: Some(text.into()) })
}

/// What a server that commits answers: each new entity gets its id plus 1000 with the other sign.
pub fn commit_of(request: &CommitTransactionRequest) -> Body {
    let set = ChangeSet::from_request(request, &Schema::from(wider())).unwrap();
    let added = set.added.iter().map(|entity| entity.id());
    let added = added.map(|id| AddedEntity { temporary: id, real: 1000 - id, version: 1 }).collect();
    committed(CommitOutcome::Committed(vec![CommitBlock::Added(added)]))
}

/// What the graph answers to a query.
/// - `nodes`: two airports; `names`: their codes; `mixed`: both;
/// - `city`, `unheard`: a text of that descriptor;
/// - `tgql`: an airport;
/// - `fail CODE`: that code.
fn answer(text: &str) -> Option<Body> {
    let value = |id, text: &str| Element::AttributeValue(text_attribute(id, text));
    let nodes = [airport(1, "MUC"), airport(2, "OSL")].map(Element::Entity);
    Some(match text.split_once(' ').unwrap_or((text, "")) {
        ("nodes", _) => gremlin(ElementType::ENTITY, nodes.to_vec()),
        ("names", _) => gremlin(ElementType::ATTRIBUTE_VALUE, vec![value(1, "MUC"), value(1, "OSL")]),
        ("city", _) => gremlin(ElementType::ATTRIBUTE_VALUE, vec![value(CITY, "Munich")]),
        ("unheard", _) => gremlin(ElementType::ATTRIBUTE_VALUE, vec![value(1, "MUC"), value(UNHEARD, "?")]),
        ("tgql", _) => tgql(&[airport(1, "MUC")]),
        ("fail", code) => failed_query(code.parse().unwrap(), "the text"),
        _ => return None,
    })
}

/// Answers with that metadata, and what [`answer`] has; echoes all else.
pub fn serve(session: &mut ServerSession, request: &Message, metadata: MetadataResponse) {
    let reply = match &request.body {
        Body::MetadataRequest => Some(metadata.into()),
        Body::QueryRequest(_) => answer(text_of(request)),
        Body::CommitTransactionRequest(commit) => Some(commit_of(commit)),
        _ => None,
    };
    match reply {
        Some(reply) => session.reply(request, reply),
        None => echo(session, request),
    }
}

/// A server that keeps what it is asked.
pub fn recording(script: impl Fn(&mut ServerSession, &Message) + Send + Sync + 'static) -> TestServer {
    TestServer::start(ServerConfig { record: true, ..ServerConfig::scripted(script) }).unwrap()
}

/// A server with the narrow graph.
pub fn narrow_server() -> TestServer {
    recording(|session: &mut ServerSession, request: &Message| serve(session, request, narrow()))
}

/// A server whose graph grows: narrow when it is first asked, wider from then on.
pub fn growing_server() -> TestServer {
    let asked = AtomicUsize::new(0);
    recording(move |session: &mut ServerSession, request: &Message| {
        let is_first = request.verb() != Verb::METADATA_REQUEST || asked.fetch_add(1, Ordering::SeqCst) == 0;
        serve(session, request, if is_first { narrow() } else { wider() });
    })
}

/// What a server was asked after the login.
pub fn asked(server: &TestServer) -> Vec<Verb> {
    let verbs = server.received().into_iter().map(|message| message.verb());
    verbs.filter(|verb| !matches!(*verb, Verb::HANDSHAKE_REQUEST | Verb::AUTHENTICATE_REQUEST)).collect()
}

/// How often a server was asked for that.
pub fn count(server: &TestServer, verb: Verb) -> usize {
    asked(server).into_iter().filter(|asked| *asked == verb).count()
}

/// A channel to a server that is its own spare.
pub fn own_spare(server: &TestServer) -> ChannelBuilder {
    use tgdb_channel::url::ConfigName;
    builder(&format!("{}/{{ftHosts={}}}", server.url(), server.address()))
        .property(ConfigName::ChannelFTReconnectSpreadSeconds, "0")
        .property(ConfigName::ChannelFTRetryCount, "1000")
}

/// Loses the connection, and waits until there is another session.
pub fn change_session(server: &TestServer, channel: &TgChannel) {
    let before = channel.session_number();
    server.cut_connections();
    super::eventually("there is another session", || {
        channel.session_number().is_some_and(|number| Some(number) != before) && channel.is_connected()
    });
}

/// The code and the name of the server's error.
pub fn server_error<T: std::fmt::Debug>(result: Result<T, ChannelError>) -> (i32, Option<&'static str>) {
    match result {
        Err(ChannelError::Server(error)) => (error.code, error.name()),
        other => panic!("{other:?}"),
    }
}

/// A server whose answers to begin, commit and rollback are those, if there are any.
pub fn scripted(answer: impl Fn(&mut ServerSession, &Message) -> Option<Body> + Send + Sync + 'static) -> TestServer {
    recording(move |session: &mut ServerSession, request: &Message| match answer(session, request) {
        Some(reply) => session.reply(request, reply),
        None => serve(session, request, narrow()),
    })
}

/// A server that does all that is asked.
pub fn obliging() -> TestServer {
    scripted(|_, _| None)
}

/// What was asked, except for the schema.
pub fn transaction_verbs(server: &TestServer) -> Vec<Verb> {
    asked(server).into_iter().filter(|verb| *verb != Verb::METADATA_REQUEST).collect()
}

/// One new airport, with that temporary id.
pub fn one_airport() -> (ChangeSet, i64) {
    let schema = Schema::from(narrow());
    let mut changes = Changes::new(&schema);
    let id = changes.add_node(Some("airport")).unwrap();
    changes.set(id, "iata", "MUC").unwrap();
    (changes.into_set(), id)
}
