//! Replies that a server writes, read back, and against the recorded ones.

use proptest::collection::vec;
use proptest::prelude::*;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

use crate::properties::{any_entity, element};
use crate::support::*;

fn owned(entities: Entities<'_>) -> Vec<(bool, Entity)> {
    entities.map(|found| found.unwrap()).map(|found| (found.is_result, found.entity.to_entity().unwrap())).collect()
}

fn result_type() -> impl Strategy<Value = ResultType> {
    let scalars = prop::option::of((1i8..14).prop_map(AttributeType));
    let leaf = prop_oneof![
        Just(ResultType::Node),
        Just(ResultType::Edge),
        Just(ResultType::Map),
        scalars.prop_map(ResultType::Scalar),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|item| ResultType::List(Box::new(item))),
            vec(inner.clone(), 0..4).prop_map(ResultType::Path),
            vec(inner, 0..4).prop_map(ResultType::Tuple),
        ]
    })
}

proptest! {
    #[test]
    fn elements_are_read_back(element in element(), times in 0usize..4, id: i64) {
        prop_assume!(element != Element::Void);
        let elements = vec![element.clone(); times];
        let result = QueryResult::of_elements(id, &ResultType::Node, elements.clone(), Layout::Reply).unwrap();
        let reply = QueryResponse::succeeded(result).unwrap();
        let bytes = encode(&reply);
        prop_assert_eq!(reply.length as usize, bytes.len());
        let read = query_result(&bytes);
        prop_assert_eq!((read.query_hash_id, read.result_count as usize), (id, times));
        let list = read.elements(&*SCHEMA).unwrap();
        let expected = if times == 0 { Element::List(ElementType::VOID, vec![]) } else { Element::List(element.element_type(), elements) };
        prop_assert_eq!(list.to_element().unwrap(), expected);
    }

    #[test]
    fn entities_of_tgql_are_read_back(
        found in vec(any_entity(Layout::ReplyWithData), 0..4),
        near in vec(any_entity(Layout::ReplyWithData), 0..4),
    ) {
        let result = QueryResult::of_entities(7, &found, &near, Layout::ReplyWithData).unwrap();
        let read = query_result(&encode(&QueryResponse::succeeded(result).unwrap()));
        prop_assert_eq!((read.result_count as usize, read.total_count), (found.len(), Some((found.len() + near.len()) as i32)));
        let expected: Vec<_> = found.into_iter().chain(near).map(|entity| (true, entity)).collect();
        prop_assert_eq!(owned(read.entities((&*SCHEMA, Layout::ReplyWithData)).unwrap()), expected);
    }

    #[test]
    fn entities_found_are_read_back(
        found in vec(any_entity(Layout::Reply), 0..4),
        near in vec(any_entity(Layout::Reply), 0..4),
        marked: bool,
    ) {
        let command = if marked { GetEntityCommand::GET_MULTIPLES } else { GetEntityCommand::GET };
        let reply = GetEntityResponse::of_entities(command, 3, &found, &near, Layout::Reply).unwrap();
        let read: GetEntityResponse = decode(&encode(&reply));
        prop_assert_eq!(read.result_id, 3);
        let found = found.into_iter().map(|entity| (true, entity));
        let expected: Vec<_> = found.chain(near.into_iter().map(|entity| (!marked, entity))).collect();
        prop_assert_eq!(owned(read.found(command, &*SCHEMA).unwrap()), expected);
    }

    #[test]
    fn annotations_are_read_back(result_type in result_type()) {
        prop_assert_eq!(result_type.to_string().parse(), Ok(result_type));
    }
}

/// The recorded reply, read and written again.
fn written_again(name: &str, item_type: &ResultType) -> (String, String) {
    let bytes = hex(&named("query_replies", name)["hex"]);
    let read = query_result(&bytes);
    let Element::List(_, elements) = read.elements(&*SCHEMA).unwrap().to_element().unwrap() else { panic!("{name}") };
    let result = QueryResult::of_elements(read.query_hash_id, item_type, elements, Layout::Reply).unwrap();
    (hex::encode(encode(&QueryResponse::succeeded(result).unwrap())), hex::encode(bytes))
}

#[test]
fn gremlin_replies_equal_those_that_java_and_python_read() {
    let scalar = |value_type| ResultType::Scalar(Some(value_type));
    let path = ResultType::Path(vec![ResultType::Node, ResultType::Edge, ResultType::Node]);
    for (name, item_type) in [
        ("nodes", ResultType::Node),
        ("edges", ResultType::Edge),
        ("strings", scalar(AttributeType::STRING)),
        ("one long, transient", scalar(AttributeType::LONG)),
        ("paths", path),
        ("lists of values", ResultType::List(Box::new(scalar(AttributeType::INTEGER)))),
    ] {
        let (written, recorded) = written_again(name, &item_type);
        assert_eq!(written, recorded, "{name}");
    }
    let none = QueryResult::of_elements(42, &ResultType::Node, vec![], Layout::Reply).unwrap();
    let written = hex::encode(encode(&QueryResponse::succeeded(none).unwrap()));
    assert_eq!(written, named("query_replies", "no result")["hex"]);
}

#[test]
fn failures_are_written_as_java_reads_them() {
    let reply = QueryResponse::failed(8102, "text of parsing error").unwrap();
    let recorded = named("query_replies", "failed as Java reads it: parsing error");
    assert_eq!(hex::encode(encode(&reply)), recorded["hex"]);
    assert!(QueryResponse::failed(0, "").is_err(), "0 is success");
}

#[test]
fn get_entity_replies_equal_the_recorded_ones() {
    for (name, command) in [
        ("one node", GetEntityCommand::GET),
        ("node, edge, neighbour", GetEntityCommand::GET),
        ("many (command 2), as Java and Go read it", GetEntityCommand::GET_MULTIPLES),
    ] {
        let bytes = hex(&named("get_entity_replies", name)["hex"]);
        let read: GetEntityResponse = decode(&bytes);
        let all = owned(read.found(command, &*SCHEMA).unwrap());
        let (found, near): (Vec<_>, Vec<_>) = all.into_iter().partition(|(is_result, _)| *is_result);
        let [found, near] = [found, near].map(|list| list.into_iter().map(|(_, entity)| entity).collect::<Vec<_>>());
        let reply = GetEntityResponse::of_entities(command, read.result_id, &found, &near, Layout::Reply).unwrap();
        assert_eq!(hex::encode(encode(&reply)), hex::encode(bytes), "{name}");
    }
}

#[test]
fn an_empty_answer_to_get_multiples_has_its_count_of_results() {
    // Java reads it whatever the total is.
    let reply = GetEntityResponse::of_entities(GetEntityCommand::GET_MULTIPLES, 0, &[], &[], Layout::Reply).unwrap();
    assert_eq!(encode(&reply), [0; 12]);
}

#[test]
fn the_length_of_a_commit_reply_is_that_of_its_payload() {
    let added = AddedEntity { temporary: -1, real: 100, version: 1 };
    let replies = [
        CommitTransactionResponse::committed(vec![CommitBlock::Added(vec![added])]).unwrap(),
        CommitTransactionResponse::failed(TransactionStatus::OPTIMISTIC_LOCK_FAILED, "changed since").unwrap(),
    ];
    for reply in replies {
        let bytes = encode(&reply);
        assert_eq!(reply.length as usize, bytes.len());
        assert_eq!(decode::<CommitTransactionResponse>(&bytes), reply);
    }
}

#[test]
fn metadata_of_a_schema_is_that_schema() {
    let metadata: MetadataResponse = decode(&hex(&VECTORS["metadata"]["hex"]));
    let written = MetadataResponse::from(&Schema::from(metadata.clone()));
    assert_eq!(written, metadata);
    assert_eq!(MetadataResponse::from(&Schema::default()).groups, []);
}
