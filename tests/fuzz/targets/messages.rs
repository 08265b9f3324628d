//! Payloads of all verbs: what is read is written, and shown in one line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tgdb_pdu::{Frame, Header, Message, Verb};

fuzz_target!(|input: &[u8]| {
    let Some((verb, payload)) = input.split_first_chunk() else { return };
    let frame = Frame::new(Header::default(), Verb(i16::from_be_bytes(*verb)), payload.to_vec());
    let Ok(message) = Message::decode(&frame) else { return };
    let read = |bytes: &[u8]| {
        let mut decoder = tgdb_pdu::FrameDecoder::default();
        decoder.push(bytes);
        let frame = decoder.next_frame().expect("a frame").expect("a whole frame");
        Message::decode(&frame).expect("what was written can be read")
    };
    let first = message.encode().expect("what was read can be written");
    // The first time they can differ: a bool of 2 is written as 1.
    assert_eq!(read(&first).encode().expect("as before"), first);
    let line = message.to_string();
    assert!(line.chars().count() <= 200 && !line.contains(char::is_control), "{line:?}");
    serde_json::to_writer(std::io::sink(), &message).expect("each message can be shown");
});
