//! A frame with its payload decoded.

use bytes::Bytes;

use crate::frame::write_header;
use crate::{Body, BodyError, EncodeError, Frame, HEADER_LEN, Header, Reader, Verb, Writer};

/// A message: header, typed body, and what stood behind the known part of the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The header's free fields.
    pub header: Header,
    /// The decoded payload.
    pub body: Body,
    /// Bytes behind the fields that we know, from a peer that writes more of them.
    pub trailing: Bytes,
}

impl Message {
    /// A message with nothing behind its body.
    pub fn new(header: Header, body: Body) -> Self {
        Self { header, body, trailing: Bytes::new() }
    }

    /// The verb of the body.
    pub fn verb(&self) -> Verb {
        self.body.verb()
    }

    /// Decodes the payload of a frame. Padding before the payload is dropped; a
    /// proxy that has to keep it re-encodes the [`Frame`].
    ///
    /// # Errors
    /// [`BodyError`] if the payload does not have the layout of its verb. A verb
    /// without a layout is no error but a [`Body::Raw`].
    pub fn decode(frame: &Frame) -> Result<Self, BodyError> {
        let mut reader = Reader::new(frame.verb, frame.payload.clone());
        let body = Body::decode(frame.verb, &mut reader)?;
        Ok(Self { header: frame.header, body, trailing: reader.take_rest() })
    }

    /// The bytes of the message.
    ///
    /// # Errors
    /// [`EncodeError`] if a field does not fit its encoding.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::with_capacity(HEADER_LEN + self.body.size_hint() + self.trailing.len());
        writer.raw(&[0; HEADER_LEN]);
        self.body.encode(&mut writer)?;
        writer.raw(&self.trailing);
        let mut buf = writer.into_vec();
        write_header(&mut buf, &self.header, self.verb(), HEADER_LEN as u16)?;
        Ok(buf)
    }
}
