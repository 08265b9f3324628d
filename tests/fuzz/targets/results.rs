//! Graph data in replies: Gremlin results, TGQL results, entities found, single values.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rust_decimal::Decimal;
use tgdb_fuzz::{LAYOUTS, SCHEMA, written};
use tgdb_pdu::Verb;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let layout = LAYOUTS[usize::from(*choice >> 4) % 3];
    match *choice & 3 {
        0 => gremlin(bytes, layout),
        1 => tgql(bytes, layout),
        2 => found(bytes, layout, GetEntityCommand::GET),
        _ => found(bytes, layout, GetEntityCommand::GET_MULTIPLES),
    }
});

fn query_result(bytes: &[u8]) -> Option<QueryResult> {
    match tgdb_fuzz::decode::<QueryResponse>(Verb::QUERY_RESPONSE, bytes)?.outcome {
        QueryOutcome::Success(result) => Some(result),
        QueryOutcome::Failed { .. } => None,
    }
}

fn gremlin(bytes: &[u8], layout: Layout) {
    let Some(result) = query_result(bytes) else { return };
    let _ = result.result_type();
    let Ok(list) = result.elements((&*SCHEMA, layout)) else { return };
    for element in list {
        let Ok(element) = element else { break };
        if let ElementRef::Attribute(attribute) | ElementRef::AttributeValue(attribute) = element {
            convert(attribute);
        }
    }
    let _ = serde_json::to_writer(std::io::sink(), &list);
    let Ok(owned) = list.to_element() else { return };
    // Both forms read the same bytes, each in a way of its own.
    assert!({ list }.all(|element| element.is_ok()));
    let first = written(|w| owned.encode_typed(w, layout)).expect("what was read can be written");
    let again = QueryResult { result_count: 1, entities: Remainder(first.clone().into()), ..result };
    let again = again.elements((&*SCHEMA, layout)).and_then(ListRef::to_element).expect("and read");
    assert_eq!(written(|w| again.encode_typed(w, layout)).expect("as before"), first);
}

fn tgql(bytes: &[u8], layout: Layout) {
    let Some(result) = query_result(bytes) else { return };
    let Ok(entities) = result.entities((&*SCHEMA, layout)) else { return };
    all(entities, layout);
}

fn found(bytes: &[u8], layout: Layout, command: GetEntityCommand) {
    let Some(reply) = tgdb_fuzz::decode::<GetEntityResponse>(Verb::GET_ENTITY_RESPONSE, bytes) else { return };
    let Ok(entities) = reply.found(command, (&*SCHEMA, layout)) else { return };
    all(entities, layout);
}

fn all(entities: Entities<'_>, layout: Layout) {
    let _ = serde_json::to_writer(std::io::sink(), &entities);
    for item in entities {
        let Ok(ReplyEntity { entity, .. }) = item else { return };
        for attribute in entity.attributes() {
            convert(attribute);
            if let Ok(value) = attribute.value() {
                let _ = entity.get::<Value>(attribute.name()).map(|found| found == value.to_value());
            }
        }
        let Ok(owned) = entity.to_entity() else { continue };
        let first = written(|w| owned.encode(w, layout)).expect("what was read can be written");
        let reply = [&[0; 7][..], &[1], &[owned.kind().0 as u8], &owned.id().to_be_bytes(), &first].concat();
        let reply: GetEntityResponse = tgdb_fuzz::decode(Verb::GET_ENTITY_RESPONSE, &reply).expect("a reply");
        let mut again = reply.found(GetEntityCommand::GET, (&*SCHEMA, layout)).expect("one entity");
        let again = again.next().expect("one").and_then(|again| again.entity.to_entity()).expect("and read");
        assert_eq!(written(|w| again.encode(w, layout)).expect("as before"), first);
    }
    if let Ok(map) = EntityMap::read(entities) {
        assert!(map.len() <= entities.count());
        let _ = map.shells().count();
    }
}

/// No conversion panics; what comes back from another crate's type is what went there.
fn convert(attribute: AttributeRef<'_>) {
    let _ = attribute.clear_value();
    let Ok(value) = attribute.value() else { return };
    let _ = value.to_string();
    if let Ok(moment) = jiff::civil::DateTime::try_from(value) {
        assert_eq!(Timestamp::try_from(value).map(|stamp| (stamp.date, stamp.time)), {
            let stamp = Timestamp::from(moment);
            Ok((stamp.date, stamp.time))
        });
        assert!(time::PrimitiveDateTime::try_from(value).is_ok() && chrono::NaiveDateTime::try_from(value).is_ok());
    }
    if let Ok(day) = jiff::civil::Date::try_from(value) {
        assert_eq!(Date::try_from(value), Ok(day.into()));
        assert!(time::Date::try_from(value).is_ok() && chrono::NaiveDate::try_from(value).is_ok());
    }
    if let Ok(hour) = jiff::civil::Time::try_from(value) {
        assert_eq!(Time::try_from(value), Ok(hour.into()));
        assert!(time::Time::try_from(value).is_ok() && chrono::NaiveTime::try_from(value).is_ok());
    }
    if let Ok(decimal) = Decimal::try_from(value) {
        assert_eq!(Decimal::try_from(Value::from(decimal).as_ref()), Ok(decimal));
    }
}
