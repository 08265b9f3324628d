//! Replies of a peer that means harm.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_pdu::{BodyErrorKind, DECODE_ALLOWANCE};

use crate::support::*;

fn nested_lists(depth: usize) -> Vec<u8> {
    // A list of one list of one list ..., the last of them empty.
    let mut bytes = vec![1];
    for _ in 1..depth {
        bytes.extend([0, 0, 0, 1, 1]);
    }
    bytes.extend([0, 0, 0, 0, 1]);
    bytes
}

#[test]
fn nesting_is_bounded() {
    let read = |bytes| gremlin(bytes).elements(&*SCHEMA).unwrap().to_element();
    assert!(read(nested_lists(MAX_NESTING)).is_ok());
    assert_eq!(read(nested_lists(MAX_NESTING + 1)).unwrap_err().kind, BodyErrorKind::TooDeep);
    assert_eq!(read(nested_lists(1_000_000)).unwrap_err().kind, BodyErrorKind::TooDeep);
    // Maps in mixed lists in maps.
    let mut bytes = vec![1, 0, 0, 0, 1, 6];
    for _ in 0..100_000 {
        bytes.extend([0, 0, 0, 1, 0, 0, 7, 0, 0, 0, 1, 6]);
    }
    assert_eq!(read(bytes).unwrap_err().kind, BodyErrorKind::TooDeep);
}

#[test]
fn counts_do_not_outrun_the_payload() {
    let claim = |head: &[u8]| {
        let result = gremlin([head, &i32::MAX.to_be_bytes()].concat());
        let outcome = result.elements(&*SCHEMA).map(|mut list| list.next().map(|item| item.map(drop)));
        outcome.map_or_else(Some, |item| item.and_then(Result::err)).unwrap()
    };
    // The element type of the outer list is missing, then there.
    assert!(matches!(claim(&[1]).kind, BodyErrorKind::Truncated { .. }));
    assert!(matches!(claim(&[1, 0, 0, 0, 1, 7]).kind, BodyErrorKind::CountTooLarge { .. }));
    assert!(matches!(claim(&[1, 0, 0, 0, 1, 6]).kind, BodyErrorKind::CountTooLarge { .. }));
    for count in [i32::MAX, 2, -1] {
        let reply = GetEntityResponse { result_id: 0, total_count: count, entities: Remainder(vec![0].into()) };
        match reply.found(GetEntityCommand::GET, &*SCHEMA) {
            Ok(entities) => assert_eq!((count, entities.count()), (-1, 0)),
            Err(error) => assert!(matches!(error.kind, BodyErrorKind::CountTooLarge { .. })),
        }
    }
}

#[test]
fn elements_of_no_bytes_take_no_time() {
    let mut bytes = vec![1];
    bytes.extend(i32::MAX.to_be_bytes());
    bytes.push(8);
    let result = gremlin(bytes);
    assert_eq!(result.elements(&*SCHEMA).unwrap().count(), 0);
    // And inside another list.
    let mut bytes = vec![1, 0, 0, 0, 1, 1];
    bytes.extend(i32::MAX.to_be_bytes());
    bytes.push(8);
    assert_eq!(gremlin(bytes).elements(&*SCHEMA).unwrap().count(), 1);
}

#[test]
fn an_owned_form_takes_no_more_than_the_stated_memory() {
    // A mixed list of nothing but voids: one byte each.
    let count = DECODE_ALLOWANCE / 16;
    let mut bytes = vec![1, 0, 0, 0, 1, 7];
    bytes.extend(i32::try_from(count).unwrap().to_be_bytes());
    bytes.resize(bytes.len() + count, 8);
    let result = gremlin(bytes);
    let elements = result.elements(&*SCHEMA).unwrap();
    assert!(matches!(elements.to_element().unwrap_err().kind, BodyErrorKind::TooMuchMemory { .. }));
    assert_eq!(elements.count(), 1, "the lazy form reads it");

    // A node with one attribute, often: it is one attribute.
    let node = |count: i32| {
        let mut bytes = vec![0, 0, 0, 0, 0, 2];
        bytes.resize(22, 0);
        bytes.extend(count.to_be_bytes());
        bytes.extend([0, 0, 0, 5, 1].repeat(usize::try_from(count).unwrap()));
        bytes.extend([0; 4]);
        bytes
    };
    let Entity::Node(node) = entity(&node(100_000), Layout::Reply) else { panic!() };
    assert_eq!(node.attributes.len(), 1);
}

#[test]
fn time_is_linear_in_the_input() {
    // Lists at the maximum depth, which a reader that goes down reads once for each level.
    let read = |width: usize| {
        let mut bytes = nested_lists(MAX_NESTING - 1);
        let end = bytes.len();
        // The last list has `width` empty lists.
        bytes[end - 5..end - 1].copy_from_slice(&i32::try_from(width).unwrap().to_be_bytes());
        bytes.extend([0, 0, 0, 0, 1].repeat(width));
        let result = gremlin(bytes);
        let start = Instant::now();
        result.elements(&*SCHEMA).unwrap().to_element().unwrap();
        start.elapsed()
    };
    let best = |width| (0..5).map(|_| read(width)).min().unwrap().max(Duration::from_micros(1));
    let (short, long) = (best(1_000), best(16_000));
    assert!(long < short * 16 * 8, "{short:?} {long:?}");
}

/// Maps and mixed lists too, and JSON: each level once cost a pass over all that is inside it, and
/// so 80 times what the lazy form takes.
#[test]
fn no_level_of_nesting_costs_a_pass_of_its_own() {
    let depth = MAX_NESTING - 2;
    let nested = |of_one: &[u8], width: usize, void: &[u8], element_type: u8| {
        let mut bytes = vec![1, 0, 0, 0, 1, element_type];
        bytes.extend(of_one.repeat(depth - 1));
        bytes.extend(i32::try_from(width).unwrap().to_be_bytes());
        bytes.extend(void.repeat(width));
        gremlin(bytes)
    };
    let maps = nested(&[0, 0, 0, 1, 0, 0, 6], 8_000, &[0, 0, 8], 6);
    let mixed = nested(&[0, 0, 0, 1, 7], 8_000, &[8], 7);
    let best = |read: &dyn Fn()| {
        let time = |()| {
            let start = Instant::now();
            read();
            start.elapsed()
        };
        [(); 5].map(time).into_iter().min().unwrap()
    };
    for result in [maps, mixed] {
        let elements = || result.elements(&*SCHEMA).unwrap();
        let lazy = best(&|| assert!(elements().all(|element| element.is_ok())));
        let owned = best(&|| drop(elements().to_element().unwrap()));
        assert!(owned < lazy * 20, "{owned:?} against {lazy:?}");
        #[cfg(feature = "serde")]
        {
            let json = best(&|| serde_json::to_writer(std::io::sink(), &elements()).unwrap());
            assert!(json < lazy * 20, "{json:?} against {lazy:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_bytes_panic(
        bytes in proptest::collection::vec(prop_oneof![4 => 0u8..12, 1 => any::<u8>()], 0..300),
        count in -1i32..5,
        layout in prop_oneof![Just(Layout::Request), Just(Layout::Reply), Just(Layout::ReplyWithData)],
        syntax in 0i8..2,
    ) {
        let context = (&*SCHEMA, layout);
        let total_count = (syntax == 1).then_some(count);
        let result = QueryResult { syntax, total_count, ..gremlin(bytes.clone()) };
        read_all(&result, context);
        for command in [GetEntityCommand::GET, GetEntityCommand::GET_MULTIPLES] {
            let reply = GetEntityResponse { result_id: 0, total_count: count, entities: result.entities.clone() };
            let _ = reply.found(command, context).map(EntityMap::read);
        }
        let _ = ChangeSet::from_request(&CommitTransactionRequest::new(bytes.clone()), &SCHEMA);
        let attributes = Remainder(bytes.into());
        let key = EntityKey { type_name: None, attribute_count: i16::try_from(count).unwrap(), attributes };
        let _ = key.attributes(&SCHEMA).map(|attributes| attributes.filter(|a| a.clear_value().is_ok()).count());
    }

    #[test]
    fn no_changed_reply_panics(
        vector in 0usize..20,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = hex(&list("query_replies")[vector]["hex"]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut reader = tgdb_pdu::Reader::new(tgdb_pdu::Verb::QUERY_RESPONSE, bytes.into());
        let response = <QueryResponse as tgdb_pdu::Wire>::decode("body", &mut reader);
        if let Ok(QueryResponse { outcome: QueryOutcome::Success(result), .. }) = response {
            read_all(&result, (&*SCHEMA, Layout::Reply));
        }
    }

    #[test]
    fn no_annotation_panics(text in "[\\[\\](){},PVES?bchilfdnsDeaé]{0,40}") {
        let _ = text.parse::<ResultType>();
    }

    #[test]
    fn no_clear_text_panics(clear in proptest::collection::vec(prop_oneof![3 => 0u8..20, 1 => any::<u8>()], 0..40)) {
        for name in ["secret", "pin", "salary", "born", "vault"] {
            let descriptor = SCHEMA.descriptor(name).unwrap();
            let sent = Attribute { descriptor: descriptor.clone(), value: Value::Encrypted(Cipher::obfuscate(7, &clear)) };
            let bytes = attribute_bytes(&sent, Layout::ReplyWithData);
            with_attribute(&bytes, Layout::ReplyWithData, |attribute| drop(attribute.clear_value()));
        }
    }
}

/// Goes over all that a result has, in all forms.
fn read_all(result: &QueryResult, context: (&'static Schema, Layout)) {
    if let Ok(elements) = result.elements(context) {
        if let Ok(element) = elements.to_element() {
            assert!(elements.count() <= result.entities.len(), "{element:?}");
        }
        for element in elements.flatten() {
            let _ = element.value();
        }
    }
    let _ = result.entities(context).map(EntityMap::read);
    let _ = result.result_type();
}
