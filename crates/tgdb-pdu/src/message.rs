//! A frame with its payload decoded.

use std::fmt;

use bytes::Bytes;
use zeroize::Zeroize;

use crate::frame::write_header;
use crate::{Body, BodyError, BodyErrorKind, EncodeError, Frame, HEADER_LEN, Header, Reader, Secret, Verb, Writer};

/// A message: header, typed body, and what stood behind the known part of the body.
///
/// What is decoded of a [verb that holds secrets](Verb::holds_secret) is wiped on drop,
/// [`trailing`](Self::trailing) and the payload of the frame included, and not shown by `Debug`.
///
/// # Example
/// ```
/// use tgdb_pdu::body::QueryRequest;
/// use tgdb_pdu::{Body, FrameDecoder, Header, Message};
///
/// let query = QueryRequest::gremlin("g.V().count()");
/// let bytes = Message::new(Header::default(), query.into()).encode()?;
/// let mut decoder = FrameDecoder::default();
/// decoder.push(&bytes);
/// let frame = decoder.next_frame()?.expect("a whole frame");
/// assert!(matches!(Message::decode(&frame)?.body, Body::QueryRequest(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Message {
    /// The header's free fields.
    pub header: Header,
    /// The decoded payload.
    pub body: Body,
    /// Bytes behind the fields that we know, from a peer that writes more of them. The vendor's
    /// Go client repeats user and password there.
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
        Self::try_from(frame.clone())
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
        match write_header(&mut buf, &self.header, self.verb(), HEADER_LEN as u16) {
            Ok(()) => Ok(buf),
            Err(error) => {
                if self.body.is_secret() {
                    buf.zeroize();
                }
                Err(error)
            }
        }
    }
}

impl TryFrom<Frame> for Message {
    type Error = BodyError;

    /// As [`Message::decode`], from a frame that is not needed any more.
    fn try_from(frame: Frame) -> Result<Self, BodyError> {
        let Frame { header, verb, payload, omitted, .. } = frame;
        if !verb.holds_secret() {
            let mut reader = Reader::new(verb, payload);
            let body = decode(verb, omitted, &mut reader)?;
            return Ok(Self { header, body, trailing: reader.take_rest() });
        }
        let decoded = decode_secret(verb, omitted, payload.clone());
        // One that comes from a decoder is wiped by its last owner, others here.
        if let Ok(mut payload) = payload.try_into_mut() {
            payload.zeroize();
        }
        let (body, trailing) = decoded?;
        Ok(Self { header, body, trailing })
    }
}

fn decode(verb: Verb, omitted: u32, reader: &mut Reader) -> Result<Body, BodyError> {
    match omitted {
        0 => Body::decode(verb, reader),
        length => Err(reader.error("payload", BodyErrorKind::Omitted { length })),
    }
}

/// The body, and what is behind it as a copy that is wiped on drop.
fn decode_secret(verb: Verb, omitted: u32, payload: Bytes) -> Result<(Body, Bytes), BodyError> {
    let mut reader = Reader::new(verb, payload);
    let body = decode(verb, omitted, &mut reader)?;
    reader.take_memory("trailing", reader.remaining())?;
    Ok((body, Secret::new(&reader.take_rest()[..]).into()))
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Message");
        // What follows a secret can be one: Go's client writes the password twice.
        shown.field("header", &self.header).field("body", &self.body);
        match self.body.is_secret() {
            true => shown.field("trailing", &format_args!("{} bytes", self.trailing.len())),
            false => shown.field("trailing", &self.trailing),
        };
        shown.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::*;

    #[test]
    fn bytes_behind_a_secret_are_not_shown() {
        let login = AuthenticateRequest {
            database: None,
            client_id: None,
            inbox_addr: None,
            roles: None,
            user: None,
            password: Secret::from("tiger"),
        };
        let behind = |body: Body| Message { trailing: Bytes::from("tiger"), ..Message::new(Header::default(), body) };
        let shown = format!("{:?}", behind(login.into()));
        assert!(!shown.contains("tiger") && shown.contains("trailing: 5 bytes"), "{shown}");
        let shown = format!("{:?}", behind(Body::Ping));
        assert!(shown.contains("trailing: b\"tiger\""), "{shown}");
    }

    /// A buffer that grows leaves a copy of its bytes behind, which is not wiped.
    #[test]
    fn buffers_of_secrets_do_not_grow() {
        let long = || "x".repeat(1000);
        let bodies: [Body; 4] = [
            AuthenticateRequest {
                database: Some(long()),
                client_id: Some(long()),
                inbox_addr: Some(long()),
                roles: Some(vec![long(); 3]),
                user: Some(long()),
                password: Secret::new(long()),
            }
            .into(),
            AdminRequest { arguments: Secret::new(long()), ..AdminRequest::new(AdminCommand::CREATE_USER) }.into(),
            ConnectionProperties { properties: vec![Property { key: long(), value: Some(long()) }; 3] }.into(),
            DecryptBufferResponse { buffer: Secret::new(long()) }.into(),
        ];
        for body in bodies {
            assert!(body.is_secret());
            let hint = HEADER_LEN + body.size_hint();
            let message = Message::new(Header::default(), body);
            let length = message.encode().expect("it fits").len();
            assert!(hint >= length, "{} needs {length} bytes, {hint} were taken", message.verb());
        }
    }
}
