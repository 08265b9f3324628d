//! A byte stream: the frames are the same however it is cut, and are written as they were read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tgdb_pdu::{Frame, FrameDecoder, FrameError};

/// Low, so that frames above it come up.
const MAXIMUM: u32 = 64 * 1024;

fn frames(mut decoder: FrameDecoder, stream: &[u8], piece: usize) -> (Vec<Frame>, Option<FrameError>) {
    let mut frames = Vec::new();
    for bytes in stream.chunks(piece) {
        decoder.push(bytes);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

fuzz_target!(|input: &[u8]| {
    let Some((piece, stream)) = input.split_first() else { return };
    let (whole, error) = frames(FrameDecoder::new(MAXIMUM), stream, stream.len().max(1));
    let pieces = frames(FrameDecoder::new(MAXIMUM), stream, usize::from(*piece).max(1));
    assert_eq!((&whole, &error), (&pieces.0, &pieces.1));
    let mut at = 0;
    for frame in &whole {
        let bytes = frame.encode().expect("what was read can be written");
        assert!(bytes.starts_with(&stream[at..at + 10]) && bytes == stream[at..at + bytes.len()]);
        at += bytes.len();
        assert!(frame.to_string().chars().count() <= 200);
    }
    // One that passes large frames over finds the same frames before them.
    let (kept, _) = frames(FrameDecoder::omitting(MAXIMUM), stream, usize::from(*piece).max(1));
    assert!(kept.len() >= whole.len() && kept[..whole.len()] == whole);
});
