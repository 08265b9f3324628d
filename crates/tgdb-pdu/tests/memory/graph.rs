//! The owned forms of graph data, and schemas.

use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_pdu::*;

use super::{MIB, filled, is_bounded, list};

fn schema() -> Schema {
    let descriptor = |id: i32| AttributeDescriptor {
        system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
        id,
        name: format!("a{id}"),
        value_type: AttributeType::STRING,
        is_array: false,
        is_encrypted: false,
        number: None,
    };
    MetadataResponse { groups: vec![TypeGroup::AttributeDescriptors((1..100_000).map(descriptor).collect())] }.into()
}

/// A node without its kind and id before it.
fn node(id: i64, attributes: &[u8], attribute_count: i32, edges: i32) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 0, 2];
    bytes.extend(id.to_be_bytes());
    bytes.extend([0; 8]);
    bytes.extend(attribute_count.to_be_bytes());
    bytes.extend_from_slice(attributes);
    bytes.extend(edges.to_be_bytes());
    bytes.resize(bytes.len() + 8 * edges as usize, 0);
    bytes
}

/// The schema that is made of metadata is in the same bound.
pub(crate) fn schemas() {
    for length in [MIB, 2 * MIB] {
        for is_named in [false, true] {
            for kind in [0, 1] {
                // Types with ids and names of their own, and little else.
                let mut items = Vec::with_capacity(length);
                let mut count = 0i32;
                while items.len() + 40 < length {
                    let name = if is_named { format!("{count:x}") } else { String::new() };
                    items.push(kind);
                    items.extend((count + 5000).to_be_bytes());
                    items.extend((name.len() as i16).to_be_bytes());
                    items.extend_from_slice(name.as_bytes());
                    items.resize(items.len() + if kind == 0 { 3 } else { 4 + 2 + 2 + 2 + 8 }, 0);
                    count += 1;
                }
                let payload = [&count.to_be_bytes()[..], &[kind], &count.to_be_bytes(), &items].concat();
                let frame = Frame::new(Header::default(), Verb::METADATA_RESPONSE, payload);
                let length = frame.payload.len();
                is_bounded("schema", length, || match Message::try_from(frame)?.body {
                    Body::MetadataResponse(metadata) => Ok(Schema::from(metadata)),
                    other => panic!("{other:?}"),
                });
            }
        }
    }
}

/// The owned forms of graph data.
pub(crate) fn owned_forms() {
    let schema = schema();
    let attributes = |ids: &mut dyn Iterator<Item = i32>, text: &str| {
        let mut bytes = Vec::new();
        for id in ids {
            bytes.extend(id.to_be_bytes());
            bytes.push(0);
            bytes.extend((text.len() as i16).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    };
    let many = attributes(&mut (1..100_000), "x");
    let often = attributes(&mut std::iter::repeat_n(1, 100_000), "a longer text");
    let few = attributes(&mut (1..17), "");
    let length = 3 * MIB;
    let nulls = [0, 0, 0, 1, 1];
    let repeat = |bytes: &[u8]| bytes.repeat(length / bytes.len());
    let count_of = |bytes: &[u8]| i32::try_from(length / bytes.len()).unwrap();
    let nodes: [Vec<u8>; 6] = [
        node(1, &many, 99_999, 0),
        node(1, &often, 100_000, 0),
        node(1, &repeat(&nulls), count_of(&nulls), 0),
        node(1, &[], 0, count_of(&[0; 8])),
        node(1, &few, 16, 0),
        node(1, &[], 0, 0),
    ];
    for (number, one) in nodes.iter().enumerate() {
        // As they come from queries and get-entity: kind and id before each.
        let head = |id: i64| [&[2][..], &id.to_be_bytes()].concat();
        for differ in [true, false] {
            let mut entities = Vec::with_capacity(length);
            let mut count = 0;
            while entities.is_empty() || entities.len() + one.len() + 9 < length {
                let id = if differ { i64::from(count) } else { 1 };
                let at = entities.len();
                entities.extend(head(id));
                entities.extend_from_slice(one);
                entities[at + 15..at + 23].copy_from_slice(&id.to_be_bytes());
                count += 1;
            }
            let length = entities.len();
            let claims = if differ { &[count, count * 30][..] } else { &[count] };
            for &claimed in claims {
                let entities = Remainder(entities.clone().into());
                let reply = GetEntityResponse { result_id: 0, total_count: claimed, entities };
                let what = format!("nodes {number}");
                is_bounded(&what, length, || reply.found(GetEntityCommand::GET, &schema).and_then(EntityMap::read));
            }
        }
        let typed = filled(&[1, 0, 0, 0, 1, 5, 2], one, 7 + one.len());
        let result = QueryResult { result_count: 1, entities: Remainder(typed.into()), ..QueryResult::default() };
        let elements = result.elements(&schema).unwrap();
        is_bounded("an element", one.len(), || elements.to_element());
        let commit = list(&[0x10, 0x11], one, length.max(one.len() + 6));
        let length = commit.len();
        let request = CommitTransactionRequest::new(commit);
        is_bounded("a commit", length, || ChangeSet::from_request(&request, &schema));
        // Many short blocks.
        let block = [&[0x10, 0x12, 0, 0, 0, 1][..], one].concat();
        let request = CommitTransactionRequest::new(filled(&[], &block, length.max(block.len())));
        is_bounded("blocks", length + 6, || ChangeSet::from_request(&request, &schema));
    }
    let descriptors = list(&[0x10, 0x10], &[0, 0, 0, 0, 1, 0, 1, b'x', 1, 0, 0], length);
    let request = CommitTransactionRequest::new(descriptors);
    let own = Schema::default();
    is_bounded("descriptors", length, || ChangeSet::from_request(&request, &own));
    for (start, item) in [
        // Mixed lists of voids, maps with empty keys, lists of empty lists.
        (&[1, 0, 0, 0, 1, 7][..], &[8][..]),
        (&[1, 0, 0, 0, 1, 6], &[0, 0, 8]),
        (&[1, 0, 0, 0, 1, 1], &[0, 0, 0, 0, 1]),
        (&[1, 0, 0, 0, 1, 7], &[7, 0, 0, 0, 1, 8]),
        (&[1, 0, 0, 0, 1, 7], &[6, 0, 0, 0, 1, 0, 1, b'k', 8]),
    ] {
        let start = if start.ends_with(&[1]) { &start[..start.len() - 1] } else { start };
        let is_nested = start.len() == 5;
        let mut bytes = if is_nested { vec![1] } else { start.to_vec() };
        let count = i32::try_from(length / item.len()).unwrap();
        bytes.extend(count.to_be_bytes());
        if is_nested {
            bytes.push(1);
        }
        bytes.extend(item.repeat(count as usize));
        let length = bytes.len();
        let result = QueryResult { result_count: 1, entities: Remainder(bytes.into()), ..QueryResult::default() };
        let elements = result.elements(&schema).unwrap();
        is_bounded("elements", length, || elements.to_element());
    }
}
