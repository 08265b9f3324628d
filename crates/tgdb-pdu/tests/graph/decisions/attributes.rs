//! Decisions on attributes.

use tgdb_pdu::BodyErrorKind;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

use super::*;
use crate::support::*;

#[test]
fn numbers_are_written_as_java_and_read_with_exponent() {
    let text = |value: &str| set("rate", value).unwrap().value.to_string();
    assert_eq!(text("1.005"), "1.01", "half up");
    assert_eq!(text("9999.999"), "10000.00", "above the precision");
    assert_eq!(text("-0.004"), "0.00", "zero has no sign");
    assert_eq!(set("rate", 7).unwrap().value.to_string(), "7.00");
    let python = named("attributes", "number(20,5) 1E+10")["python_writes"].as_str().unwrap();
    assert_eq!(read(&hex::decode(python).unwrap()).to_string(), "1E+10");
    // Go takes precision and scale from the value.
    let Value::Number(number) = read(&go("number 12.345 str")) else { panic!() };
    assert_eq!((number.precision, number.scale, &*number.text), (5, 3, "12.345"));
}

#[test]
fn strings_are_bounded_as_in_java_when_set_and_not_when_read() {
    assert!(set("name", "x".repeat(MAX_STRING_LEN)).is_ok());
    let long = "x".repeat(MAX_STRING_LEN + 1);
    let error = set("name", long.as_str()).unwrap_err();
    assert!(matches!(error, AttributeError::TooLong { length: 998, .. }), "{error}");
    // Java counts a character beyond the basic plane as six bytes, NUL as two.
    assert!(set("name", "\u{1f600}".repeat(166)).is_ok());
    assert!(set("name", "\u{1f600}".repeat(167)).is_err());
    assert!(set("name", "\0".repeat(499)).is_err());
    assert_eq!(read(&vector("string 998 bytes")), Value::String(long.clone()));
    assert!(set("text", long).is_ok(), "a Clob takes it");
}

#[test]
fn integers_are_signed_and_chars_are_any_utf_16_unit() {
    assert_eq!(read(&vector("int -1")), Value::Integer(-1));
    assert_eq!(read(&vector("byte -128")), Value::Byte(-128));
    assert_eq!(read(&vector("char U+8000")), Value::Char(Char(0x8000)));
}

#[test]
fn a_date_has_no_time_of_day() {
    let day = Date::new(2020, 6, 15).unwrap();
    let python = named("attributes", "date from a time")["python_writes"].as_str().unwrap();
    assert_eq!(read(&hex::decode(python).unwrap()), Value::Date(day));
    assert_eq!(attribute_bytes(&set("day", day).unwrap(), Layout::Request), vector("date from a time"));
}

#[test]
fn a_time_has_no_date() {
    let time = Time { hour: 12, minute: 34, second: 56, millisecond: 789 };
    let python = named("attributes", "time 12:34:56.789")["python_writes"].as_str().unwrap();
    assert_eq!(read(&hex::decode(python).unwrap()), Value::Time(time));
    assert_eq!(attribute_bytes(&set("hour", time).unwrap(), Layout::Request), vector("time 12:34:56.789"));
}

#[test]
fn milliseconds_are_unsigned_milliseconds() {
    let Value::Timestamp(stamp) = read(&vector("timestamp, milliseconds above 32767")) else { panic!() };
    assert_eq!(stamp.time.millisecond, 40_000);
    assert!(!stamp.time.is_valid(), "Java rolls it over to the seconds");
    let Value::Timestamp(stamp) = read(&vector("timestamp 2020-06-15T12:34:56.789")) else { panic!() };
    assert_eq!(stamp.time.millisecond, 789);
}

#[test]
fn years_bc_are_read_and_written_with_their_era() {
    let bytes = vector("timestamp 44-03-15 BC 08:00");
    let Value::Timestamp(stamp) = read(&bytes) else { panic!() };
    assert_eq!((stamp.date.era, stamp.date.astronomical_year()), (Era::Bc, -43));
    assert_eq!(stamp.to_string(), "0044-03-15T08:00:00.000 BC");
    assert_eq!(attribute_bytes(&set("stamp", stamp).unwrap(), Layout::Request), bytes);
    // Go says -43 AD, which is kept as it is.
    let Value::Timestamp(stamp) = read(&go("stamp bc")) else { panic!() };
    assert_eq!((stamp.date.era, stamp.date.year, stamp.date.is_valid()), (Era::Ad, -43, false));
}

#[test]
fn every_zone_type_but_minus_one_has_an_id() {
    for (name, kind) in [("1 (id)", 1), ("2 (name)", 2), ("-2", -2)] {
        let Value::Timestamp(stamp) = read(&vector(&format!("timestamp, zone type {name}"))) else { panic!() };
        assert_eq!(stamp.zone, Some(Zone { kind, id: 17 }));
    }
    assert_eq!(set("stamp", Timestamp::from(Date::new(2020, 6, 15).unwrap())).unwrap().value.to_string().len(), 23);
}

#[test]
fn large_objects_are_read_in_two_ways() {
    let bytes = vector("blob read, cached (Python)");
    let (id_only, data) = bytes.split_at(13);
    assert_eq!(read(id_only), LargeObject { id: 77, data: None }.into());
    let python = attribute(&bytes, Layout::ReplyWithData).value;
    assert_eq!(python, LargeObject { id: 77, data: Some(vec![1, 2, 3].into()) }.into());
    // In the other reading what follows is taken for the next thing.
    let result = of_attribute(&bytes);
    let list = result.elements(&*SCHEMA).unwrap();
    assert_eq!(list.to_element().unwrap(), {
        let attribute = attribute(id_only, Layout::Reply);
        Element::List(ElementType::ATTRIBUTE, vec![Element::Attribute(attribute)])
    });
    assert_eq!(data.len(), 8);
}

#[test]
fn encrypted_large_objects_are_plain_ids_as_in_java_and_go() {
    let id = SCHEMA.descriptor("vault").unwrap().id.to_be_bytes();
    let bytes = [&id[..], &[0], &77i64.to_be_bytes()].concat();
    assert_eq!(read(&bytes), LargeObject { id: 77, data: None }.into());
    // Python decrypts them.
    let clear = [&77i64.to_be_bytes()[..], &[1, 0, 0, 0, 1, 9]].concat();
    let descriptor = SCHEMA.descriptor("vault").unwrap().clone();
    let sent = Attribute { descriptor, value: Value::Encrypted(Cipher::obfuscate(5, &clear)) };
    let bytes = attribute_bytes(&sent, Layout::ReplyWithData);
    let clear = with_attribute(&bytes, Layout::ReplyWithData, |attribute| attribute.clear_value().unwrap());
    assert_eq!(clear, LargeObject { id: 77, data: Some(vec![9].into()) }.into());
}

#[test]
fn java_s_encrypted_times_have_lost_their_month() {
    let bytes = vector("encrypted timestamp read, as Java lays it out");
    let error = with_attribute(&bytes, Layout::Reply, |attribute| attribute.clear_value()).unwrap_err();
    assert_eq!(error.kind, BodyErrorKind::UnreadableClearText);
    let text = with_attribute(&bytes, Layout::Reply, |attribute| match attribute.value().unwrap() {
        ValueRef::Encrypted(cipher) => cipher.clear_text().unwrap(),
        other => panic!("{other:?}"),
    });
    assert_eq!(&text[2..], b"34-15-2020 12:34:56");
}

#[test]
fn java_s_encrypted_strings_are_modified_utf_8() {
    let descriptor = SCHEMA.descriptor("secret").unwrap().clone();
    let clear = |text: &[u8]| {
        let clear = [&i16::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat();
        let value = Value::Encrypted(Cipher::obfuscate(3, &clear));
        let bytes = attribute_bytes(&Attribute { descriptor: descriptor.clone(), value }, Layout::Reply);
        with_attribute(&bytes, Layout::Reply, |attribute| attribute.clear_value())
    };
    assert_eq!(clear(b"a\xc0\x80\xed\xa0\xbd\xed\xb8\x80"), Ok("a\0\u{1f600}".into()));
    assert_eq!(clear("a\0\u{1f600}".as_bytes()), Ok("a\0\u{1f600}".into()));
    assert_eq!(clear(b"\xed\xa0\xbd").unwrap_err().kind, BodyErrorKind::InvalidUtf8);
}

#[test]
fn encrypted_attributes_are_not_set_in_clear() {
    let pin = set("pin", 42).unwrap();
    let mut w = tgdb_pdu::Writer::default();
    assert!(pin.encode(&mut w, Layout::Request).is_err());
    assert!(set("count", Value::Encrypted(Cipher::Block(vec![1].into()))).is_err(), "nor plain ones encrypted");
}

#[test]
fn nulls_are_set_and_read() {
    assert_eq!(attribute_bytes(&set("count", None::<i32>).unwrap(), Layout::Request), vector("int null"));
    assert_eq!(read(&vector("blob null")), Value::Null);
    // Python leaves nulls out of the iteration over a result.
    let result = query_result(&hex(&named("query_replies", "a null among values")["hex"]));
    assert_eq!(result.elements(&*SCHEMA).unwrap().count(), 2);
}

#[test]
fn arrays_have_no_layout() {
    let mut descriptor = (**SCHEMA.descriptor("count").unwrap()).clone();
    (descriptor.is_array, descriptor.id) = (true, 99);
    let mut schema = SCHEMA.clone();
    schema.add_descriptor(descriptor);
    let read = |bytes: &[u8]| {
        let result = of_attribute(bytes);
        result.elements(&schema).unwrap().to_element()
    };
    assert!(read(&[0, 0, 0, 99, 1]).is_ok(), "null");
    let error = read(&[0, 0, 0, 99, 0, 0, 0, 0, 1]).unwrap_err();
    assert_eq!(error.kind, BodyErrorKind::NoLayout { id: 99, value_type: 5 });
}

#[test]
fn go_s_clob_without_an_id_is_malformed() {
    let result = of_attribute(&go("clob"));
    let mut list = result.elements((&*SCHEMA, Layout::Request)).unwrap();
    assert!(list.next().unwrap().is_err());
}

#[test]
fn ids_of_descriptors_and_types_are_apart() {
    let mut schema = SCHEMA.clone();
    let mut descriptor = (**SCHEMA.descriptor("count").unwrap()).clone();
    (descriptor.id, descriptor.name) = (1001, "person".to_owned());
    schema.add_descriptor(descriptor);
    assert_eq!(schema.descriptor_by_id(1001).unwrap().name, "person");
    assert_eq!(schema.node_type_by_id(1001).unwrap().entity_type.name, "person");
    let key: Vec<_> = schema.primary_key(schema.node_type("person").unwrap()).map(|d| d.unwrap().id).collect();
    assert_eq!(key, [10]);
    assert_eq!(schema.edge_type("near").unwrap().direction, EdgeDirection::UNDIRECTED);
}

#[test]
fn strings_are_utf_8_and_encoded_once() {
    assert_eq!(attribute_bytes(&set("name", "h\u{e9}").unwrap(), Layout::Request)[5..], *b"\0\x03h\xc3\xa9");
    // Go encodes twice, which is read as it is: it cannot be distinguished from a text that is so.
    assert_eq!(read(&go("string")), "h\u{c3}\u{a9}".into());
}

#[test]
fn encrypted_numbers_are_read_as_java_and_as_python_have_them_and_written_as_python() {
    let clear = |language: &str| {
        let bytes = vector(&format!("encrypted number read, as {language} lays it out"));
        with_attribute(&bytes, Layout::Reply, |attribute| attribute.clear_value().unwrap().to_string())
    };
    assert_eq!((&*clear("Java"), &*clear("Python")), ("1234.50000", "1234.5"));
    let salary = set("salary", "1234.5").unwrap();
    let clear = Cipher::clear_text_of(&salary.value, &salary.descriptor).unwrap();
    assert_eq!(clear, b"\0\x14\0\x05\0\x0a1234.50000", "precision, scale, text");
}

#[test]
fn names_with_at_are_shown() {
    // Java and Python hide them.
    let mut descriptor = (**SCHEMA.descriptor("count").unwrap()).clone();
    (descriptor.id, descriptor.name) = (99, "@count".to_owned());
    let mut schema = SCHEMA.clone();
    let descriptor = schema.add_descriptor(descriptor);
    let attribute = Attribute::new(descriptor, 3).unwrap();
    let node = Node { id: 1, attributes: [attribute].into_iter().collect(), ..Node::default() };
    let reply = of_entity(&bytes_of(&Entity::Node(node), Layout::Reply));
    let found = reply.found(GetEntityCommand::GET, &schema).unwrap().next().unwrap().unwrap();
    assert_eq!(found.entity.get("@count"), Ok(3));
    assert_eq!(found.entity.attributes().map(|attribute| attribute.name()).collect::<Vec<_>>(), ["@count"]);
}
