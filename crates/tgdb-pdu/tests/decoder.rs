//! The decoder's buffers: what they hold, and what they may cost.
#![allow(clippy::expect_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use tgdb_pdu::{Body, BodyErrorKind, Frame, FrameDecoder, FrameError, HEADER_LEN, Header, Message, Verb};

const KIB: usize = 1024;

/// A frame with that many bytes behind the header, which are not looked into.
fn frame(number: u8, rest: usize) -> Vec<u8> {
    let mut bytes = Message::new(Header::default(), Body::Ping).encode().expect("a small message");
    bytes.resize(HEADER_LEN + rest, number);
    let length = bytes.len() as u32;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

/// The frames of the stream, read into the space of the decoder `step` bytes at a time.
fn read(stream: &[u8], step: usize) -> Vec<Frame> {
    let mut decoder = FrameDecoder::default();
    let mut frames = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let space = decoder.space();
        let spare = space.capacity() - space.len();
        assert!(spare > 0);
        let (now, later) = rest.split_at(step.min(spare).min(rest.len()));
        space.extend_from_slice(now);
        rest = later;
        while let Some(frame) = decoder.next_frame().expect("good frames") {
            frames.push(frame);
        }
    }
    assert_eq!((decoder.buffered(), decoder.missing()), (0, 0));
    frames
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_of_all_sizes_come_out_as_they_went_in(
        sizes in vec(prop_oneof![0..200_usize, 3_900..4_200_usize, 16_200..16_500_usize, 60_000..140_000_usize], 0..20),
        step in prop_oneof![1_000..70_000_usize, Just(usize::MAX)],
    ) {
        let frames: Vec<_> = (0..).zip(&sizes).map(|(number, size)| frame(number, *size)).collect();
        let stream = frames.concat();
        let found = read(&stream, step);
        let found: Vec<_> = found.iter().map(|frame| frame.encode().expect("it came in so")).collect();
        prop_assert!(found == frames, "read");

        let mut decoder = FrameDecoder::default();
        let mut found = Vec::new();
        for piece in stream.chunks(step.min(stream.len().max(1))) {
            decoder.push(piece);
            while let Some(frame) = decoder.next_frame().expect("good frames") {
                found.push(frame.encode().expect("it came in so"));
            }
        }
        prop_assert!(found == frames, "pushed");
    }
}

#[test]
fn frames_come_out_byte_by_byte_too() {
    let frames = [frame(1, 0), frame(2, 20_000), frame(3, 7)];
    let found: Vec<_> = read(&frames.concat(), 1).iter().map(|frame| frame.encode().expect("good")).collect();
    assert_eq!(found, frames);
}

#[test]
fn an_announced_length_takes_no_memory() {
    let mut decoder = FrameDecoder::default();
    let mut start = frame(0, 0);
    start[..4].copy_from_slice(&(60_u32 << 20).to_be_bytes());
    decoder.push(&start);
    assert_eq!(decoder.next_frame(), Ok(None));
    assert_eq!(decoder.missing(), (60 << 20) - HEADER_LEN);
    assert!(decoder.space().capacity() <= 64 * KIB);
    // It grows with what comes.
    for _ in 0..100 {
        let space = decoder.space();
        let spare = space.capacity() - space.len();
        assert!(space.capacity() <= (64 * KIB).max(2 * space.len()), "{} for {}", space.capacity(), space.len());
        space.extend(std::iter::repeat_n(1, spare.min(50_000)));
        assert_eq!(decoder.next_frame(), Ok(None));
    }
    assert!(decoder.buffered() > 4 << 20);
}

#[test]
fn idle_it_holds_no_more_than_a_small_buffer() {
    let mut decoder = FrameDecoder::default();
    decoder.push(&(0..100).flat_map(|number| frame(number, 9_000)).collect::<Vec<_>>());
    while decoder.next_frame().expect("good frames").is_some() {}
    assert!(decoder.space().capacity() <= 16 * KIB);
    decoder.push(&frame(1, 1 << 20));
    assert!(decoder.next_frame().expect("a good frame").is_some());
    assert!(decoder.space().capacity() <= 16 * KIB);
}

#[test]
fn a_large_payload_is_the_buffer_into_which_it_was_read() {
    let bytes = frame(5, 100_000);
    let mut decoder = FrameDecoder::default();
    decoder.push(&bytes[..1_000]);
    assert_eq!(decoder.next_frame(), Ok(None));
    let mut place = std::ptr::null();
    while decoder.missing() > 0 {
        let missing = decoder.missing();
        let space = decoder.space();
        let count = (space.capacity() - space.len()).min(missing);
        let at = space.len();
        space.extend_from_slice(&bytes[at..at + count]);
        place = space.as_ptr();
    }
    let frame = decoder.next_frame().expect("a good frame").expect("a whole frame");
    assert_eq!(frame.encode().as_deref(), Ok(&bytes[..]));
    assert_eq!(frame.payload.as_ptr(), place.wrapping_add(HEADER_LEN));
}

#[test]
fn after_an_error_bytes_are_dropped() {
    let mut decoder = FrameDecoder::default();
    decoder.push(&[&frame(1, 10)[..], b"HTTP/1.1 400 Bad Request"].concat());
    assert!(decoder.next_frame().expect("a good frame").is_some());
    let error = decoder.next_frame().expect_err("not a frame");
    assert!(matches!(error, FrameError::Http), "{error}");
    for _ in 0..100 {
        let space = decoder.space();
        let spare = space.capacity() - space.len();
        space.extend(std::iter::repeat_n(0, spare));
        assert!(space.capacity() <= 16 * KIB);
        assert_eq!(decoder.next_frame(), Err(error.clone()));
    }
}

#[test]
fn a_bad_magic_number_is_found_in_a_large_frame_that_comes_in_bits() {
    let mut bytes = frame(1, 1 << 20);
    bytes[4] ^= 1;
    let mut decoder = FrameDecoder::default();
    decoder.push(&bytes[..5]);
    assert_eq!(decoder.next_frame(), Ok(None));
    decoder.space().extend_from_slice(&bytes[5..9]);
    assert!(matches!(decoder.next_frame(), Err(FrameError::BadMagic { .. })));
}

/// Frames above the bound, and small ones before, between and behind them.
#[test]
fn a_frame_above_the_bound_is_passed_over_if_that_is_wanted() {
    let frame = |id: i64, length: usize| {
        let header = Header { request_id: id, ..Header::default() };
        Frame::new(header, Verb::QUERY_RESPONSE, vec![7; length]).encode().expect("it fits")
    };
    let stream: Vec<u8> = [frame(1, 10), frame(2, 2000), frame(3, 0), frame(4, 100_000), frame(5, 900)].concat();
    for piece in [1, 7, 55, 56, 57, 1000, 20_000, stream.len()] {
        for reads_into in [false, true] {
            let mut decoder = FrameDecoder::omitting(1000);
            let mut found = Vec::new();
            for bytes in stream.chunks(piece) {
                let mut rest = bytes;
                while !rest.is_empty() {
                    if reads_into {
                        let space = decoder.space();
                        assert!(space.capacity() <= 17 * 1024, "no memory is taken for what is passed over");
                        let count = rest.len().min(space.capacity() - space.len());
                        space.extend_from_slice(&rest[..count]);
                        rest = &rest[count..];
                    } else {
                        decoder.push(std::mem::take(&mut rest));
                    }
                    while let Some(frame) = decoder.next_frame().expect("frames") {
                        found.push((frame.header.request_id, frame.payload.len(), frame.omitted));
                        let is_omitted = matches!(
                            Message::decode(&frame),
                            Err(error) if matches!(error.kind, BodyErrorKind::Omitted { .. })
                        );
                        assert_eq!(is_omitted, frame.omitted > 0);
                    }
                }
            }
            assert_eq!(found, [(1, 10, 0), (2, 0, 2000), (3, 0, 0), (4, 0, 100_000), (5, 900, 0)], "{piece}");
            assert_eq!(decoder.buffered(), 0);
        }
    }
    // What is not TGDB's is an error all the same.
    let mut bad = frame(1, 2000);
    bad[5] ^= 1;
    let mut decoder = FrameDecoder::omitting(1000);
    decoder.push(&bad);
    assert!(matches!(decoder.next_frame(), Err(FrameError::BadMagic { .. })));
}

#[test]
fn before_the_login_is_done_frames_have_a_smaller_bound() {
    let large = frame(1, 200_000);
    for omits in [false, true] {
        let new = || if omits { FrameDecoder::omitting(1 << 20) } else { FrameDecoder::new(1 << 20) };
        let mut decoder = new().with_login_limit(128 << 10);
        decoder.push(&frame(1, (128 << 10) - HEADER_LEN));
        assert!(decoder.next_frame().expect("at the bound").is_some());
        decoder.push(&large[..8]);
        let error = decoder.next_frame().expect_err("above the bound");
        assert_eq!(error, FrameError::TooLargeInLogin { length: large.len() as u32, maximum: 128 << 10 });
        assert!(error.to_string().contains("131072 before the login is done"), "{error}");
        decoder.push(&large[8..]);
        assert_eq!((decoder.next_frame(), decoder.buffered()), (Err(error), 0));

        // Its start can come before the login is done.
        let mut decoder = new().with_login_limit(128 << 10);
        decoder.push(&large[..7]);
        assert_eq!(decoder.next_frame(), Ok(None));
        decoder.end_login();
        decoder.push(&large[7..]);
        assert_eq!(decoder.next_frame().expect("good").expect("whole").encode().as_deref(), Ok(&large[..]));
    }
    // The bound after the login is never below that before it.
    let mut decoder = FrameDecoder::new(1000).with_login_limit(128 << 10);
    decoder.push(&frame(1, 2000)[..8]);
    assert_eq!(decoder.next_frame(), Err(FrameError::TooLargeInLogin { length: 2056, maximum: 1000 }));
}
