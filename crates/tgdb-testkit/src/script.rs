//! What a server answers.

use std::sync::Arc;

use bytes::Bytes;
use tgdb_pdu::body::*;
use tgdb_pdu::{Body, Message, Secret};

use crate::ServerSession;

/// Answers the requests of logged-in clients. A closure will do.
pub trait Script: Send + Sync {
    /// Called for each message after the login but pings and the disconnect
    /// request. May answer at once, later, out of order, or never.
    fn on_request(&self, session: &mut ServerSession, request: &Message);

    /// Whether the script knows of a user that is not in the configuration, such as one that a
    /// client has created. Asked at each login that the configuration does not allow. Default false.
    fn is_user(&self, name: &str, password: &Secret) -> bool {
        let _ = (name, password);
        false
    }
}

impl<S: Script + ?Sized> Script for Arc<S> {
    fn on_request(&self, session: &mut ServerSession, request: &Message) {
        (**self).on_request(session, request);
    }

    fn is_user(&self, name: &str, password: &Secret) -> bool {
        (**self).is_user(name, password)
    }
}

impl<F: Fn(&mut ServerSession, &Message) + Send + Sync> Script for F {
    fn on_request(&self, session: &mut ServerSession, request: &Message) {
        self(session, request);
    }
}

/// The default script: a well-formed reply to each request, which repeats what was
/// asked where its layout has room for that.
pub fn echo(session: &mut ServerSession, request: &Message) {
    if let Some(body) = echo_body(&request.body) {
        session.reply(request, body);
    }
}

/// The text that [`echo`] puts into its reply to a query.
pub fn echoed(reply: &Body) -> Option<&str> {
    match reply {
        Body::QueryResponse(Some(response)) => match &response.outcome {
            QueryOutcome::Success(result) => Some(&result.annotation),
            QueryOutcome::Failed { .. } => None,
        },
        _ => None,
    }
}

fn echo_body(request: &Body) -> Option<Body> {
    Some(match request {
        Body::QueryRequest(query) => Some(query_response(query)).into(),
        Body::MetadataRequest => metadata().into(),
        Body::GetEntityRequest(get) => Some(GetEntityResponse {
            result_id: get.result_id,
            total_count: 0,
            entities: Remainder(get.key.as_ref().map(|(_, key)| key.clone()).unwrap_or_default()),
        })
        .into(),
        Body::GetLargeObjectRequest(get) => GetLargeObjectResponse::Found {
            entity_id: get.entity_id,
            chunks: Some(vec![Bytes::from_static(b"large "), Bytes::from_static(b"object")]),
        }
        .into(),
        Body::BeginTransactionRequest => BeginTransactionResponse { transaction_id: 1 }.into(),
        Body::CommitTransactionRequest(_) => {
            CommitTransactionResponse { length: 0, checksum: 0, outcome: CommitOutcome::Committed(Vec::new()) }.into()
        }
        Body::RollbackTransactionRequest => Body::RollbackTransactionResponse,
        Body::TraverseRequest => Body::TraverseResponse,
        Body::AdminRequest(admin) => {
            AdminResponse { result: 0, command: admin.command, payload: Remainder(empty_list(admin.command)) }.into()
        }
        Body::DecryptBufferRequest(decrypt) => {
            DecryptBufferResponse { buffer: Secret::new(&decrypt.buffer[..]) }.into()
        }
        // One way.
        Body::ConnectionProperties(_) | Body::DumpStacktraceRequest => return None,
        other => Exception { code: 1, message: Some(format!("{} is not for this server", other.verb())) }.into(),
    })
}

/// The data of a command that lists things, with nothing to list.
fn empty_list(command: AdminCommand) -> Bytes {
    match command {
        AdminCommand::SHOW_USERS
        | AdminCommand::SHOW_ROLES
        | AdminCommand::SHOW_ATTR_DESCS
        | AdminCommand::SHOW_INDICES
        | AdminCommand::SHOW_TYPES => Bytes::from_static(&[0; 4]),
        AdminCommand::SHOW_CONNECTIONS => Bytes::from_static(&[0; 8]),
        _ => Bytes::new(),
    }
}

/// The query's text comes back as the annotation, or its id as the id.
fn query_response(query: &QueryRequest) -> QueryResponse {
    let (query_hash_id, annotation) = match &query.target {
        QueryTarget::Text(text) => (1, text.query.clone().unwrap_or_default()),
        QueryTarget::Id(id) => (*id, String::new()),
        QueryTarget::Nothing => (0, String::new()),
    };
    let result = QueryResult {
        query_hash_id,
        syntax: 1,
        annotation,
        result_count: 0,
        total_count: Some(0),
        entities: Remainder::default(),
    };
    QueryResponse { length: 0, checksum: 0, outcome: QueryOutcome::Success(result) }
}

/// A small graph: airports, and routes between them.
fn metadata() -> MetadataResponse {
    let attribute = |id, name: &str, value_type, number| AttributeDescriptor {
        system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
        id,
        name: name.into(),
        value_type,
        is_array: false,
        is_encrypted: false,
        number,
    };
    let entity_type = |system_type, id, name: &str, attribute: &str| EntityType {
        system_type,
        id,
        name: name.into(),
        page_size: 512,
        attributes: List16(vec![attribute.into()]),
    };
    MetadataResponse {
        groups: vec![
            TypeGroup::AttributeDescriptors(vec![
                attribute(9001, "iata", AttributeType::STRING, None),
                attribute(9002, "fare", AttributeType::NUMBER, Some((20, 5))),
            ]),
            TypeGroup::NodeTypes(vec![NodeType {
                entity_type: entity_type(SystemType::NODE_TYPE, 9101, "airport", "iata"),
                primary_key: List16(vec!["iata".into()]),
                index_ids: List16(Vec::new()),
                entry_count: 0,
            }]),
            TypeGroup::EdgeTypes(vec![EdgeType {
                entity_type: entity_type(SystemType::EDGE_TYPE, 9201, "route", "fare"),
                from_type_id: 9101,
                to_type_id: 9101,
                direction: EdgeDirection::DIRECTED,
                entry_count: 0,
            }]),
        ],
    }
}
