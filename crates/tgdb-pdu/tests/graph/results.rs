//! The vectors of query and get-entity replies.

use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_pdu::{BodyErrorKind, Writer};

use crate::support::*;

/// An element in the notation of the vectors.
fn shown(element: &Element) -> String {
    let list = |items: &[Element]| format!("[{}]", items.iter().map(|item| shown(item) + "; ").collect::<String>());
    let value = |attribute: &Attribute| match &attribute.value {
        Value::String(text) => format!("{text:?}"),
        Value::Null => "null".to_owned(),
        value => format!("{} {value}", value.as_ref().type_name()),
    };
    match element {
        Element::List(_, items) | Element::MixedList(items) => list(items),
        Element::Attribute(attribute) => format!("attr {}={}", attribute.descriptor.name, value(attribute)),
        Element::AttributeValue(attribute) | Element::TransientValue(attribute) => value(attribute),
        Element::Entity(entity) => {
            let name: String =
                entity.attributes().iter().map(|a| format!("{}={} ", a.descriptor.name, value(a))).collect();
            match entity {
                Entity::Node(node) => {
                    let ty = &SCHEMA.node_type_by_id(node.type_id).unwrap().entity_type.name;
                    let edges: String = node.edges.iter().map(|id| format!("{id} ")).collect();
                    format!("node {} v{} {ty} {{{name}}} edges[{edges}]", node.id, node.version)
                }
                Entity::Edge(edge) => {
                    let ty = &SCHEMA.edge_type_by_id(edge.type_id).unwrap().entity_type.name;
                    format!("edge {} v{} {ty} {{{name}}} Directed {}->{}", edge.id, edge.version, edge.from, edge.to)
                }
            }
        }
        Element::Map(_) | Element::Void => panic!("not in the vectors"),
        _ => panic!(),
    }
}

#[test]
fn gremlin_results_are_what_java_reads() {
    let mut read = 0;
    for vector in list("query_replies").iter().filter(|vector| vector["language"] == "gremlin") {
        let name = vector["name"].as_str().unwrap();
        let java = vector["java_reads"].as_str().unwrap();
        if !java.starts_with("annot") || matches!(name, "no result" | "outer type not a list" | "unknown descriptor") {
            continue;
        }
        let bytes = hex(&vector["hex"]);
        let result = query_result(&bytes);
        let elements = result.elements(&*SCHEMA).unwrap().to_element().unwrap();
        // "annot [V] count 2 total 0 [...] left 0"
        let java = &java[java.find(" total 0 ").unwrap() + 9..].trim_end_matches(" left 0");
        assert_eq!(&shown(&elements), java, "{name}");
        if name != "element type void" {
            let mut w = Writer::default();
            elements.encode_typed(&mut w, Layout::Reply).unwrap();
            assert_eq!(hex::encode(w.into_vec()), hex::encode(&result.entities[..]), "{name}");
        }
        read += 1;
    }
    assert_eq!(read, 9);
}

#[test]
fn a_result_without_elements() {
    let result = query_result(&hex(&named("query_replies", "no result")["hex"]));
    let elements = result.elements(&*SCHEMA).unwrap();
    assert!(elements.is_empty());
    assert_eq!(elements.count(), 0);
    assert!(result.result_type().is_err());
    // Its owned form can be the result of a reply, which starts with a list.
    let owned = elements.to_element().unwrap();
    let mut w = Writer::default();
    owned.encode_typed(&mut w, Layout::Reply).unwrap();
    assert_eq!(gremlin(w.into_vec()).elements(&*SCHEMA).unwrap().to_element(), Ok(owned));
}

#[test]
fn results_are_read_without_an_owned_form() {
    let result = query_result(&hex(&named("query_replies", "paths")["hex"]));
    assert_eq!(result.result_type().unwrap().to_string_form(), "[P(V,E,V)]");
    let mut paths = result.elements(&*SCHEMA).unwrap();
    assert_eq!(paths.len(), 1);
    let Some(Ok(ElementRef::List(path))) = paths.next() else { panic!() };
    assert_eq!(path.element_type(), None);
    let steps: Vec<_> = path.map(Result::unwrap).collect();
    let [ElementRef::Entity(ann), ElementRef::Entity(EntityRef::Edge(knows)), ElementRef::Entity(rome)] = &steps[..]
    else {
        panic!("{steps:?}")
    };
    assert_eq!(ann.get("name"), Ok("Ann"));
    assert_eq!((knows.from(), knows.to(), knows.direction()), (100, 101, EdgeDirection::DIRECTED));
    assert_eq!(rome.as_node().unwrap().edges().collect::<Vec<_>>(), [200]);
}

trait StringForm {
    fn to_string_form(&self) -> String;
}

impl StringForm for ResultType {
    fn to_string_form(&self) -> String {
        let all = |items: &[ResultType]| items.iter().map(Self::to_string_form).collect::<Vec<_>>().join(",");
        match self {
            Self::Node => "V".to_owned(),
            Self::Edge => "E".to_owned(),
            Self::List(item) => format!("[{}]", item.to_string_form()),
            Self::Path(items) => format!("P({})", all(items)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn maps_are_read_in_order_and_by_key() {
    let name = |text: &str| set("name", text).unwrap();
    let map = Element::Map(vec![
        ("name".to_owned(), Element::List(ElementType::ATTRIBUTE_VALUE, vec![Element::AttributeValue(name("Ann"))])),
        ("count".to_owned(), Element::TransientValue(set("big", 3).unwrap())),
        ("none".to_owned(), Element::Void),
    ]);
    let mut w = Writer::default();
    let list = Element::List(ElementType::MAP, vec![map]);
    list.encode_typed(&mut w, Layout::Reply).unwrap();
    let result = gremlin(w.into_vec());
    let elements = result.elements(&*SCHEMA).unwrap();
    assert_eq!(elements.to_element().unwrap(), list);
    let ElementRef::Map(map) = elements.map(Result::unwrap).next().unwrap() else { panic!() };
    let keys: Vec<_> = map.map(|entry| entry.unwrap().0).collect();
    assert_eq!(keys, ["name", "count", "none"]);
    let count = map.get("count").unwrap().unwrap();
    assert_eq!(count.value().unwrap(), Some(ValueRef::Long(3)));
    assert!(map.get("other").unwrap().is_none());
    assert!(matches!(map.get("none"), Ok(Some(ElementRef::Void))));
}

#[test]
fn tgql_results() {
    let result = query_result(&hex(&named("query_replies", "TGQL, two nodes and the edge between")["hex"]));
    assert_eq!((result.result_count, result.total_count), (2, Some(3)));
    let map = EntityMap::read(result.entities(&*SCHEMA).unwrap()).unwrap();
    assert_eq!(map.iter().map(Entity::id).collect::<Vec<_>>(), [100, 200, 101]);
    assert_eq!(map.node(101).unwrap().get("name"), Ok("Rome"));
    assert_eq!(map.shells().count(), 0);

    let result = query_result(&hex(&named("query_replies", "TGQL, invalid kind")["hex"]));
    let map = EntityMap::read(result.entities(&*SCHEMA).unwrap()).unwrap();
    assert_eq!(map.len(), 1, "kind 0 stands for nothing");
}

fn found(name: &str, command: GetEntityCommand) -> EntityMap {
    let reply = decode::<Option<GetEntityResponse>>(&hex(&named("get_entity_replies", name)["hex"])).unwrap();
    let entities = reply.found(command, &*SCHEMA).unwrap();
    EntityMap::read(entities).unwrap()
}

#[test]
fn get_entity_replies() {
    let shell = |kind, id| Shell { kind, id };
    let map = found("one node", GetEntityCommand::GET);
    let ann = map.node(100).unwrap();
    assert_eq!((ann.version, ann.get("name")), (3, Ok("Ann")));

    for name in ["node, edge, neighbour", "edge first, nodes fill the shells"] {
        let map = found(name, GetEntityCommand::GET_BY_ID);
        assert_eq!(map.len(), 3, "{name}");
        assert_eq!((map.edge(200).unwrap().from, map.edge(200).unwrap().to), (100, 101));
        assert_eq!(map.node(101).unwrap().get("name"), Ok("Rome"));
        assert_eq!(map.shells().count(), 0);
    }

    let map = found("edge with a far end that never comes", GetEntityCommand::GET);
    assert_eq!(map.shells().collect::<Vec<_>>(), [shell(EntityKind::NODE, 101)]);
    assert_eq!(map.get(101), None);

    let map = found("the same node twice", GetEntityCommand::GET);
    assert_eq!(map.len(), 1);
    let ann = map.node(100).unwrap();
    assert_eq!((ann.version, ann.get("name"), ann.get("count")), (4, Ok("Ann"), Ok(9)));
    assert_eq!(map.shells().collect::<Vec<_>>(), [shell(EntityKind::EDGE, 200)]);
    assert_eq!(map.results().count(), 2, "it came twice");

    let map = found("many (command 2), as Java and Go read it", GetEntityCommand::GET_MULTIPLES);
    assert_eq!(map.results().map(Entity::id).collect::<Vec<_>>(), [100]);
    assert_eq!(map.iter().map(Entity::id).collect::<Vec<_>>(), [100, 200]);
}

#[test]
fn errors_name_the_id_and_the_offset_in_the_payload() {
    let bytes = hex(&named("query_replies", "unknown descriptor")["hex"]);
    let result = query_result(&bytes);
    let error = result.elements(&*SCHEMA).unwrap().next().unwrap().unwrap_err();
    assert_eq!(error.kind, BodyErrorKind::UnknownDescriptor { id: 999 });
    assert_eq!(bytes[error.offset..error.offset + 4], 999i32.to_be_bytes());
    assert_eq!(
        error.to_string(),
        "QueryResponse: field `descriptor` at payload offset 36: no attribute descriptor has id 999; \
         get the metadata again, the graph's types have changed"
    );

    let result = query_result(&hex(&named("query_replies", "nodes")["hex"]));
    let Some(Ok(ElementRef::Entity(ann))) = result.elements(&*SCHEMA).unwrap().next() else { panic!() };
    assert_eq!(
        ann.get::<i64>("name").unwrap_err().to_string(),
        "attribute `name` is of type String, i64 was asked for; ask for the type it has"
    );
    assert_eq!(ann.get::<&str>("nmae"), Err(AttributeError::Unknown { attribute: "nmae".to_owned() }));
    assert_eq!(ann.get::<i32>("count"), Err(AttributeError::Missing { attribute: "count".to_owned() }));
    assert_eq!(ann.get::<Option<i32>>("count"), Ok(None));
}
