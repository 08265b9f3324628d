//! Replies with their schema: the same as the reply read by itself.

use std::sync::Arc;

use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_pdu::{BodyErrorKind, Writer};

use crate::support::*;

fn schema() -> Arc<Schema> {
    Arc::new(SCHEMA.clone())
}

/// The vectors of queries that succeeded: command, name and result.
fn results() -> Vec<(QueryCommand, &'static str, QueryResult)> {
    let succeeded = list("query_replies").iter().filter_map(|vector| {
        let command = match vector["language"].as_str()? {
            "gremlin" => QueryCommand::EXECUTE_GREMLIN_STR,
            _ => QueryCommand::EXECUTE,
        };
        match decode::<QueryResponse>(&hex(&vector["hex"])).outcome {
            QueryOutcome::Success(result) => Some((command, vector["name"].as_str()?, result)),
            QueryOutcome::Failed { .. } => None,
        }
    });
    succeeded.collect()
}

#[test]
fn an_answer_gives_what_its_reply_gives() {
    let (mut gremlin, mut tgql) = (0, 0);
    for (command, name, result) in results() {
        let answer = Answer::new(command, result.clone(), schema());
        let given: Vec<_> = answer.elements().map(|element| format!("{element:?}")).collect();
        // A prepared query says by its reply which language it is in.
        let prepared = Answer::new(QueryCommand::EXECUTE_ID, result.clone(), schema());
        assert_eq!(prepared.elements().map(|element| format!("{element:?}")).collect::<Vec<_>>(), given, "{name}");
        let expected: Vec<_> = if command == QueryCommand::EXECUTE {
            tgql += 1;
            let entities = result.entities(&*SCHEMA).unwrap();
            entities.map(|entity| format!("{:?}", entity.map(|found| ElementRef::Entity(found.entity)))).collect()
        } else {
            gremlin += 1;
            match result.elements(&*SCHEMA) {
                Ok(list) => list.map(|element| format!("{element:?}")).collect(),
                Err(error) => vec![format!("{:?}", Err::<(), _>(error))],
            }
        };
        assert_eq!(given, expected, "{name}");
        assert_eq!(answer.check().is_ok(), given.iter().all(|element| element.starts_with("Ok")), "{name}");
    }
    assert!(gremlin >= 10 && tgql >= 1, "{gremlin} {tgql}");
}

#[test]
fn an_answer_with_an_unknown_descriptor_is_read_with_another_schema() {
    let unknown = results().into_iter().find(|(_, name, _)| *name == "unknown descriptor").unwrap().2;
    let answer = Answer::new(QueryCommand::EXECUTE_GREMLIN_STR, unknown, schema());
    let BodyErrorKind::UnknownDescriptor { id } = answer.check().unwrap_err().kind else { panic!("another error") };
    let mut wider = SCHEMA.clone();
    wider.add_descriptor(AttributeDescriptor {
        system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
        id,
        name: "new".into(),
        value_type: AttributeType::STRING,
        is_array: false,
        is_encrypted: false,
        number: None,
    });
    let answer = answer.with_schema(Arc::new(wider));
    let again = answer.check();
    assert!(
        !matches!(again, Err(ref error) if matches!(error.kind, BodyErrorKind::UnknownDescriptor { .. })),
        "{again:?}"
    );
}

/// An answer of a mixed list of those elements.
fn mixed(elements: &[Element]) -> Answer {
    let mut w = Writer::default();
    w.i8(ElementType::LIST.0);
    w.i32(i32::try_from(elements.len()).unwrap());
    w.i8(ElementType::MIXED_LIST.0);
    for element in elements {
        Element::MixedList(vec![element.clone()]).encode(&mut w, Layout::Reply).unwrap();
    }
    Answer::new(QueryCommand::EXECUTE_GREMLIN, gremlin(w.into_vec()), schema())
}

#[test]
fn what_is_no_value_is_an_error_and_the_next_is_read() {
    let text = Attribute::new(SCHEMA.descriptors()[0].clone(), Value::Null).unwrap();
    let answer = mixed(&[Element::Void, Element::AttributeValue(text)]);
    let values: Vec<_> = answer.values::<Option<&str>>().collect();
    assert_eq!(values, vec![Err(AttributeError::NoValue { found: "list" }); 2]);
    assert_eq!(answer.value::<&str>(), Err(AttributeError::NoValue { found: "list" }));
    assert_eq!((answer.entities().count(), answer.elements().count()), (0, 2));
}

#[test]
fn an_answer_that_cannot_be_opened_has_one_item_the_error() {
    // The outermost element is no list.
    let answer = Answer::new(QueryCommand(7), gremlin(vec![8]), schema());
    assert!(answer.check().is_err());
    let mut elements = answer.elements();
    assert!(elements.next().unwrap().is_err() && elements.next().is_none());
    assert!(answer.value::<i64>().is_err());
    assert!(answer.nodes().next().unwrap().is_err() && answer.edges().next().unwrap().is_err());
    let empty = Answer::new(QueryCommand(7), QueryResult::default(), schema());
    assert_eq!((empty.check(), empty.value::<i64>()), (Ok(()), Ok(None)));
}

#[test]
fn what_is_found_is_what_its_reply_has() {
    for vector in list("get_entity_replies") {
        let name = vector["name"].as_str().unwrap();
        let reply: Option<GetEntityResponse> = decode(&hex(&vector["hex"]));
        let reply = reply.unwrap_or_default();
        for command in [GetEntityCommand::GET, GetEntityCommand::GET_MULTIPLES] {
            let found = Found::new(command, reply.clone(), schema());
            assert_eq!(found.reply(), &reply);
            let entities = reply.found(command, &*SCHEMA).and_then(|entities| entities.collect::<Result<Vec<_>, _>>());
            assert_eq!(found.check().err(), entities.as_ref().err().cloned(), "{name}");
            let Ok(entities) = entities else { continue };
            let first = entities.iter().find(|entity| entity.is_result).map(|entity| entity.entity.id());
            assert_eq!(found.entity().unwrap().map(|entity| entity.id()), first, "{name}");
            assert_eq!(found.to_map().unwrap(), EntityMap::read(found.entities().unwrap()).unwrap());
        }
    }
}
