//! The edges of messages, and bytes that are none.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bytes::Bytes;
use common::{decode_all, round_trip};
use tgdb_pdu::body::*;
use tgdb_pdu::*;

#[test]
fn every_verb_of_the_vendor_is_known_and_has_a_body() {
    assert_eq!(Verb::ALL.len(), 50);
    for verb in Verb::ALL {
        assert!(verb.name().is_some());
        let payload = vec![0; 64];
        let frame = Frame::new(Header::default(), *verb, payload);
        let body = Message::decode(&frame).unwrap_or_else(|error| panic!("{error}")).body;
        assert_eq!(body.verb(), *verb);
        assert_eq!(matches!(body, Body::Raw(_)), (70..=77).contains(&verb.0), "{verb:?}");
    }
}

#[test]
fn a_claimed_length_is_an_error_before_memory_is_taken() {
    let ping = Message::new(Header::default(), Body::Ping).encode().unwrap();
    let start = |length: i32| [length.to_be_bytes(), MAGIC.to_be_bytes()].concat();
    for length in [i32::MAX, DEFAULT_MAX_FRAME_LEN as i32 + 1] {
        let mut decoder = FrameDecoder::default();
        decoder.push(&start(length));
        let expected = FrameError::TooLarge { length: length as u32, maximum: DEFAULT_MAX_FRAME_LEN };
        assert_eq!(decoder.next_frame(), Err(expected.clone()));
        decoder.push(&ping);
        assert_eq!(decoder.next_frame(), Err(expected), "the stream is lost for good");
        assert_eq!(decoder.buffered(), 0);
    }
    for length in [i32::MIN, -1, 0, 55] {
        let mut decoder = FrameDecoder::default();
        decoder.push(&start(length));
        assert_eq!(decoder.next_frame(), Err(FrameError::TooShort { length }));
    }
    // A frame at the bound is taken, and memory only for what is there.
    let mut decoder = FrameDecoder::new(1000);
    decoder.push(&start(1000));
    assert_eq!(decoder.next_frame(), Ok(None));
    assert_eq!(decoder.buffered(), 8);
}

#[test]
fn what_is_not_tgdb_is_named() {
    let error = |bytes: &[u8]| decode_all(bytes, &[]).unwrap_err();
    let mut ping = Message::new(Header::default(), Body::Ping).encode().unwrap();
    ping[8] = 9;
    assert_eq!(error(&ping[..10]), FrameError::UnsupportedVersion { found: 0x0900 });
    ping[4] = 0;
    assert_eq!(error(&ping[..8]), FrameError::BadMagic { found: 0x00b2_d1e4 });
    assert_eq!(error(b"\x15\x03\x03\x00\x02\x02\x28"), FrameError::TlsRecord);
    assert_eq!(error(b"\x16\x03\x01\x02"), FrameError::TlsRecord, "a client hello");
    assert_eq!(error(b"HTTP/1.1 400 Bad Request\r\n"), FrameError::Http);
    assert_eq!(error(b"<!DOCTYPE HTML PUBLIC"), FrameError::Http);
    let banner = error(b"SSH-2.0-OpenSSH_9.6\r\n");
    assert_eq!(banner, FrameError::BadMagic { found: u32::from_be_bytes(*b"2.0-") });
    assert!(!banner.to_string().contains("maximum"), "{banner}");
    // A frame whose length looks like another protocol is a frame, if the bound allows it.
    for length in [*b"HTTP", [0x15, 3, 3, 0]] {
        let mut decoder = FrameDecoder::new(u32::MAX);
        decoder.push(&length);
        assert_eq!(decoder.next_frame(), Ok(None));
        decoder.push(&MAGIC.to_be_bytes());
        assert_eq!(decoder.next_frame(), Ok(None));
    }
    // What passes frames over names them too.
    let mut omitting = FrameDecoder::omitting(1000);
    omitting.push(b"HTTP/1.1 400 Bad Request\r\n");
    assert_eq!(omitting.next_frame(), Err(FrameError::Http));
    let mut ping = Message::new(Header::default(), Body::Ping).encode().unwrap();
    for offset in [0u16, 55, 57, u16::MAX] {
        ping[54..].copy_from_slice(&offset.to_be_bytes());
        assert_eq!(error(&ping), FrameError::BadDataOffset { offset, length: 56 });
    }
}

#[test]
fn a_data_offset_behind_padding_is_honoured() {
    let message = Message::new(Header::default(), BeginTransactionResponse { transaction_id: 5 }.into());
    let mut bytes = message.encode().unwrap();
    bytes.splice(56..56, [0xee; 8]);
    bytes[..4].copy_from_slice(&72i32.to_be_bytes());
    bytes[54..56].copy_from_slice(&64u16.to_be_bytes());
    let frame = decode_all(&bytes, &[]).unwrap().remove(0);
    assert_eq!(frame.padding, vec![0xee; 8]);
    assert_eq!(Message::decode(&frame).unwrap(), message);
    assert_eq!(frame.encode().unwrap(), bytes, "a proxy passes it on as it is");
    assert_eq!(frame.encoded_len(), bytes.len());
    // The data offset has 16 bits.
    let longest = usize::from(u16::MAX) - HEADER_LEN;
    let padded = |length| Frame { padding: vec![0; length].into(), ..frame.clone() }.encode();
    assert!(padded(longest).is_ok());
    let expected = EncodeError::TooMany { field: "padding", length: longest + 1, maximum: longest as u64 };
    assert_eq!(padded(longest + 1), Err(expected));
}

#[test]
fn fields_behind_the_known_ones_are_kept() {
    let mut bytes = Message::new(Header::default(), Body::Ping).encode().unwrap();
    bytes.extend(b"news");
    bytes[..4].copy_from_slice(&60i32.to_be_bytes());
    let message = Message::decode(&decode_all(&bytes, &[]).unwrap()[0]).unwrap();
    assert_eq!(message.trailing, "news");
    assert_eq!(message.encode().unwrap(), bytes);
}

#[test]
fn lengths_and_counts_do_not_outrun_the_payload() {
    let decode = |verb, payload: Vec<u8>| {
        let frame = Frame::new(Header::default(), verb, payload);
        Message::decode(&frame).unwrap_err()
    };
    // Connection properties: two thousand million of them in no bytes at all.
    let error = decode(Verb::CONNECTION_PROPERTIES, i32::MAX.to_be_bytes().to_vec());
    assert_eq!(error.kind, BodyErrorKind::CountTooLarge { count: i32::MAX as u64, available: 0 });
    assert_eq!((error.field, error.offset), ("properties", 4));
    // Three of them take nine bytes at least.
    let error = decode(Verb::CONNECTION_PROPERTIES, vec![0, 0, 0, 3, 0, 0, 1, 0]);
    assert_eq!(error.kind, BodyErrorKind::CountTooLarge { count: 3, available: 4 });
    assert_eq!(error.offset, 4, "where the items start");
    let error = decode(Verb::DECRYPT_BUFFER_RESPONSE, (-2i32).to_be_bytes().to_vec());
    assert_eq!(error.kind, BodyErrorKind::NegativeLength(-2));
    let error = decode(Verb::DECRYPT_BUFFER_RESPONSE, vec![0, 0, 0, 9, 1]);
    assert_eq!(error.kind, BodyErrorKind::Truncated { needed: 9, available: 1 });
    let error = decode(Verb::SESSION_FORCEFULLY_TERMINATED, vec![0, 1, 0xff]);
    assert_eq!(error.kind, BodyErrorKind::InvalidUtf8);
    assert!(error.to_string().starts_with("SessionForcefullyTerminated: field `reason`"));
    // Metadata: groups that claim to be empty would never come to an end.
    let error = decode(Verb::METADATA_RESPONSE, vec![0, 0, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(error.field, "groups");
}

#[test]
fn short_items_do_not_take_long_memory() {
    // 20 million properties of 3 bytes each would take 48 bytes each in memory.
    let count = 20_000_000;
    let mut payload = i32::to_be_bytes(count).to_vec();
    payload.resize(4 + 3 * count as usize, 0);
    let verb = Verb::CONNECTION_PROPERTIES;
    let frame = Frame::new(Header::default(), verb, payload);
    let error = Message::decode(&frame).unwrap_err();
    assert!(matches!(error.kind, BodyErrorKind::TooMuchMemory { .. }), "{error}");
}

#[test]
fn strings_at_the_edge() {
    let encode = |text: &str| {
        let mut writer = Writer::default();
        writer.utf("text", text).map(|()| writer.into_vec())
    };
    let longest = "x".repeat(MAX_UTF_LEN);
    assert_eq!(encode(&longest).unwrap()[..2], [0x7f, 0xff]);
    round_trip(&longest);
    let too_long = EncodeError::StringTooLong { field: "text", length: 32_768 };
    assert_eq!(encode(&"x".repeat(32_768)), Err(too_long));
    assert!(encode(&"é".repeat(16_384)).is_err(), "the length counts bytes, not characters");
    assert_eq!(encode("a\0é").unwrap(), b"\0\x04a\0\xc3\xa9", "plain UTF-8, a NUL is a NUL");
    for text in [None, Some(String::new()), Some("a\0b".to_owned())] {
        round_trip(&text);
    }
    round_trip(&Chars("é\0".repeat(50_000)));
    round_trip(&Bytes::from(vec![7; 100_000]));
    for bytes in [None, Some(Bytes::new()), Some(Bytes::from_static(b"x"))] {
        round_trip(&bytes);
    }
}

#[test]
fn numbers_at_the_edge() {
    for value in [i64::MIN, -1, 0, 1, i64::MAX] {
        round_trip(&value);
        round_trip(&(value as i32));
        round_trip(&(value as i16));
        round_trip(&(value as i8));
        round_trip(&(value as u64));
        round_trip(&(value as u32));
        round_trip(&(value as u16));
        round_trip(&(value as u8));
    }
    for value in [0.0, -0.0, f64::MIN_POSITIVE, f64::INFINITY] {
        round_trip(&value);
        round_trip(&(value as f32));
    }
    let var_long = |bytes: &[u8]| Reader::new(Verb::INVALID, bytes.to_vec().into()).var_long("value");
    assert_eq!(var_long(&[0xf0]), Ok(None));
    assert_eq!(var_long(&[0xe8, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Ok(Some(i64::MAX)));
    assert_eq!(var_long(&[0xe0]), Ok(Some(0)));
    for bad in [&[][..], &[0xe2, 1], &[0x80], &[0xc0, 0, 0], &[0xe9; 16], &[0xf1], &[0xe8, 0xff, 0, 0, 0, 0, 0, 0, 0]] {
        assert!(var_long(bad).is_err(), "{bad:x?}");
    }
    let mut writer = Writer::default();
    writer.var_long("value", Some(0x2000_0000)).unwrap();
    assert_eq!(writer.into_vec(), [0xe4, 0x20, 0, 0, 0]);
    assert!(Writer::default().var_long("value", Some(-1)).is_err());
}

#[test]
fn lists_at_the_edge() {
    round_trip(&List16(vec![1i8; 32_767]));
    let too_long = List16(vec![1i8; 32_768]).encode("list", &mut Writer::default());
    assert_eq!(too_long, Err(EncodeError::TooMany { field: "list", length: 32_768, maximum: 32_767 }));
    round_trip(&List64(vec![1i8; 40_000]));
    assert!(List64::<i8>::decode("list", &mut Reader::new(Verb::INVALID, vec![0xff; 8].into())).is_err());
}

#[test]
fn a_writer_tells_its_length() {
    let mut writer = Writer::with_capacity(10);
    assert!(writer.is_empty());
    writer.utf16_unit(0x20ac);
    assert_eq!((writer.len(), writer.is_empty()), (2, false));
    let bytes = writer.into_vec();
    assert_eq!((&bytes[..], bytes.capacity()), (&[0x20, 0xac][..], 10));
    let mut reader = Reader::new(Verb::INVALID, bytes.into());
    assert_eq!((reader.position(), reader.remaining()), (0, 2));
    assert_eq!(reader.utf16_unit("char"), Ok(0x20ac));
    assert_eq!((reader.position(), reader.remaining()), (2, 0));
}

#[test]
fn contradictions_are_not_written() {
    let inconsistent = |body: Body| {
        let result = Message::new(Header::default(), body).encode();
        assert!(matches!(result, Err(EncodeError::Inconsistent { .. })), "{result:?}");
    };
    let status = HandshakeStatus::ACCEPT_CHALLENGE;
    inconsistent(HandshakeResponse { status, challenge: 0, reason: Some(Bytes::new()) }.into());
    inconsistent(Exception { code: 0, message: Some("x".into()) }.into());
    inconsistent(MetadataResponse { groups: vec![TypeGroup::NodeTypes(Vec::new())] }.into());
    inconsistent(GetLargeObjectResponse::Failed { status: 0 }.into());
    inconsistent(GetEntityRequest { command: GetEntityCommand::GET, result_id: 0, key: None }.into());
    inconsistent(QueryRequest::prepared(QueryCommand::EXECUTE, 1).into());
}

#[test]
fn a_restamped_message_is_the_same_message() {
    let body: Body = QueryRequest::text(QueryCommand::EXECUTE, "g.V()").into();
    let header = Header { request_id: 9, auth_token: AuthToken::new(8), session_id: 7, ..Header::default() };
    let mut bytes = Message::new(Header::default(), body.clone()).encode().unwrap();
    restamp(&mut bytes, &header);
    assert_eq!(bytes, Message::new(header, body).encode().unwrap());
}

#[test]
fn debug_shows_no_secret() {
    let request = AuthenticateRequest { password: "tiger".into(), ..Default::default() };
    let properties = vec![Property { key: "tgdb.channel.password".into(), value: Some("tiger".into()) }];
    let bodies: [Body; 3] = [
        request.into(),
        ConnectionProperties { properties }.into(),
        AdminRequest::with(
            AdminCommand::CREATE_USER,
            &CreateUser { name: "carl".into(), password: "tiger".into(), roles: Vec::new() },
        )
        .unwrap()
        .into(),
    ];
    for body in bodies {
        let message = Message::new(Header { auth_token: AuthToken::new(123_456), ..Header::default() }, body);
        let bytes = message.encode().unwrap();
        let frame = decode_all(&bytes, &[]).unwrap().remove(0);
        let shown = format!("{message:?} {frame:?}");
        assert!(!shown.contains("tiger") && !shown.contains("123456"), "{shown}");
        assert!(shown.contains("payload_len"), "{shown}");
    }
}

#[test]
fn text_of_a_peer_is_shown_without_controls() {
    let shown = |text: &str| escaped(text).to_string();
    for plain in ["", "it's \"C:\\users\\scott\"", "größer", "नमस्ते", "数据库"] {
        assert_eq!(shown(plain), plain);
    }
    assert_eq!(shown("a\r\nb\tc\0"), r"a\r\nb\tc\0");
    assert_eq!(shown("\u{1b}[31m\u{9b}\u{7f}"), r"\u{1b}[31m\u{9b}\u{7f}");
    let hidden =
        "\u{202a}\u{202b}\u{202d}\u{202e}\u{2066}\u{2067}\u{2069}\u{200e}\u{61c}\u{200b}\u{feff}\u{2028}\u{e0041}";
    for character in hidden.chars() {
        assert_eq!(shown(&format!("'{character}'")), format!("'\\u{{{:x}}}'", u32::from(character)));
    }
}
