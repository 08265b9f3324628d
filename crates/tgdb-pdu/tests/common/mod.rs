//! There and back.

use tgdb_pdu::*;

/// The frames of a stream that comes in pieces of those lengths, then the rest.
pub(crate) fn decode_all(stream: &[u8], pieces: &[usize]) -> Result<Vec<Frame>, FrameError> {
    let mut decoder = FrameDecoder::default();
    let mut frames = Vec::new();
    let mut rest = stream;
    for piece in pieces.iter().chain([&stream.len()]) {
        let (start, end) = rest.split_at((*piece).min(rest.len()));
        rest = end;
        decoder.push(start);
        while let Some(frame) = decoder.next_frame()? {
            frames.push(frame);
        }
    }
    Ok(frames)
}

/// Writes a value and reads it back.
pub(crate) fn round_trip<T: Wire + PartialEq + std::fmt::Debug>(value: &T) {
    let mut writer = Writer::default();
    value.encode("value", &mut writer).unwrap();
    let bytes = writer.into_vec();
    assert!(bytes.len() >= T::MIN_LEN, "MIN_LEN bounds counts, so it must not be above any length");
    let mut reader = Reader::new(Verb::INVALID, bytes.into());
    assert_eq!(T::decode("value", &mut reader).as_ref(), Ok(value));
    assert_eq!(reader.remaining(), 0);
}
