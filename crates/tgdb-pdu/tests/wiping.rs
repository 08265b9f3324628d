//! Secrets do not stay in memory: the test looks for them in all memory of its process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;

use tgdb_pdu::body::*;
use tgdb_pdu::*;
use zeroize::Zeroizing;

const LENGTH: usize = 96;

/// From here on it is looked for: an allocator may have written over the start of what was freed.
const START: usize = 32;

/// A password that is nowhere in memory unless somebody has made it.
fn letter(seed: u8, at: usize) -> u8 {
    b'!' + ((at * 31 + at * at * 7 + usize::from(seed) * 13) % 90) as u8
}

fn password(seed: u8) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(LENGTH));
    (0..LENGTH).for_each(|at| text.push(letter(seed, at).into()));
    text
}

/// Looks for passwords in memory. It takes its own before, so that it does not write over what it
/// looks for.
struct Search {
    maps: String,
    bytes: Vec<u8>,
}

impl Search {
    fn new() -> Self {
        Self { maps: String::with_capacity(1 << 20), bytes: vec![0; 1 << 20] }
    }

    /// How often most of that password is in memory.
    fn count(&mut self, seed: u8) -> usize {
        let memory = File::open("/proc/self/mem").unwrap();
        self.maps.clear();
        File::open("/proc/self/maps").unwrap().read_to_string(&mut self.maps).unwrap();
        let mut count = 0;
        for line in self.maps.lines().filter(|line| line.contains(" rw-p ")) {
            let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
            let [mut at, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
            while at < to {
                let length = usize::try_from(to - at).unwrap().min(self.bytes.len());
                let Ok(read) = memory.read_at(&mut self.bytes[..length], at) else { break };
                count += occurrences(&self.bytes[..read], seed);
                // What is on both sides of the border is found in the next piece.
                at += if read == self.bytes.len() { read - LENGTH } else { read.max(1) } as u64;
            }
        }
        self.bytes.fill(0);
        count
    }
}

fn occurrences(bytes: &[u8], seed: u8) -> usize {
    const STEP: usize = 64;
    let first = letter(seed, START);
    let is_there = |place: &[u8]| (START..LENGTH).all(|at| place[at - START] == letter(seed, at));
    let starts = (0..bytes.len().saturating_sub(LENGTH)).step_by(STEP);
    let starts = starts.filter(|start| bytes[*start..start + STEP].contains(&first));
    let places = starts.flat_map(|start| start..start + STEP);
    places.filter(|place| bytes[*place] == first && is_there(&bytes[*place..])).count()
}

/// A login as the vendor's Go client writes it: user and password twice.
fn login(seed: u8) -> Zeroizing<Vec<u8>> {
    let request = AuthenticateRequest {
        user: Some("scott".into()),
        password: password(seed).as_str().into(),
        ..AuthenticateRequest::default()
    };
    let message = Message::new(Header::default(), request.into());
    let first = Zeroizing::new(message.encode().unwrap());
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * first.len()));
    bytes.extend_from_slice(&first);
    let user_and_password = first.len() - (4 + LENGTH) - (1 + 2 + 5)..first.len();
    bytes.extend_from_slice(&first[user_and_password]);
    let length = bytes.len() as u32;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

fn decrypted(seed: u8, padding: usize) -> Zeroizing<Vec<u8>> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(padding + LENGTH));
    buffer.resize(padding / 2, 7);
    buffer.extend_from_slice(password(seed).as_bytes());
    buffer.resize(padding + LENGTH, 7);
    let body = DecryptBufferResponse { buffer: Secret::new(&buffer[..]) };
    Zeroizing::new(Message::new(Header::default(), body.into()).encode().unwrap())
}

fn ping() -> Vec<u8> {
    Message::new(Header::default(), Body::Ping).encode().unwrap()
}

/// Gives the bytes to a decoder in pieces, in either way, and decodes the messages.
fn decode(stream: &[u8], piece: usize, reads_into: bool) -> Vec<Message> {
    let mut decoder = FrameDecoder::default();
    let mut messages = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let mut count = piece.min(rest.len());
        if reads_into {
            let space = decoder.space();
            count = count.min(space.capacity() - space.len());
            space.extend_from_slice(&rest[..count]);
        } else {
            decoder.push(&rest[..count]);
        }
        rest = &rest[count..];
        while let Some(frame) = decoder.next_frame().unwrap() {
            messages.push(Message::try_from(frame).unwrap());
        }
    }
    messages
}

/// One test, for each looks at the memory of the whole process.
#[test]
fn secrets_are_wiped() {
    let mut search = Search::new();
    let mut found = |seed| search.count(seed);
    // What is not wiped is found.
    drop(password(1).as_bytes().to_vec());
    assert!(found(1) > 0, "the test sees nothing");

    let long = || "x".repeat(MAX_UTF_LEN + 1);
    let property = |key: &str, value: String| Property { key: key.into(), value: Some(value) };
    let secret = property("tgdb.channel.password", password(2).to_string());
    // Behind much else, for what is freed is soon written over from its start.
    let first = property("first", "x".repeat(8000));
    let properties = ConnectionProperties { properties: vec![first, secret, property("last", long())] };
    let message = Message::new(Header::default(), properties.into());
    assert!(message.encode().is_err() && message.body.to_payload().is_err());
    drop(message);
    assert_eq!(found(2), 0, "a message that cannot be encoded");

    let user = CreateUser { name: "carl".repeat(500), password: password(3).as_str().into(), roles: vec![long()] };
    assert!(AdminRequest::with(AdminCommand::CREATE_USER, &user).is_err());
    let roles = vec!["role".repeat(500); 20];
    let user = CreateUser { roles, ..user };
    drop(AdminRequest::with(AdminCommand::CREATE_USER, &user).unwrap());
    drop(user);
    assert_eq!(found(3), 0, "arguments that cannot be encoded, and those for which the buffer grows");

    let mut seed = 4;
    for reads_into in [false, true] {
        for piece in [1, 60, 150, 4000, usize::MAX] {
            let stream = Zeroizing::new([&ping()[..], &login(seed), &ping(), &login(seed), &ping()].concat());
            let messages = decode(&stream, piece, reads_into);
            assert_eq!(messages.len(), 5);
            assert_eq!(messages[1].trailing[8 + 4..], *password(seed).as_bytes());
            let shown = Zeroizing::new(format!("{messages:?} {}", messages[1]));
            assert!(!shown.contains(password(seed).as_str()) && shown.contains("108 bytes"), "{}", shown.as_str());
            drop((messages, stream));
            assert_eq!(found(seed), 0, "a login in pieces of {piece}");
            seed += 1;
        }
        for (padding, piece) in [(0, usize::MAX), (9000, 5000), (100_000, 1000), (1_000_000, 50_000)] {
            let stream = Zeroizing::new([&ping()[..], &decrypted(seed, padding), &ping()].concat());
            let messages = decode(&stream, piece, reads_into);
            assert_eq!(messages.len(), 3);
            drop((messages, stream));
            assert_eq!(found(seed), 0, "a decrypted buffer of {padding} bytes in pieces of {piece}");
            seed += 1;
        }
    }

    // A payload that does not come from a decoder, and a frame that is never whole.
    let payload = login(seed)[HEADER_LEN..].to_vec();
    drop(Message::try_from(Frame::new(Header::default(), Verb::AUTHENTICATE_REQUEST, payload)).unwrap());
    let stream = login(seed);
    let mut decoder = FrameDecoder::default();
    decoder.push(&stream[..stream.len() - 1]);
    assert_eq!(decoder.next_frame(), Ok(None));
    let shown = Zeroizing::new(format!("{decoder:?}"));
    assert!(shown.contains("buffered") && shown.len() < 200);
    drop((decoder, stream));
    assert_eq!(found(seed), 0, "a frame that is never whole");
}

/// In no form that can be shown.
#[test]
fn trailing_bytes_of_a_login_are_not_shown() {
    let bytes = Message::new(Header::default(), AuthenticateRequest::default().into()).encode().unwrap();
    let payload = [&bytes[HEADER_LEN..], b"\0\x05scott\0\0\0\x05tiger"].concat();
    for verb in Verb::ALL.iter().filter(|verb| verb.holds_secret()) {
        let frame = Frame::new(Header::default(), *verb, payload.clone());
        let Ok(message) = Message::decode(&frame) else { continue };
        let shown = format!("{message:?} {message}");
        #[cfg(feature = "serde")]
        let shown = shown + &serde_json::to_string(&message).unwrap();
        let hex = hex::encode("tiger");
        assert!(!shown.contains("tiger") && !shown.contains("scott") && !shown.contains(&hex), "{shown}");
        // Debug of bytes as numbers.
        assert!(!shown.contains("116, 105, 103"), "{shown}");
        let again = message.encode().unwrap();
        assert_eq!(again[HEADER_LEN..], payload, "a proxy passes it on as it is");
    }
}
