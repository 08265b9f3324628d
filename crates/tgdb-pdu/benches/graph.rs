//! Decoding a result of 100,000 nodes with ten attributes each, as a ratio to copying the same
//! bytes and to a pass written by hand that only skips over the fields.
//!
//! Fails if the lazy form takes memory. Run with `cargo bench -p tgdb-pdu --bench graph`.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_pdu::{Verb, Writer};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const NODES: i64 = 100_000;
const TURNS: usize = 15;

const TYPES: [AttributeType; 10] = [
    AttributeType::STRING,
    AttributeType::INTEGER,
    AttributeType::LONG,
    AttributeType::DOUBLE,
    AttributeType::BOOLEAN,
    AttributeType::TIMESTAMP,
    AttributeType::STRING,
    AttributeType::NUMBER,
    AttributeType::INTEGER,
    AttributeType::STRING,
];

fn schema() -> Schema {
    let descriptor = |(value_type, id): (&AttributeType, i32)| AttributeDescriptor {
        system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
        id,
        name: format!("attribute{id}"),
        value_type: *value_type,
        is_array: false,
        is_encrypted: false,
        number: (*value_type == AttributeType::NUMBER).then_some((20, 5)),
    };
    let descriptors = TYPES.iter().zip(1..).map(descriptor).collect();
    MetadataResponse { groups: vec![TypeGroup::AttributeDescriptors(descriptors)] }.into()
}

fn result(schema: &Schema) -> QueryResult {
    let node = |id: i64| {
        let value = |descriptor: &AttributeDescriptor| match descriptor.value_type {
            AttributeType::STRING => Value::from(format!("the name of node {id}")),
            AttributeType::INTEGER => Value::from(id as i32),
            AttributeType::LONG => Value::from(id),
            AttributeType::DOUBLE => Value::from(id as f64),
            AttributeType::BOOLEAN => Value::from(id % 2 == 0),
            AttributeType::TIMESTAMP => Timestamp::from(Date::new(2020, 2, 29).unwrap()).into(),
            _ => Value::from("12.345"),
        };
        let descriptors = schema.descriptors().iter();
        let attributes = descriptors.map(|each| Attribute::new(each.clone(), value(each)).unwrap()).collect();
        Element::Entity(Entity::Node(Node {
            id,
            version: 1,
            attributes,
            edges: vec![id + 1, id + 2],
            ..Node::default()
        }))
    };
    let mut w = Writer::default();
    let list = Element::List(ElementType::ENTITY, (0..NODES).map(node).collect());
    list.encode_typed(&mut w, Layout::Reply).unwrap();
    QueryResult {
        query_hash_id: 1,
        syntax: 0,
        annotation: "[V]".to_owned(),
        result_count: NODES as i32,
        total_count: None,
        entities: Remainder(w.into_vec().into()),
    }
}

/// Goes over all fields, and reads only those that have a length.
fn skip(bytes: &[u8]) -> usize {
    let word = |at: usize| i32::from_be_bytes(*bytes[at..].first_chunk().unwrap()) as usize;
    let half = |at: usize| usize::from(u16::from_be_bytes(*bytes[at..].first_chunk().unwrap()));
    let count = word(1);
    let mut at = 6;
    for _ in 0..count {
        at += 1 + 4 + 1 + 1 + 8 + 4 + 4;
        let attributes = word(at);
        at += 4;
        for _ in 0..attributes {
            let (id, is_null) = (word(at), bytes[at + 4] != 0);
            at += 5;
            if is_null {
                continue;
            }
            at += match TYPES[id - 1] {
                AttributeType::STRING => 2 + half(at),
                AttributeType::INTEGER => 4,
                AttributeType::LONG | AttributeType::DOUBLE => 8,
                AttributeType::BOOLEAN => 1,
                AttributeType::TIMESTAMP if bytes[at + 10] == 0xff => 11,
                AttributeType::TIMESTAMP => 13,
                _ => 6 + half(at + 4),
            };
        }
        at += 4 + 8 * word(at);
    }
    at
}

/// Entities only: each is gone over, no value is decoded.
fn walk(result: &QueryResult, schema: &Schema) -> i64 {
    let mut sum = 0;
    for element in result.elements(schema).unwrap() {
        if let ElementRef::Entity(entity) = element.unwrap() {
            sum += entity.id();
        }
    }
    sum
}

/// Entities with all their values, borrowed.
fn values(result: &QueryResult, schema: &Schema) -> usize {
    let mut count = 0;
    for element in result.elements(schema).unwrap() {
        if let ElementRef::Entity(entity) = element.unwrap() {
            for attribute in entity.attributes() {
                black_box(attribute.value().unwrap());
                count += 1;
            }
        }
    }
    count
}

fn main() {
    let schema = schema();
    let result = result(&schema);
    let bytes = result.entities.clone();
    assert_eq!(skip(&bytes), bytes.len());

    let region = Region::new(ALLOCATOR);
    assert_eq!(values(&result, &schema), NODES as usize * TYPES.len());
    let allocations = region.change().allocations;
    assert_eq!(allocations, 0, "the lazy form takes no memory");

    let mut target = vec![0; bytes.len()];
    let mut times = [(); 5].map(|()| Vec::new());
    for _ in 0..TURNS {
        let mut measure = |at: usize, work: &mut dyn FnMut()| {
            let start = Instant::now();
            work();
            times[at].push(start.elapsed());
        };
        measure(0, &mut || black_box(&mut target).copy_from_slice(black_box(&bytes)));
        measure(1, &mut || _ = black_box(skip(black_box(&bytes))));
        measure(2, &mut || _ = black_box(walk(black_box(&result), &schema)));
        measure(3, &mut || _ = black_box(values(black_box(&result), &schema)));
        measure(4, &mut || _ = black_box(result.elements(&schema).unwrap().to_element().unwrap()));
    }
    let medians = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    let ratio = |time: Duration, to: Duration| time.as_secs_f64() / to.as_secs_f64();
    println!("{} of {NODES} nodes, {} bytes, {TURNS} turns, medians", Verb::QUERY_RESPONSE, bytes.len());
    println!("{:<28}{:>10}{:>10}{:>10}", "", "ms", "/ copy", "/ skip");
    let names = ["copy", "skip by hand", "lazy, entities", "lazy, all values", "owned"];
    for (name, time) in names.iter().zip(medians) {
        let (copy, skip) = (ratio(time, medians[0]), ratio(time, medians[1]));
        println!("{name:<28}{:>10.2}{copy:>10.1}{skip:>10.2}", time.as_secs_f64() * 1e3);
    }
}
