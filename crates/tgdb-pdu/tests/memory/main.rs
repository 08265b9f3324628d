//! What decoding allocates is at most the length of the payload and a constant, whatever the peer
//! sends. All allocations count, those too that are given back on the way.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod graph;

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tgdb_pdu::body::*;
use tgdb_pdu::*;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MIB: usize = 1 << 20;

/// Errors and the like.
const SLACK: usize = 4096;

/// The result, and the bytes that were allocated for it and on the way.
fn measured<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let region = Region::new(ALLOCATOR);
    let made = make();
    let stats = region.change();
    // What grows counts twice: it may have been there twice for a moment.
    (made, stats.bytes_allocated + usize::try_from(stats.bytes_reallocated.max(0)).unwrap())
}

/// Checks the bound, and returns whether the bytes were decoded.
#[track_caller]
fn is_bounded<T>(what: &str, length: usize, decode: impl FnOnce() -> Result<T, BodyError>) -> bool {
    let (result, allocated) = measured(decode);
    let bound = length + DECODE_ALLOWANCE + SLACK;
    assert!(allocated <= bound, "{what}: {allocated} bytes of memory for {length}, {:?}", result.err());
    result.is_ok()
}

/// The items, as often as they go into so many bytes, behind the start.
fn filled(start: &[u8], item: &[u8], length: usize) -> Vec<u8> {
    let count = (length - start.len()) / item.len();
    [start, &item.repeat(count)].concat()
}

/// The same with the number of items behind the start.
fn list(start: &[u8], item: &[u8], length: usize) -> Vec<u8> {
    let count = i32::try_from((length - start.len() - 4) / item.len()).unwrap();
    filled(&[start, &count.to_be_bytes()].concat(), item, length)
}

/// The same with a count of eight bytes.
fn long_list(start: &[u8], item: &[u8], length: usize) -> Vec<u8> {
    let count = i64::try_from((length - start.len() - 8) / item.len()).unwrap();
    filled(&[start, &count.to_be_bytes()].concat(), item, length)
}

fn decode_message(verb: Verb, payload: Vec<u8>) -> bool {
    let length = payload.len();
    let frame = Frame::new(Header::default(), verb, payload);
    is_bounded(&verb.to_string(), length, || Message::try_from(frame))
}

/// Any bytes, for each verb.
fn every_verb() {
    for verb in Verb::ALL {
        for length in [0, 20, MIB] {
            for byte in [0, 1, 0x10, 0xff] {
                decode_message(*verb, vec![byte; length]);
            }
            // Long lists of short items.
            for start in [&[][..], &[0; 4], &[0; 8], &[0; 12], &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], &[1; 4]] {
                if length > 20 {
                    decode_message(*verb, list(start, &[0], length));
                    decode_message(*verb, list(start, &[0; 16], length));
                    decode_message(*verb, long_list(start, &[0], length));
                }
            }
        }
    }
}

/// The lists of bodies, of their shortest items.
fn lists_of_short_items() {
    for length in [5 * MIB, 60 * MIB] {
        let is_small = length == 5 * MIB;
        let chunks = list(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], &[0; 4], length);
        assert_eq!(decode_message(Verb::GET_LARGE_OBJECT_RESPONSE, chunks), is_small, "empty chunks");
        let groups = |item: &[u8]| {
            let count = i32::try_from((length - 4) / item.len()).unwrap();
            filled(&count.to_be_bytes(), item, length)
        };
        let descriptors = groups(&[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!decode_message(Verb::METADATA_RESPONSE, descriptors), "groups of one");
        decode_message(Verb::METADATA_RESPONSE, list(&[0x0f, 0, 0, 0, 0], &[0; 10], length));
        // A group for each count of names.
        decode_message(Verb::METADATA_RESPONSE, list(&[0, 1, 0, 0, 1], &[0; 29], length));
        let commit = [0; 12];
        assert!(decode_message(Verb::COMMIT_TRANSACTION_RESPONSE, filled(&commit, &[0x10, 0x13, 0, 0, 0, 0], MIB)));
        decode_message(Verb::COMMIT_TRANSACTION_RESPONSE, filled(&commit, &[0x10, 0x13, 0, 0, 0, 0], length));
        decode_message(
            Verb::COMMIT_TRANSACTION_RESPONSE,
            filled(
                &commit,
                &[0x10, 0x11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                length,
            ),
        );
        decode_message(Verb::CONNECTION_PROPERTIES, list(&[], &[0, 0, 1], length));
        decode_message(Verb::CONNECTION_PROPERTIES, list(&[], &[0, 1, b'a', 0, 0, 1, b'b'], length));
        decode_message(Verb::AUTHENTICATE_REQUEST, list(&[1, 1, 1], &[0, 0], length));
        for verb in [Verb::BEGIN_EXPORT_RESPONSE, Verb::PARTIAL_IMPORT_RESPONSE, Verb::END_IMPORT_RESPONSE] {
            decode_message(verb, long_list(&[0; 4], &[0; 7], length));
            decode_message(verb, long_list(&[0; 12], &[0; 16], length));
        }
    }
}

/// Long strings and byte strings are there twice at most: in the frame and in the body.
fn long_fields() {
    let length = 60 * MIB;
    let string = |start: &[u8]| {
        let mut bytes = [start, &i32::try_from(length - start.len() - 4).unwrap().to_be_bytes()].concat();
        bytes.resize(length, b'x');
        bytes
    };
    assert!(decode_message(Verb::HANDSHAKE_RESPONSE, string(&[3, 0, 0, 0, 0, 0, 0, 0, 0])));
    let accepted = [&[1][..], &[0; 16]].concat();
    assert!(decode_message(Verb::AUTHENTICATE_RESPONSE, string(&accepted)));
    assert!(decode_message(Verb::DECRYPT_BUFFER_RESPONSE, string(&[])));
    assert!(decode_message(Verb::ADMIN_REQUEST, vec![0; length]));
    assert!(decode_message(
        Verb::AUTHENTICATE_REQUEST,
        [vec![1, 1, 1, 0xff, 0xff, 0xff, 0xff, 1], vec![0; length]].concat()
    ));
}

/// What administration commands answer, in either of two layouts.
fn admin_data() {
    for length in [5 * MIB, 20 * MIB] {
        let response = |payload: Vec<u8>| AdminResponse {
            result: 0,
            command: AdminCommand::SHOW_USERS,
            payload: Remainder(payload.into()),
        };
        let reply = response(list(&[], &[0; 15], length));
        is_bounded("users", length, || reply.data::<Users>());
        is_bounded("server info", length, || reply.data::<AnyServerInfo>());
        is_bounded("types", length, || reply.data::<Types>());
        is_bounded("roles", length, || reply.data::<Vec<Role>>());
        is_bounded("procedures", length, || reply.data::<Vec<StoredProcedure>>());
        is_bounded("connections", length, || reply.data::<List64<ConnectionInfo>>());
        let reply = response(long_list(&[], &[0; 8], length));
        is_bounded("connections", length, || reply.data::<List64<ConnectionInfo>>());
        let data = vec![0; length - 16];
        let object = obfuscation::Obfuscated { key: 7, data: data.into() };
        let mut w = Writer::default();
        object.encode("object", &mut w).unwrap();
        let chunks = Chunks { entity_id: 1, chunks: Some(vec![w.into_vec().into()]) };
        assert!(is_bounded("obfuscated", length, || chunks.reveal()));
    }
}

/// Frames that are kept keep nothing of larger ones that came with them, nor does the decoder.
fn kept_frames() {
    let encoded = |verb, length| Frame::new(Header::default(), verb, vec![7; length]).encode().unwrap();
    let chunks =
        [&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x01, 0xff, 0xff, 0xfc][..], &vec![7; 32 * MIB - 4]];
    let mut large = Frame::new(Header::default(), Verb::GET_LARGE_OBJECT_RESPONSE, chunks.concat()).encode().unwrap();
    // The last chunk is empty.
    large.extend([0; 4]);
    let length = large.len() as u32;
    large[..4].copy_from_slice(&length.to_be_bytes());
    let pair = [large, encoded(Verb(71), 13)].concat();
    let mut kept = Vec::with_capacity(30);
    let mut decoder = FrameDecoder::default();
    let region = Region::new(ALLOCATOR);
    for _ in 0..10 {
        let mut rest = &pair[..];
        while !rest.is_empty() {
            let space = decoder.space();
            let count = rest.len().min(space.capacity() - space.len());
            space.extend_from_slice(&rest[..count]);
            rest = &rest[count..];
            while let Some(frame) = decoder.next_frame().unwrap() {
                // The last field of a large message is empty, and what is behind it, too.
                match Message::try_from(frame).unwrap() {
                    Message { body: Body::GetLargeObjectResponse(reply), trailing, .. } => {
                        let GetLargeObjectResponse::Found { chunks: Some(mut chunks), .. } = reply else { panic!() };
                        assert_eq!((chunks.len(), chunks[0].len(), trailing.len()), (2, 32 * MIB - 4, 0));
                        kept.extend([chunks.remove(1), trailing]);
                    }
                    message => kept.push(match message.body {
                        Body::Raw(raw) => raw.payload,
                        other => panic!("{other:?}"),
                    }),
                }
            }
        }
    }
    let stats = region.change();
    let held = stats.bytes_allocated as i64 - stats.bytes_deallocated as i64;
    assert_eq!(kept.len(), 30);
    assert!(held < 40_000, "{held} bytes for ten replies of 69 bytes");
}

/// One test, for what another one allocates meanwhile would count.
#[test]
fn what_decoding_allocates_is_bounded() {
    kept_frames();
    every_verb();
    lists_of_short_items();
    long_fields();
    admin_data();
    graph::schemas();
    graph::owned_forms();
}
