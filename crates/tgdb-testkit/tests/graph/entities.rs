//! Entities by key and id, encrypted attributes, large objects.

use std::collections::HashSet;
use std::sync::Arc;

use tgdb_pdu::Body;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_testkit::graph::GraphServer;

use crate::support::*;

fn key(client: &Client, type_name: Option<&str>, attributes: &[(&str, Value)]) -> EntityKey {
    EntityKey::new(&client.schema, type_name, attributes.iter().cloned()).unwrap()
}

fn get(client: &mut Client, request: GetEntityRequest) -> Result<Found, Exception> {
    let command = request.command;
    match client.ask(request) {
        Body::GetEntityResponse(Some(reply)) => Ok(Found::new(command, reply, client.schema.clone())),
        Body::Exception(exception) => Err(exception),
        other => panic!("{other:?}"),
    }
}

fn request(key: &EntityKey, command: GetEntityCommand, options: FetchOptions) -> GetEntityRequest {
    let by_key = GetEntityRequest::by_key(key).unwrap();
    let (_, key) = by_key.key.unwrap();
    GetEntityRequest { command, result_id: 0, key: Some((options, key)) }
}

const NEAR_NONE: FetchOptions = FetchOptions { fetch_size: 0, batch_size: 50, traversal_depth: 0, edge_fetch_size: 0 };

fn all(found: &Found, command: GetEntityCommand) -> Vec<(bool, Entity)> {
    let entities = found.reply().found(command, &**found.schema()).unwrap();
    entities.map(|found| found.unwrap()).map(|found| (found.is_result, found.entity.to_entity().unwrap())).collect()
}

#[test]
fn one_by_key_comes_first_and_what_is_near_follows() {
    let mut client = Client::new();
    let munich = client.airport("MUC");
    for type_name in [Some("airport"), None] {
        let key = key(&client, type_name, &[("iata", "MUC".into())]);
        let found = get(&mut client, request(&key, GetEntityCommand::GET, NEAR_NONE)).unwrap();
        assert_eq!(all(&found, GetEntityCommand::GET), [(true, Entity::Node(munich.clone()))]);
    }
    let key = key(&client, Some("airport"), &[("iata", "MUC".into())]);
    let options = FetchOptions { traversal_depth: 1, ..NEAR_NONE };
    let found = get(&mut client, request(&key, GetEntityCommand::GET, options)).unwrap();
    let entities = all(&found, GetEntityCommand::GET);
    assert_eq!(entities[0].1, Entity::Node(munich.clone()));
    let ids: HashSet<i64> = entities.iter().map(|(_, entity)| entity.id()).collect();
    assert_eq!(ids.len(), entities.len(), "each once");
    assert!(munich.edges.iter().all(|edge| ids.contains(edge)));
    let (nodes, edges): (Vec<_>, Vec<_>) = entities.iter().partition(|(_, entity)| matches!(entity, Entity::Node(_)));
    assert_eq!((nodes.len(), edges.len()), (1 + 19 + 1, 39));

    let deep = get(&mut client, request(&key, GetEntityCommand::GET, FetchOptions { traversal_depth: 9, ..NEAR_NONE }));
    assert_eq!(all(&deep.unwrap(), GetEntityCommand::GET).len(), 91 + 676, "the whole graph hangs together");
    let few = FetchOptions { traversal_depth: 1, edge_fetch_size: 2, ..NEAR_NONE };
    let few = get(&mut client, request(&key, GetEntityCommand::GET, few)).unwrap();
    assert_eq!(all(&few, GetEntityCommand::GET).len(), 1 + 2 + 2);
    let cut =
        get(&mut client, request(&key, GetEntityCommand::GET, FetchOptions { fetch_size: 5, ..options })).unwrap();
    assert_eq!(all(&cut, GetEntityCommand::GET).len(), 5);
}

#[test]
fn keys_that_fit_nothing_find_nothing() {
    let mut client = Client::new();
    for (type_name, attributes) in [
        (Some("airport"), vec![("iata", "XXX".into())]),
        (Some("country"), vec![("iata", "MUC".into())]),
        (None, vec![("iata", "MUC".into()), ("city", "Oslo".into())]),
        (None, vec![("passengers", Value::Null)]),
    ] {
        let key = key(&client, type_name, &attributes);
        for command in [GetEntityCommand::GET, GetEntityCommand::GET_MULTIPLES] {
            let found = get(&mut client, request(&key, command, NEAR_NONE)).unwrap();
            assert_eq!((found.reply().total_count, found.reply().result_id), (0, 0), "{attributes:?}");
        }
    }
}

#[test]
fn many_by_key_are_marked_and_come_in_parts() {
    let mut client = Client::new();
    let key = key(&client, Some("country"), &[("continent", "Europe".into())]);
    let command = GetEntityCommand::GET_MULTIPLES;
    let whole = get(&mut client, request(&key, command, FetchOptions { traversal_depth: 1, ..NEAR_NONE })).unwrap();
    let entities = all(&whole, command);
    let (results, near): (Vec<_>, Vec<_>) = entities.into_iter().partition(|(is_result, _)| *is_result);
    assert_eq!((results.len(), near.is_empty()), (19, false));
    assert!(results.iter().all(|(_, entity)| entity.get("continent") == Ok("Europe")));

    let part = get(&mut client, request(&key, command, FetchOptions { fetch_size: 7, ..NEAR_NONE })).unwrap();
    let result_id = part.reply().result_id;
    assert!(result_id > 0);
    let mut parts = all(&part, command);
    let next = GetEntityRequest { command: GetEntityCommand::CONTINUE, result_id, key: None };
    for (count, more) in [(7, true), (5, false)] {
        let rest = get(&mut client, next.clone()).unwrap();
        let entities = all(&rest, GetEntityCommand::CONTINUE);
        assert_eq!((entities.len(), rest.reply().result_id == result_id), (count, more));
        parts.extend(entities);
    }
    assert_eq!(parts, results);
    assert_eq!(get(&mut client, next.clone()).unwrap_err().code, 8108, "nothing is left");

    let part = get(&mut client, request(&key, command, FetchOptions { fetch_size: 7, ..NEAR_NONE })).unwrap();
    let result_id = part.reply().result_id;
    let close = GetEntityRequest { command: GetEntityCommand::CLOSE, result_id, key: None };
    assert_eq!(get(&mut client, close.clone()).unwrap().reply().total_count, 0);
    assert_eq!(get(&mut client, close).unwrap_err().code, 8108);
}

#[test]
fn by_id_takes_nodes_and_edges() {
    let mut client = Client::new();
    let munich = client.airport("MUC");
    for id in [munich.id, munich.edges[0]] {
        let key = key(&client, None, &[("@id", id.into())]);
        let found = get(&mut client, request(&key, GetEntityCommand::GET_BY_ID, NEAR_NONE)).unwrap();
        let entities = all(&found, GetEntityCommand::GET_BY_ID);
        assert_eq!(entities.iter().map(|(_, entity)| entity.id()).collect::<Vec<_>>(), [id]);
    }
    let key = key(&client, None, &[("iata", "MUC".into())]);
    assert!(get(&mut client, request(&key, GetEntityCommand::GET_BY_ID, NEAR_NONE)).is_err());
}

#[test]
fn keys_without_sense_are_errors_and_the_session_goes_on() {
    let mut client = Client::new();
    let unknown = key(&client, Some("nowhere"), &[("iata", "MUC".into())]);
    assert_eq!(get(&mut client, request(&unknown, GetEntityCommand::GET, NEAR_NONE)).unwrap_err().code, 8111);
    let empty = key(&client, None, &[]);
    assert_eq!(get(&mut client, request(&empty, GetEntityCommand::GET, NEAR_NONE)).unwrap_err().code, 8100);
    for bytes in [&[][..], &[0, 0, 1, 0, 0, 0, 1, 0], &[0, 0x7f, 0xff]] {
        let key = Some((NEAR_NONE, bytes.to_vec().into()));
        let broken = GetEntityRequest { command: GetEntityCommand::GET, result_id: 0, key };
        assert_eq!(get(&mut client, broken).unwrap_err().code, 8100);
    }
    assert_eq!(client.count("g.V().count()"), 91);
}

#[test]
fn encrypted_attributes_come_obfuscated() {
    let mut client = Client::new();
    for query in ["g.V().has('iata', 'SIN').values('access_code')", "g.V().has('access_code').values('access_code')"] {
        let answer = client.query(query);
        let Some(Ok(ElementRef::AttributeValue(code))) = answer.elements().next() else { panic!() };
        assert!(matches!(code.value().unwrap(), ValueRef::Encrypted(CipherRef::Obfuscated { .. })));
        assert!(matches!(code.clear_value().unwrap(), Value::String(_)));
    }
    let answer = client.query("g.V().has('iata', 'SIN')");
    let node = answer.nodes().next().unwrap().unwrap();
    let code = node.attributes().find(|attribute| attribute.name() == "access_code").unwrap();
    assert_eq!(code.clear_value().unwrap(), Value::from("7004-K"));

    let schema = client.schema.clone();
    let mut changes = Changes::new(&schema);
    let node = node.to_node().unwrap();
    changes.update_node(&node);
    changes.set(node.id, "access_code", Value::Encrypted(Cipher::Block(vec![1; 256].into()))).unwrap();
    assert_eq!(client.failed(&changes), TransactionStatus::VERIFICATION_ERROR, "the server has no key for it");
}

fn object(client: &mut Client, entity_id: i64, decrypt: bool) -> GetLargeObjectResponse {
    match client.ask(GetLargeObjectRequest { entity_id, decrypt }) {
        Body::GetLargeObjectResponse(reply) => reply,
        other => panic!("{other:?}"),
    }
}

fn bytes(client: &mut Client, entity_id: i64) -> Vec<u8> {
    match object(client, entity_id, false) {
        GetLargeObjectResponse::Found { entity_id: found, chunks: Some(chunks) } => {
            assert_eq!(found, entity_id);
            assert!(chunks.iter().all(|chunk| chunk.len() <= 16 * 1024));
            chunks.concat()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn large_objects_are_read_and_written() {
    let mut client = Client::new();
    let munich = client.airport("MUC");
    let [notes, picture] = ["notes", "picture"].map(|name| munich.get::<LargeObjectRef<'_>>(name).unwrap());
    assert_eq!((notes.data, picture.data), (None, None), "as Java and Go read it");
    let (notes, picture) = (notes.id, picture.id);
    assert!(String::from_utf8(bytes(&mut client, notes)).unwrap().contains("runways"));
    assert!(bytes(&mut client, picture).starts_with(b"\x89PNG"));

    let schema = client.schema.clone();
    let large: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    let mut changes = Changes::new(&schema);
    changes.update_node(&munich);
    changes.set(munich.id, "picture", large.clone()).unwrap();
    client.committed(&changes);
    let munich = client.airport("MUC");
    let new = munich.get::<LargeObjectRef<'_>>("picture").unwrap().id;
    assert!(new > 0 && new != picture);
    assert_eq!(bytes(&mut client, new), large);
    assert!(matches!(object(&mut client, picture, false), GetLargeObjectResponse::Failed { .. }), "replaced");
    assert_eq!(munich.get::<LargeObjectRef<'_>>("notes").unwrap().id, notes, "untouched");

    let GetLargeObjectResponse::Found { entity_id, chunks } = object(&mut client, new, true) else { panic!() };
    assert_eq!(Chunks { entity_id, chunks }.reveal().unwrap(), large);
}

#[test]
fn pythons_layout_has_the_data_of_large_objects() {
    let graph = GraphServer::airports().with_layout(Layout::ReplyWithData);
    let mut client = Client::of(Arc::new(graph), 77);
    let request = QueryRequest::gremlin("g.V().has('iata', 'KEF')");
    let QueryOutcome::Success(result) = client.outcome(request) else { panic!() };
    let answer = Answer::new(QueryCommand::EXECUTE_GREMLIN_STR, result, client.schema.clone());
    let answer = answer.with_layout(Layout::ReplyWithData);
    let node = answer.nodes().next().unwrap().unwrap();
    assert!(node.get::<&str>("notes").unwrap().contains("Volcanic"));
}

#[test]
fn python_gets_no_encrypted_attributes_over_plain_tcp() {
    let graph = Arc::new(GraphServer::airports().with_layout(Layout::ReplyWithData));
    let mut client = Client::of(graph.clone(), 77);
    assert_eq!(client.texts("g.V().has('iata', 'SIN').values('access_code', 'city')"), ["Singapore"]);
    assert_eq!(client.texts("g.V().has('iata', 'SIN').valueMap('access_code', 'city')"), ["city=Singapore"]);
    let singapore = client.query("g.V().has('iata', 'SIN').limit(1)");
    let node = singapore.nodes().next().unwrap().unwrap();
    assert_eq!(node.get::<Option<Value>>("access_code"), Ok(None));
}
