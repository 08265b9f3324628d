//! Any message that can be expressed on the wire.

mod bulk;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Union;
use tgdb_pdu::body::*;
use tgdb_pdu::{AuthToken, Body, Header, Message, Secret, Verb};

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..64).prop_map(Bytes::from)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![8 => "\\PC{0,16}", 1 => Just("a\0b".to_owned()), 1 => Just("é".repeat(16_383))]
}

fn maybe_text() -> impl Strategy<Value = Option<String>> {
    option::of(text())
}

fn secret() -> impl Strategy<Value = Secret> {
    vec(any::<u8>(), 0..64).prop_map(Secret::new)
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..4)
}

pub(crate) fn header() -> impl Strategy<Value = Header> {
    any::<(i64, i64, i64, i64, i64, i16)>().prop_map(
        |(sequence_no, timestamp, request_id, auth_token, session_id, tenant_id)| Header {
            sequence_no,
            timestamp,
            request_id,
            auth_token: AuthToken::new(auth_token),
            session_id,
            tenant_id,
        },
    )
}

fn handshake_response() -> impl Strategy<Value = HandshakeResponse> {
    (any::<i8>(), any::<i64>(), bytes()).prop_map(|(status, challenge, reason)| {
        let status = HandshakeStatus(status);
        let reason = (status == HandshakeStatus::CHALLENGE_FAILED).then_some(reason);
        HandshakeResponse { status, challenge, reason }
    })
}

fn authenticate_request() -> impl Strategy<Value = AuthenticateRequest> {
    (maybe_text(), maybe_text(), maybe_text(), option::of(texts()), maybe_text(), secret()).prop_map(
        |(database, client_id, inbox_addr, roles, user, password)| AuthenticateRequest {
            database,
            client_id,
            inbox_addr,
            roles,
            user,
            password,
        },
    )
}

fn authenticate_response() -> impl Strategy<Value = AuthenticateResponse> {
    prop_oneof![
        any::<i32>().prop_map(|status| AuthenticateResponse::Rejected { status }),
        (any::<i64>(), any::<i64>(), option::of(bytes())).prop_map(|(token, session_id, certificate)| {
            AuthenticateResponse::Accepted { auth_token: AuthToken::new(token), session_id, certificate }
        }),
    ]
}

fn commit_block() -> impl Strategy<Value = CommitBlock> {
    prop_oneof![
        vec(any::<(i32, i32)>(), 0..4).prop_map(|ids| {
            let id = |(temporary, real)| DescriptorId { temporary, real };
            CommitBlock::AttributeDescriptors(ids.into_iter().map(id).collect())
        }),
        vec(any::<(i64, i64, i64)>(), 0..4).prop_map(|entities| {
            let entity = |(temporary, real, version)| AddedEntity { temporary, real, version };
            CommitBlock::Added(entities.into_iter().map(entity).collect())
        }),
        vec(any::<(i64, i64)>(), 0..4).prop_map(|entities| {
            CommitBlock::Updated(entities.into_iter().map(|(id, version)| UpdatedEntity { id, version }).collect())
        }),
        vec(any::<i64>(), 0..4).prop_map(CommitBlock::Removed),
    ]
}

fn commit_response() -> impl Strategy<Value = CommitTransactionResponse> {
    let outcome = prop_oneof![
        (vec(commit_block(), 0..4), option::of(bytes())).prop_map(|(mut blocks, rest)| {
            // A block that we do not know takes all that follows, so it is the last.
            blocks.extend(rest.map(|rest| CommitBlock::Other(CommitOpcode::ENTITIES, rest)));
            CommitOutcome::Committed(blocks)
        }),
        (any::<i32>().prop_filter("not success", |status| *status != 0), maybe_text())
            .prop_map(|(status, message)| CommitOutcome::Failed { status: TransactionStatus(status), message }),
    ];
    (any::<i32>(), any::<i32>(), outcome).prop_map(|(length, checksum, outcome)| CommitTransactionResponse {
        length,
        checksum,
        outcome,
    })
}

fn options() -> impl Strategy<Value = FetchOptions> {
    any::<(i32, i16, i16, i16)>().prop_map(|(fetch_size, batch_size, traversal_depth, edge_fetch_size)| FetchOptions {
        fetch_size,
        batch_size,
        traversal_depth,
        edge_fetch_size,
    })
}

fn query_request() -> impl Strategy<Value = QueryRequest> {
    let texts = (maybe_text(), maybe_text(), maybe_text(), maybe_text());
    let sort = option::of((text(), any::<bool>(), any::<i32>()));
    (any::<(i32, i32)>(), 0..10i32, options(), sort, texts, any::<i64>()).prop_map(
        |((length, checksum), command, options, sort, texts, id)| QueryRequest {
            length,
            checksum,
            command: QueryCommand(command),
            options,
            sort: sort.map(|(attribute, descending, limit)| SortOrder { attribute, descending, limit }),
            target: match command {
                1..=4 | 7 => {
                    let (query, edge_filter, traversal_condition, end_condition) = texts;
                    QueryTarget::Text(QueryText { query, edge_filter, traversal_condition, end_condition })
                }
                5 | 6 => QueryTarget::Id(id),
                _ => QueryTarget::Nothing,
            },
        },
    )
}

fn query_response() -> impl Strategy<Value = QueryResponse> {
    let success = (any::<(i64, i32, i32)>(), 0..3i8, text(), bytes()).prop_map(
        |((query_hash_id, result_count, total), syntax, annotation, entities)| {
            QueryOutcome::Success(QueryResult {
                query_hash_id,
                syntax,
                annotation,
                result_count,
                total_count: (syntax == 1).then_some(total),
                entities: Remainder(entities),
            })
        },
    );
    let failed = (any::<i32>().prop_filter("not success", |result| *result != 0), bytes())
        .prop_map(|(result, detail)| QueryOutcome::Failed { result, detail: Remainder(detail) });
    (any::<i32>(), any::<i32>(), prop_oneof![success, failed]).prop_map(|(length, checksum, outcome)| QueryResponse {
        length,
        checksum,
        outcome,
    })
}

fn entity_type() -> impl Strategy<Value = EntityType> {
    (any::<(i8, i32, i32)>(), text(), texts()).prop_map(|((system_type, id, page_size), name, attributes)| EntityType {
        system_type: SystemType(system_type),
        id,
        name,
        page_size,
        attributes: List16(attributes),
    })
}

fn attribute_descriptor() -> impl Strategy<Value = AttributeDescriptor> {
    (any::<(i8, i32, bool, bool)>(), text(), 0..17i8, any::<(i16, i16)>()).prop_map(
        |((system_type, id, is_array, is_encrypted), name, value_type, number)| {
            let value_type = AttributeType(value_type);
            AttributeDescriptor {
                system_type: SystemType(system_type),
                id,
                name,
                value_type,
                is_array,
                is_encrypted,
                number: (value_type == AttributeType::NUMBER).then_some(number),
            }
        },
    )
}

fn type_group() -> impl Strategy<Value = TypeGroup> {
    let node = (entity_type(), texts(), vec(any::<i32>(), 0..4), any::<i64>()).prop_map(
        |(entity_type, primary_key, index_ids, entry_count)| NodeType {
            entity_type,
            primary_key: List16(primary_key),
            index_ids: List16(index_ids),
            entry_count,
        },
    );
    let edge = (entity_type(), any::<(i32, i32, i8, i64)>()).prop_map(
        |(entity_type, (from_type_id, to_type_id, direction, entry_count))| EdgeType {
            entity_type,
            from_type_id,
            to_type_id,
            direction: EdgeDirection(direction),
            entry_count,
        },
    );
    prop_oneof![
        vec(attribute_descriptor(), 1..4).prop_map(TypeGroup::AttributeDescriptors),
        vec(node, 1..4).prop_map(TypeGroup::NodeTypes),
        vec(edge, 1..4).prop_map(TypeGroup::EdgeTypes),
    ]
}

fn get_entity_request() -> impl Strategy<Value = GetEntityRequest> {
    let command = prop_oneof![0..3i16, Just(10), Just(20), any::<i16>()];
    (command, any::<i32>(), options(), bytes()).prop_map(|(command, result_id, options, key)| GetEntityRequest {
        command: GetEntityCommand(command),
        result_id,
        key: (0..3).contains(&command).then_some((options, key)),
    })
}

fn get_large_object_response() -> impl Strategy<Value = GetLargeObjectResponse> {
    prop_oneof![
        any::<i32>()
            .prop_filter("not success", |status| *status != 0)
            .prop_map(|status| GetLargeObjectResponse::Failed { status }),
        (any::<i64>(), option::of(vec(bytes(), 0..4)))
            .prop_map(|(entity_id, chunks)| GetLargeObjectResponse::Found { entity_id, chunks }),
    ]
}

fn exception() -> impl Strategy<Value = Exception> {
    (any::<i32>(), maybe_text()).prop_map(|(code, message)| Exception { code, message: message.filter(|_| code != 0) })
}

fn raw() -> impl Strategy<Value = Body> {
    let untyped = prop_oneof![70..78i16, 101..i16::MAX, i16::MIN..-1];
    (untyped, bytes()).prop_map(|(verb, payload)| Body::Raw(RawBody { verb: Verb(verb), payload }))
}

fn boxed<T: Into<Body> + std::fmt::Debug + 'static>(
    strategy: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Body> {
    strategy.prop_map(Into::into).boxed()
}

/// Each variant of [`Body`], with the same weight.
pub(crate) fn body() -> impl Strategy<Value = Body> {
    let property = (text(), maybe_text()).prop_map(|(key, value)| Property { key, value });
    let handshake_request = any::<(i8, bool, i64)>().prop_map(|(kind, ssl_mode, challenge)| HandshakeRequest {
        kind: HandshakeKind(kind),
        ssl_mode,
        challenge,
    });
    let get_entity_response = any::<(i32, i32)>().prop_flat_map(|(result_id, total_count)| {
        bytes().prop_map(move |entities| GetEntityResponse { result_id, total_count, entities: Remainder(entities) })
    });
    let empty = [
        Body::Ping,
        Body::BeginTransactionRequest,
        Body::RollbackTransactionRequest,
        Body::RollbackTransactionResponse,
        Body::TraverseRequest,
        Body::TraverseResponse,
        Body::MetadataRequest,
        Body::DumpStacktraceRequest,
        Body::CancelExportRequest,
        Body::EndImportRequest,
        Body::Invalid,
    ];
    let mut all: Vec<_> = empty.into_iter().map(|body| Just(body).boxed()).collect();
    all.extend([
        boxed(handshake_request),
        boxed(handshake_response()),
        boxed(authenticate_request()),
        boxed(authenticate_response()),
        boxed(any::<i64>().prop_map(|transaction_id| BeginTransactionResponse { transaction_id })),
        boxed((any::<(i32, i32)>(), bytes()).prop_map(|((length, checksum), changes)| CommitTransactionRequest {
            length,
            checksum,
            changes: Remainder(changes),
        })),
        boxed(commit_response()),
        boxed(query_request()),
        boxed(option::of(query_response())),
        boxed((any::<(i32, i32, i32)>(), secret()).prop_map(|((length, checksum, command), arguments)| AdminRequest {
            length,
            checksum,
            command: AdminCommand(command),
            arguments,
        })),
        boxed((any::<(i32, i32)>(), bytes()).prop_map(|((result, command), payload)| AdminResponse {
            result,
            command: AdminCommand(command),
            payload: Remainder(payload),
        })),
        boxed(vec(type_group(), 1..4).prop_map(|groups| MetadataResponse { groups })),
        boxed(get_entity_request()),
        boxed(option::of(get_entity_response)),
        boxed(any::<(i64, bool)>().prop_map(|(entity_id, decrypt)| GetLargeObjectRequest { entity_id, decrypt })),
        boxed(get_large_object_response()),
        boxed(option::of(any::<(i64, i64)>()).prop_map(|session| DisconnectChannelRequest {
            session: session.map(|(token, id)| (AuthToken::new(token), id)),
        })),
        boxed(maybe_text().prop_map(|reason| SessionForcefullyTerminated { reason })),
        boxed(bytes().prop_map(|buffer| DecryptBufferRequest { buffer })),
        boxed(secret().prop_map(|buffer| DecryptBufferResponse { buffer })),
        boxed(vec(property, 0..4).prop_map(|properties| ConnectionProperties { properties })),
        boxed(exception()),
        raw().boxed(),
    ]);
    all.extend(bulk::bodies());
    Union::new(all)
}

pub(crate) fn message() -> impl Strategy<Value = Message> {
    (header(), body()).prop_map(|(header, body)| Message::new(header, body))
}
