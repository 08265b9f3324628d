//! Encoding a decoded message again.

use tgdb_pdu::{Frame, HEADER_LEN, Message};

/// What differs when a message is encoded again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    /// Other bytes from that offset of the frame on, padding not counted.
    Bytes { offset: usize, length: usize, encoded_length: usize },
    /// It cannot be encoded.
    Invalid(String),
    /// The frame has padding, which the encoder does not write.
    Padding(usize),
}

/// Compares a message with the frame that it was decoded from.
pub(super) fn difference(frame: &Frame, message: &Message) -> Option<Difference> {
    let encoded = match message.encode() {
        Ok(encoded) => encoded,
        Err(error) => return Some(Difference::Invalid(error.to_string())),
    };
    let payload = encoded.get(HEADER_LEN..).unwrap_or_default();
    if payload != frame.payload {
        let offset = payload.iter().zip(&frame.payload).take_while(|(ours, theirs)| ours == theirs).count();
        let length = HEADER_LEN + frame.payload.len();
        return Some(Difference::Bytes { offset: HEADER_LEN + offset, length, encoded_length: encoded.len() });
    }
    if !frame.padding.is_empty() {
        return Some(Difference::Padding(frame.padding.len()));
    }
    // Header fields are copied, so that only the fixed ones could differ; the decoder has checked those.
    (frame.encode().as_deref() != Ok(&encoded[..])).then_some(Difference::Bytes {
        offset: 0,
        length: HEADER_LEN + frame.payload.len(),
        encoded_length: encoded.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use tgdb_pdu::{Body, Header, Verb};

    #[test]
    fn padding_and_other_bytes_are_found() {
        let mut frame = Frame::new(Header::default(), Verb::PING, Bytes::new());
        let message = Message::new(Header::default(), Body::Ping);
        assert_eq!(difference(&frame, &message), None);
        frame.padding = Bytes::from_static(&[0; 8]);
        assert_eq!(difference(&frame, &message), Some(Difference::Padding(8)));
        frame.payload = Bytes::from_static(b"x");
        let expected = Difference::Bytes { offset: HEADER_LEN, length: HEADER_LEN + 1, encoded_length: HEADER_LEN };
        assert_eq!(difference(&frame, &message), Some(expected));
    }
}
