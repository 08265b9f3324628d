//! Every message there and back, and any bytes without a panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod strategies;

use common::{decode_all, round_trip};
use proptest::prelude::*;
use tgdb_pdu::body::*;
use tgdb_pdu::obfuscation::Obfuscated;
use tgdb_pdu::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn decode_of_encode_is_the_message(message in strategies::message()) {
        let bytes = message.encode().unwrap();
        let frames = decode_all(&bytes, &[]).unwrap();
        prop_assert_eq!(frames.len(), 1);
        prop_assert_eq!(frames[0].encode().unwrap(), bytes);
        prop_assert_eq!(frames[0].encoded_len(), frames[0].encode().unwrap().len());
        prop_assert_eq!(Message::decode(&frames[0]).unwrap(), message);
    }

    #[test]
    fn any_split_gives_the_same_frames(
        messages in proptest::collection::vec(strategies::message(), 1..5),
        pieces in proptest::collection::vec(0usize..200, 0..20),
    ) {
        let stream: Vec<u8> = messages.iter().flat_map(|message| message.encode().unwrap()).collect();
        let frames = decode_all(&stream, &pieces).unwrap();
        let decoded: Vec<_> = frames.iter().map(|frame| Message::decode(frame).unwrap()).collect();
        prop_assert_eq!(decoded, messages);
    }

    #[test]
    fn no_payload_panics_and_all_that_decodes_encodes_again(
        verb in prop_oneof![-1i16..110, any::<i16>()],
        payload in proptest::collection::vec(prop_oneof![2 => 0u8..4, 1 => any::<u8>()], 0..200),
    ) {
        let header = Header::default();
        let frame = Frame::new(header, Verb(verb), payload);
        if let Ok(message) = Message::decode(&frame) {
            let again = message.encode().unwrap();
            let frame = decode_all(&again, &[]).unwrap().remove(0);
            prop_assert_eq!(Message::decode(&frame).unwrap(), message);
        }
    }

    #[test]
    fn a_changed_message_does_not_panic(
        message in strategies::message(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = message.encode().unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(frames) = decode_all(&bytes, &[]) {
            for frame in frames {
                let _ = Message::decode(&frame);
            }
        }
    }

    #[test]
    fn no_byte_string_panics_the_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_all(&bytes, &[1, 7]);
    }

    #[test]
    fn variable_length_longs(value in prop_oneof![0..0x4000i64, 0..0x2000_0000i64, 0..=i64::MAX], tail in any::<u8>()) {
        let mut writer = Writer::default();
        writer.var_long("value", Some(value)).unwrap();
        writer.u8(tail);
        let mut reader = Reader::new(Verb::INVALID, writer.into_vec().into());
        prop_assert_eq!(reader.var_long("value").unwrap(), Some(value));
        prop_assert_eq!(reader.u8("tail").unwrap(), tail);
    }

    #[test]
    fn obfuscation(key in any::<u64>(), data in proptest::collection::vec(any::<u8>(), 0..100)) {
        round_trip(&Obfuscated { key, data: data.into() });
    }

    #[test]
    fn arguments_of_admin_commands(
        texts in proptest::collection::vec("\\PC{0,8}", 4),
        ints in any::<(i64, i32, i16, bool)>(),
    ) {
        let chars: Vec<_> = texts.iter().cloned().map(Chars).collect();
        round_trip(&KillConnection { session_id: ints.0, all_sessions: ints.3 });
        round_trip(&SetLogLevel { level: ints.2, component: ints.0 });
        round_trip(&CreateNodeType {
            name: texts[0].clone(), page_size: ints.1, attributes: chars.clone(), primary_key: chars.clone(),
        });
        round_trip(&CreateEdgeType {
            name: texts[0].clone(), from_node_type: texts[1].clone(), to_node_type: texts[2].clone(),
            direction: texts[3].clone(), attributes: chars, primary_key: Vec::new(),
        });
        for value_type in [AttributeType::NUMBER, AttributeType::STRING] {
            let number = if value_type == AttributeType::NUMBER { (ints.2, 3) } else { (0, 0) };
            round_trip(&CreateAttributeDescriptor {
                is_array: ints.3, is_encrypted: !ints.3, name: texts[0].clone(), value_type, number,
            });
        }
        let password = Secret::from(texts[1].as_str());
        round_trip(&CreateUser { name: texts[0].clone(), password, roles: texts.clone() });
        round_trip(&UserInfo {
            system_type: SystemType::PRINCIPAL, id: ints.1, name: texts[0].clone(),
            data: texts[1].clone().into_bytes().into(), role: texts[2].clone(),
        });
        round_trip(&List64(vec![ConnectionInfo {
            listener: texts[0].clone(), client_id: texts[1].clone(), session_id: ints.0,
            user: texts[2].clone(), remote_addr: texts[3].clone(), created: ints.0,
        }]));
        round_trip(&IndexInfo {
            system_type: SystemType::INDEX, id: ints.1, name: texts[0].clone(), is_unique: ints.3,
            attributes: texts.clone(), types: texts.clone(), block_size: ints.1, entry_count: ints.0,
            status: texts[1].clone().into_bytes().into(),
        });
        round_trip(&EntityKey {
            type_name: Some(texts[0].clone()).filter(|_| ints.3), attribute_count: ints.2,
            attributes: Remainder(texts[1].clone().into_bytes().into()),
        });
    }
}
