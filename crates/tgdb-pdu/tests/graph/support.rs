//! The recorded vectors, and single attributes and entities in replies around them.

use std::sync::LazyLock;

use serde_json::Value as Json;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_pdu::{Reader, Verb, Wire, Writer};

pub(crate) static VECTORS: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../tests/vectors/graph.json")).unwrap());

pub(crate) static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| decode::<MetadataResponse>(&hex(&VECTORS["metadata"]["hex"])).into());

pub(crate) fn hex(value: &Json) -> Vec<u8> {
    hex::decode(value.as_str().unwrap_or_else(|| panic!("{value}"))).unwrap()
}

pub(crate) fn list(section: &str) -> &'static [Json] {
    VECTORS[section].as_array().unwrap()
}

/// The vector of that name.
pub(crate) fn named(section: &str, name: &str) -> &'static Json {
    list(section).iter().find(|vector| vector["name"] == name).unwrap_or_else(|| panic!("{name}"))
}

/// Decodes a body, which must take all bytes.
pub(crate) fn decode<T: Wire>(bytes: &[u8]) -> T {
    let mut reader = Reader::new(Verb::INVALID, bytes.to_vec().into());
    let value = T::decode("body", &mut reader).unwrap();
    assert_eq!(reader.remaining(), 0);
    value
}

pub(crate) fn encode<T: Wire>(value: &T) -> Vec<u8> {
    let mut w = Writer::default();
    value.encode("body", &mut w).unwrap();
    w.into_vec()
}

/// The successful result of a query reply.
pub(crate) fn query_result(bytes: &[u8]) -> QueryResult {
    match decode::<QueryResponse>(bytes).outcome {
        QueryOutcome::Success(result) => result,
        failed => panic!("{failed:?}"),
    }
}

/// A Gremlin result of those bytes, the element type of the outer list first.
pub(crate) fn gremlin(elements: Vec<u8>) -> QueryResult {
    QueryResult {
        query_hash_id: 0,
        syntax: 0,
        annotation: String::new(),
        result_count: 1,
        total_count: None,
        entities: Remainder(elements.into()),
    }
}

/// A result that is a list of one attribute.
pub(crate) fn of_attribute(attribute: &[u8]) -> QueryResult {
    gremlin([&[1, 0, 0, 0, 1, 2][..], attribute].concat())
}

/// Hands the only attribute of a result on, which must take all its bytes.
pub(crate) fn with_attribute<T>(attribute: &[u8], layout: Layout, f: impl FnOnce(AttributeRef<'_>) -> T) -> T {
    let result = of_attribute(attribute);
    let mut elements = result.elements((&*SCHEMA, layout)).unwrap();
    let element = elements.next().unwrap().unwrap();
    assert!(elements.next().is_none());
    let ElementRef::Attribute(found) = element else { panic!("{element:?}") };
    let again = found.to_attribute().unwrap();
    let mut w = Writer::default();
    again.encode(&mut w, layout).unwrap();
    if !matches!(again.value, Value::Date(_) | Value::Time(_)) {
        assert_eq!(hex::encode(w.into_vec()), hex::encode(attribute), "encoded again");
    }
    f(found)
}

/// The only attribute of a result, owned.
pub(crate) fn attribute(bytes: &[u8], layout: Layout) -> Attribute {
    with_attribute(bytes, layout, |attribute| attribute.to_attribute().unwrap())
}

/// A get-entity reply with that entity in it.
pub(crate) fn of_entity(entity: &[u8]) -> GetEntityResponse {
    let id = [0; 8];
    let entities = [&entity[5..6], &id, entity].concat();
    GetEntityResponse { result_id: 0, total_count: 1, entities: Remainder(entities.into()) }
}

/// The entity, owned, which must take all bytes.
pub(crate) fn entity(bytes: &[u8], layout: Layout) -> Entity {
    let reply = of_entity(bytes);
    let mut entities = reply.found(GetEntityCommand::GET, (&*SCHEMA, layout)).unwrap();
    let entity = entities.next().unwrap().unwrap().entity.to_entity().unwrap();
    assert!(entities.next().is_none());
    entity
}

pub(crate) fn bytes_of(entity: &Entity, layout: Layout) -> Vec<u8> {
    let mut w = Writer::default();
    entity.encode(&mut w, layout).unwrap();
    w.into_vec()
}

pub(crate) fn set(name: &str, value: impl Into<Value>) -> Result<Attribute, AttributeError> {
    Attribute::new(SCHEMA.descriptor(name).unwrap().clone(), value)
}

pub(crate) fn attribute_bytes(attribute: &Attribute, layout: Layout) -> Vec<u8> {
    let mut w = Writer::default();
    attribute.encode(&mut w, layout).unwrap();
    w.into_vec()
}
