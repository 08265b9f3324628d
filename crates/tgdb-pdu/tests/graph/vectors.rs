//! Each vector that concerns graph data, in both directions where both are defined.

use serde_json::Value as Json;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

use crate::support::*;

/// The layout in which an attribute of the vectors was written.
fn layout_of(vector: &Json) -> Layout {
    let large = matches!(vector["type"].as_str(), Some("Blob" | "Clob"));
    if large { Layout::ReplyWithData } else { Layout::Reply }
}

/// What the vector says the value is, where it is simple enough to be read from the text.
fn expected(vector: &Json) -> Option<Value> {
    let value = &vector["value"];
    let int = || value.as_i64().unwrap();
    let bits = || u64::from_str_radix(value["bits"].as_str().unwrap(), 16).unwrap();
    if value.is_null() {
        return Some(Value::Null);
    }
    if vector["name"].as_str().unwrap().starts_with("encrypted") {
        return None;
    }
    Some(match vector["type"].as_str().unwrap() {
        "Boolean" => value.as_bool().unwrap().into(),
        "Byte" => i8::try_from(int()).unwrap().into(),
        "Char" => {
            let unit = value.as_str().unwrap().strip_prefix("U+").unwrap();
            Char(u16::from_str_radix(unit, 16).unwrap()).into()
        }
        "Short" => i16::try_from(int()).unwrap().into(),
        "Integer" => i32::try_from(int()).unwrap().into(),
        "Long" => int().into(),
        "Float" => f32::from_bits(u32::try_from(bits()).unwrap()).into(),
        "Double" => f64::from_bits(bits()).into(),
        "Number" => value.as_str().unwrap().into(),
        "String" => match &value["repeat"] {
            Json::String(text) => text.repeat(usize::try_from(value["count"].as_u64().unwrap()).unwrap()).into(),
            _ => value.as_str().unwrap().into(),
        },
        "Blob" | "Clob" => {
            LargeObject { id: value["id"].as_i64().unwrap(), data: Some(hex(&value["data"]).into()) }.into()
        }
        _ => return None,
    })
}

#[test]
fn attributes_are_read_as_java_reads_them_and_written_as_java_writes_them() {
    let mut built = 0;
    for vector in list("attributes") {
        let name = &vector["name"];
        let bytes = hex(&vector["hex"]);
        let decoded = attribute(&bytes, layout_of(vector));
        assert_eq!(decoded.descriptor.name, vector["descriptor"].as_str().unwrap(), "{name}");

        if let Some(value) = expected(vector) {
            match set(&decoded.descriptor.name, value) {
                Ok(ours) => {
                    let is_nan = format!("{:?}", ours.value).contains("NaN");
                    assert!(is_nan || ours.value == decoded.value, "{name}: {ours:?} {decoded:?}");
                    let ours = attribute_bytes(&ours, Layout::Request);
                    assert_eq!(hex::encode(ours), hex::encode(&bytes), "{name}");
                }
                Err(error) => assert_eq!(name, "string 998 bytes", "{error}"),
            }
            built += 1;
        }
        // "AD 2020-06-15T12:34:56.789 left 0"
        let java = vector["java_reads"].as_str().unwrap().trim_end_matches(" left 0");
        let lenient = name == "timestamp, milliseconds above 32767";
        match &decoded.value {
            Value::Date(date) => {
                let day = date.to_string();
                assert_eq!(java, format!("{} {}T00:00:00.000", era(date), day.trim_end_matches(" BC")), "{name}");
            }
            Value::Time(time) => assert!(java.ends_with(&format!("T{time}")), "{name}"),
            Value::Timestamp(stamp) if !lenient => {
                let unzoned = Timestamp { zone: None, ..*stamp };
                assert_eq!(
                    java,
                    format!("{} {}", era(&stamp.date), unzoned.to_string().trim_end_matches(" BC")),
                    "{name}"
                );
            }
            _ => {}
        }
    }
    assert_eq!(list("attributes").len(), 87);
    assert_eq!(built, 63);
}

fn era(date: &Date) -> &'static str {
    if date.era == Era::Bc { "BC" } else { "AD" }
}

#[test]
fn python_s_numbers_are_read_as_python_wrote_them() {
    for vector in list("attributes").iter().filter(|vector| vector["type"] == "Number") {
        let Some(written) = vector["python_writes"].as_str() else { continue };
        let decoded = attribute(&hex::decode(written).unwrap(), Layout::Reply);
        let number: NumberRef<'_> = decoded.get().unwrap();
        let python = vector["python_reads_python"]["value"]["number"].as_str().unwrap();
        assert_eq!(number.to_plain().as_deref(), Some(python), "{}", vector["name"]);
    }
}

#[test]
fn python_s_dates_and_times_are_read_as_java_s() {
    let mut read = 0;
    for vector in list("attributes").iter().filter(|vector| matches!(vector["type"].as_str(), Some("Date" | "Time"))) {
        let Some(python) = vector["python_writes"].as_str() else { continue };
        let python = attribute(&hex::decode(python).unwrap(), Layout::Reply);
        assert_eq!(python, attribute(&hex(&vector["hex"]), Layout::Reply), "{}", vector["name"]);
        read += 1;
    }
    assert_eq!(read, 4, "as many as Python writes in another way");
}

#[test]
fn go_s_attributes_are_read_as_go_wrote_them() {
    let writes = VECTORS["attributes_by_go"]["writes"].as_array().unwrap();
    let shown = |vector: &Json| {
        // Go leaves out the id of a Clob, so that it cannot be read.
        let name = vector["name"].as_str().unwrap();
        let bytes = vector["hex"].as_str().filter(|_| name != "clob")?;
        let layout = if name == "blob" { Layout::Request } else { Layout::Reply };
        Some(attribute(&hex::decode(bytes).unwrap(), layout).value.to_string())
    };
    let read: Vec<_> = writes.iter().filter_map(shown).collect();
    let integers = ["true", "127", "A", "-1", "-1", "-1", "-1", "1.5", "-2.5", "12.345", "-0.00001"];
    // Its strings are encoded twice, its milliseconds are cut microseconds.
    let texts = ["h\u{c3}\u{a9}", "", "\u{f0}\u{9f}\u{98}\u{80}"];
    let times = ["2020-02-29", "12:34:56.2568", "2020-06-15T12:34:56.2568", "2020-06-15T12:34:56.5000"];
    assert_eq!(read, [&integers[..], &texts, &times, &["-043-03-15T08:00:00.000", "3 bytes", "null"]].concat());
    assert_eq!(writes.len(), read.len() + 3, "the Clob, and two that Go fails to write");
}

#[test]
fn clear_texts_of_encrypted_attributes() {
    for vector in list("encrypted_plaintexts") {
        let descriptor = SCHEMA.descriptor(vector["descriptor"].as_str().unwrap()).unwrap();
        let value = match vector["name"].as_str().unwrap() {
            "int 42" => Value::Integer(42),
            "string" => "top secret".into(),
            // Python's own text, which is not padded to the scale.
            "number" => Number { precision: 20, scale: 5, text: "1234.5".to_owned() }.into(),
            _ => stamp(2020, 6, 15, 12, 34, 56, 789).into(),
        };
        let clear = Cipher::clear_text_of(&value, descriptor).unwrap();
        assert_eq!(hex::encode(&clear), vector["python_plain"].as_str().unwrap());
        let sent = Attribute::new(descriptor.clone(), Value::Encrypted(Cipher::Block(clear.into()))).unwrap();
        let whole = attribute_bytes(&sent, Layout::Request);
        assert_eq!(hex::encode(&whole), vector["python_whole_with_identity_cipher"].as_str().unwrap());
        assert_eq!(attribute(&whole, Layout::Request), sent);
    }
}

pub(crate) fn stamp(year: i16, month: u8, day: u8, hour: u8, minute: u8, second: u8, millisecond: u16) -> Timestamp {
    Timestamp::new(Date::new(year, month, day).unwrap(), Time { hour, minute, second, millisecond })
}

#[test]
fn encrypted_attributes_are_read_in_clear() {
    let clear = |name: &str| {
        let bytes = hex(&named("attributes", name)["hex"]);
        with_attribute(&bytes, Layout::Reply, |attribute| attribute.clear_value())
    };
    assert_eq!(clear("encrypted int read"), Ok(Value::Integer(42)));
    assert_eq!(clear("encrypted string read, 8 bytes and more"), Ok("top secret".into()));
    assert_eq!(clear("encrypted string read, short"), Ok("abc".into()));
    let number = |text: &str| Ok(Number { precision: 20, scale: 5, text: text.to_owned() }.into());
    assert_eq!(clear("encrypted number read, as Python lays it out"), number("1234.5"));
    assert_eq!(clear("encrypted number read, as Java lays it out"), number("1234.50000"));
    let stamp = stamp(2020, 6, 15, 12, 34, 56, 789);
    assert_eq!(clear("encrypted timestamp read, as Python lays it out"), Ok(stamp.into()));
    assert_eq!(clear("encrypted null"), Ok(Value::Null));
}

#[test]
fn entities() {
    for vector in list("entities") {
        let name = vector["name"].as_str().unwrap();
        let bytes = hex(&vector["hex"]);
        let layout = if vector["handmade"] == true { Layout::Reply } else { Layout::Request };
        let decoded = entity(&bytes, layout);
        if name != "edge from the server, direction 9" {
            assert_eq!(hex::encode(bytes_of(&decoded, layout)), hex::encode(&bytes), "{name}");
        }
        let fields = &vector["fields"];
        assert_eq!(decoded.id(), fields["id"].as_i64().unwrap(), "{name}");
        match &decoded {
            Entity::Node(node) => {
                let edges: Vec<i64> =
                    fields["edges"].as_array().into_iter().flatten().map(|id| id.as_i64().unwrap()).collect();
                assert_eq!(node.edges, edges, "{name}");
                assert_eq!(fields["kind"], "node");
            }
            Entity::Edge(edge) => {
                if let (Some(from), Some(to)) = (fields["from"].as_i64(), fields["to"].as_i64()) {
                    assert_eq!((edge.from, edge.to), (from, to), "{name}");
                }
                assert_eq!(fields["kind"], "edge");
            }
        }
    }
    assert_eq!(list("entities").len(), 15);
}

#[test]
fn all_attribute_types_read_as_rust_s_own() {
    let vector =
        list("entities").iter().find(|vector| vector["name"].as_str().unwrap().contains("all attribute types"));
    let bytes = hex(&vector.unwrap()["hex"]);
    let reply = of_entity(&bytes);
    let found = reply.found(GetEntityCommand::GET, (&*SCHEMA, Layout::Request)).unwrap().next().unwrap().unwrap();
    let node = *found.entity.as_node().unwrap();
    let name: &str = node.get("name").unwrap();
    assert_eq!(name, "\u{65e5}\u{672c}");
    assert_eq!(node.get("flag"), Ok(true));
    assert_eq!(node.get("tiny"), Ok(-5i8));
    assert_eq!(node.get("letter"), Ok('\u{4e2d}'));
    assert_eq!(node.get("small"), Ok(-300i16));
    assert_eq!(node.get("count"), Ok(7i64));
    assert_eq!(node.get("big"), Ok(1i64 << 40));
    assert_eq!(node.get("ratio"), Ok(1.5f64));
    assert_eq!(node.get("exact"), Ok(-2.5f64));
    assert_eq!(node.get::<Number>("price").unwrap().to_string(), "12.34500");
    assert_eq!(node.get("day"), Ok(Date::new(2020, 2, 29).unwrap()));
    assert_eq!(node.get("stamp"), Ok(stamp(1969, 12, 31, 23, 59, 59, 999)));
    assert_eq!(node.get("text"), Ok("long text"));
    assert_eq!(node.get("data"), Ok(&[0, 0xff][..]));
    assert_eq!(node.get("hour"), Ok(None::<Time>));
    assert_eq!(node.attributes().len(), 14);
    assert_eq!(node.node_type().map(|node_type| &*node_type.entity_type.name), Some("person"));
    let owned = node.to_node().unwrap();
    assert_eq!(owned.get("name"), Ok(name));
}

#[test]
fn annotations() {
    fn parsed(json: &Json) -> Option<ResultType> {
        let items = || json["of"].as_array().unwrap().iter().map(|item| parsed(item).unwrap());
        Some(match json["type"].as_str()? {
            "Node" => ResultType::Node,
            "Edge" => ResultType::Edge,
            "Scalar" => ResultType::Scalar(json["scalar"].as_str().map(|name| {
                let all = (1..=13).map(AttributeType);
                all.into_iter().find(|ty| ty.name().unwrap().eq_ignore_ascii_case(name)).expect(name)
            })),
            "List" => ResultType::List(Box::new(items().next().unwrap())),
            "Map" => ResultType::Map,
            "Path" => ResultType::Path(items().collect()),
            "Tuple" => ResultType::Tuple(items().collect()),
            other => panic!("{other}"),
        })
    }
    for vector in list("annotations") {
        let annotation = vector["annotation"].as_str().unwrap();
        assert_eq!(annotation.parse().ok(), parsed(&vector["python"]), "{annotation}");
    }
    assert_eq!(list("annotations").len(), 24);
}
