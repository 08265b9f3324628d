//! What was written is read back the same.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tgdb_pdu::Writer;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

use crate::support::*;

fn date() -> impl Strategy<Value = Date> {
    (any::<bool>(), any::<i16>(), any::<u8>(), any::<u8>()).prop_map(|(bc, year, month, day)| {
        let era = if bc { Era::Bc } else { Era::Ad };
        Date { era, year, month, day }
    })
}

fn time() -> impl Strategy<Value = Time> {
    any::<(u8, u8, u8, u16)>().prop_map(|(hour, minute, second, millisecond)| Time {
        hour,
        minute,
        second,
        millisecond,
    })
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    let zone = option::of((any::<i8>(), any::<i16>()));
    (date(), time(), zone).prop_map(|(date, time, zone)| {
        let zone = zone.filter(|(kind, _)| *kind != -1).map(|(kind, id)| Zone { kind, id });
        Timestamp { date, time, zone }
    })
}

fn large_object(layout: Layout) -> impl Strategy<Value = LargeObject> {
    (any::<i64>(), option::of(vec(any::<u8>(), 0..40))).prop_map(move |(id, data)| {
        let data = data.filter(|_| layout != Layout::Reply).map(Into::into);
        LargeObject { id, data }
    })
}

fn cipher(layout: Layout) -> BoxedStrategy<Value> {
    let data = vec(any::<u8>(), 0..40);
    match layout {
        Layout::Request => data.prop_map(|block| Value::Encrypted(Cipher::Block(block.into()))).boxed(),
        _ => (any::<u64>(), data).prop_map(|(key, clear)| Value::Encrypted(Cipher::obfuscate(key, &clear))).boxed(),
    }
}

/// Any value of that descriptor, null too.
fn value(descriptor: &AttributeDescriptor, layout: Layout) -> BoxedStrategy<Value> {
    let large = matches!(descriptor.value_type, AttributeType::CLOB | AttributeType::BLOB);
    if descriptor.is_encrypted && !(large && layout == Layout::Reply) {
        return prop_oneof![1 => Just(Value::Null), 4 => cipher(layout)].boxed();
    }
    let some = match descriptor.value_type {
        AttributeType::BOOLEAN => any::<bool>().prop_map(Value::from).boxed(),
        AttributeType::BYTE => any::<i8>().prop_map(Value::from).boxed(),
        AttributeType::CHAR => any::<u16>().prop_map(|unit| Char(unit).into()).boxed(),
        AttributeType::SHORT => any::<i16>().prop_map(Value::from).boxed(),
        AttributeType::INTEGER => any::<i32>().prop_map(Value::from).boxed(),
        AttributeType::LONG => any::<i64>().prop_map(Value::from).boxed(),
        AttributeType::FLOAT => any::<f32>().prop_map(Value::from).boxed(),
        AttributeType::DOUBLE => any::<f64>().prop_map(Value::from).boxed(),
        AttributeType::NUMBER => (any::<i16>(), any::<i16>(), "\\PC{0,20}")
            .prop_map(|(precision, scale, text)| Number { precision, scale, text }.into())
            .boxed(),
        AttributeType::STRING => "\\PC{0,40}".prop_map(Value::from).boxed(),
        AttributeType::DATE => date().prop_map(Value::from).boxed(),
        AttributeType::TIME => time().prop_map(Value::from).boxed(),
        AttributeType::TIMESTAMP => timestamp().prop_map(Value::from).boxed(),
        AttributeType::CLOB => large_object(layout).prop_map(Value::Clob).boxed(),
        _ => large_object(layout).prop_map(Value::Blob).boxed(),
    };
    prop_oneof![1 => Just(Value::Null), 8 => some].boxed()
}

fn any_attribute(layout: Layout) -> impl Strategy<Value = Attribute> {
    (0..SCHEMA.descriptors().len()).prop_flat_map(move |at| {
        let descriptor = SCHEMA.descriptors()[at].clone();
        value(&descriptor, layout).prop_map(move |value| Attribute { descriptor: descriptor.clone(), value })
    })
}

pub(crate) fn any_entity(layout: Layout) -> impl Strategy<Value = Entity> {
    let head = any::<(i64, i32, i32, bool)>();
    let attributes = vec(any_attribute(layout), 0..8).prop_map(|attributes| attributes.into_iter().collect());
    let ends = (0i8..3, any::<i64>(), any::<i64>());
    (head, attributes, option::of(ends), vec(any::<i64>(), 0..4)).prop_map(|(head, attributes, ends, edges)| {
        let (id, version, type_id, is_new) = head;
        match ends {
            Some((direction, from, to)) => {
                let direction = EdgeDirection(direction);
                Entity::Edge(Edge { id, version, type_id, is_new, attributes, direction, from, to })
            }
            None => Entity::Node(Node { id, version, type_id, is_new, attributes, edges }),
        }
    })
}

pub(crate) fn element() -> impl Strategy<Value = Element> {
    let leaf = prop_oneof![
        any_attribute(Layout::Reply).prop_map(Element::Attribute),
        any_attribute(Layout::Reply).prop_map(Element::AttributeValue),
        any_attribute(Layout::Reply).prop_map(Element::TransientValue),
        any_entity(Layout::Reply).prop_map(Element::Entity),
        Just(Element::Void),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Element::MixedList),
            vec(("\\PC{0,8}", inner.clone()), 0..4).prop_map(Element::Map),
            inner.prop_map(|item| match item {
                Element::Void => Element::List(ElementType::VOID, vec![]),
                item => Element::List(item.element_type(), vec![item.clone(), item]),
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn attributes(
        (layout, expected) in prop_oneof![Just(Layout::Request), Just(Layout::Reply), Just(Layout::ReplyWithData)]
            .prop_flat_map(|layout| (Just(layout), any_attribute(layout)))
    ) {
        let bytes = attribute_bytes(&expected, layout);
        prop_assert_eq!(attribute(&bytes, layout), expected);
    }

    #[test]
    fn entities(expected in any_entity(Layout::Reply)) {
        let bytes = bytes_of(&expected, Layout::Reply);
        let length = i32::from_be_bytes(*bytes.first_chunk().unwrap());
        prop_assert_eq!(usize::try_from(length).unwrap(), bytes.len());
        prop_assert_eq!(entity(&bytes, Layout::Reply), expected);
    }

    #[test]
    fn results(items in vec(element(), 0..4)) {
        // The outermost is a list of one type, so a mixed list goes into it.
        let expected = Element::List(ElementType::MIXED_LIST, vec![Element::MixedList(items)]);
        let mut w = Writer::default();
        expected.encode_typed(&mut w, Layout::Reply).unwrap();
        let result = gremlin(w.into_vec());
        prop_assert_eq!(result.elements(&*SCHEMA).unwrap().to_element().unwrap(), expected);
    }

    #[test]
    fn commits(
        added in vec(any_entity(Layout::Request), 0..4),
        changed in vec(any_entity(Layout::Request), 0..4),
        removed in vec(any_entity(Layout::Request), 0..4),
        names in vec("[a-z]{1,8}", 0..3),
    ) {
        let descriptors = names.into_iter().zip(1..).map(|(name, id)| AttributeDescriptor {
            system_type: SystemType::ATTRIBUTE_DESCRIPTOR, id: -id, name: format!("new {name}"),
            value_type: AttributeType(i8::try_from(7 + id).unwrap()), is_array: false, is_encrypted: true,
            number: (id == 2).then_some((20, 5)),
        });
        let expected = ChangeSet { descriptors: descriptors.collect(), added, changed, removed };
        let request = expected.to_request().unwrap();
        prop_assert_eq!(ChangeSet::from_request(&request, &SCHEMA).unwrap(), expected);
    }

    #[test]
    fn numbers_keep_their_value(unscaled in any::<i64>(), exponent in -30i32..30) {
        let text = format!("{unscaled}E{exponent}");
        let plain = NumberRef { precision: 20, scale: 5, text: &text }.to_plain().unwrap();
        prop_assert!(!plain.contains('E'));
        prop_assert_eq!(plain.parse::<f64>().unwrap(), text.parse::<f64>().unwrap());
        let padded = Number::new(&text, 60, 30).unwrap();
        prop_assert_eq!(padded.text.parse::<f64>().unwrap(), text.parse::<f64>().unwrap());
    }
}
