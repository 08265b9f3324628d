//! One frame: the 56-byte header and the payload, which is not looked into.

use std::fmt;

use bytes::Bytes;

use crate::version::PROTOCOL;
use crate::{AuthToken, EncodeError, FrameError, Verb};

/// The magic number at offset 4 (`TGProtocolVersion.java`).
pub const MAGIC: u32 = 0x0db2_d1e4;

/// Length of the header in bytes; the payload of what we write starts here.
pub const HEADER_LEN: usize = 56;

/// The fields of the header that a sender chooses.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | length of the whole message in bytes, this field included |
/// | 4 | 4 | magic, [`MAGIC`] |
/// | 8 | 2 | protocol version, [`PROTOCOL`] |
/// | 10 | 2 | verb id |
/// | 12 | 8 | sequence number |
/// | 20 | 8 | timestamp |
/// | 28 | 8 | request id |
/// | 36 | 8 | auth token |
/// | 44 | 8 | session id |
/// | 52 | 2 | tenant id |
/// | 54 | 2 | data offset: where the payload starts |
///
/// All big-endian. Source: `AbstractProtocolMessage.writeHeader`.
///
/// # Example
/// ```
/// use tgdb_pdu::{Body, Header, Message};
///
/// let header = Header { request_id: 7, sequence_no: 1, ..Header::default() };
/// let bytes = Message::new(header, Body::Ping).encode()?;
/// assert_eq!(bytes[28..36], 7_i64.to_be_bytes());
/// # Ok::<(), tgdb_pdu::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Header {
    /// Number of the message in the sending process.
    pub sequence_no: i64,
    /// When the message was made, in milliseconds since 1970 (Python and Go write seconds).
    pub timestamp: i64,
    /// Ties a reply to its request; -1 if there is none.
    pub request_id: i64,
    /// From the authenticate reply; [`AuthToken::NONE`] before.
    pub auth_token: AuthToken,
    /// From the authenticate reply; 0 before.
    pub session_id: i64,
    /// Always 0 in the vendor's clients.
    pub tenant_id: i16,
}

impl Default for Header {
    /// All zero, and no request id.
    fn default() -> Self {
        Self { sequence_no: 0, timestamp: 0, request_id: -1, auth_token: AuthToken::NONE, session_id: 0, tenant_id: 0 }
    }
}

impl Header {
    /// Writes the header of a message whose payload follows it at once.
    ///
    /// # Panics
    /// If header and payload are longer than 2 GiB, which no length field can say.
    pub fn write_to(&self, buf: &mut [u8; HEADER_LEN], verb: Verb, payload_len: usize) {
        let length = i32::try_from(HEADER_LEN + payload_len);
        assert!(length.is_ok(), "a message of {payload_len} bytes has no length field");
        write_fields(buf, self, verb, length.unwrap_or_default(), HEADER_LEN as u16);
    }

    /// Reads the start of a frame: its header, its verb, and its length with the header.
    ///
    /// ```
    /// use tgdb_pdu::{Body, HEADER_LEN, Header, Message, Verb};
    ///
    /// let frame = Message::new(Header { request_id: 7, ..Header::default() }, Body::Ping).encode()?;
    /// let (header, verb, length) = Header::read_from(frame.first_chunk().expect("a header"))?;
    /// assert_eq!((header.request_id, verb, length), (7, Verb::PING, HEADER_LEN));
    /// assert!(Header::read_from(&[0; HEADER_LEN]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`FrameError`] if these are not the first bytes of a frame.
    pub fn read_from(start: &[u8; HEADER_LEN]) -> Result<(Self, Verb, usize), FrameError> {
        let length = check_prefix(start, u32::MAX)?.unwrap_or(HEADER_LEN);
        let (header, verb, _) = parse_header(start, length)?;
        Ok((header, verb, length))
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("sequence_no", &self.sequence_no)
            .field("timestamp", &self.timestamp)
            .field("request_id", &self.request_id)
            .field("auth_token", &self.auth_token)
            .field("session_id", &self.session_id)
            .field("tenant_id", &self.tenant_id)
            .finish()
    }
}

/// One frame as it travels.
///
/// # Example
/// ```
/// use tgdb_pdu::{Frame, FrameDecoder, Header, Verb};
///
/// let frame = Frame::new(Header::default(), Verb::PING, "");
/// let bytes = frame.encode()?;
/// assert_eq!(bytes.len(), frame.encoded_len());
/// let mut decoder = FrameDecoder::default();
/// decoder.push(&bytes);
/// assert_eq!(decoder.next_frame()?, Some(frame));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// The header's free fields.
    pub header: Header,
    /// What the message is about.
    pub verb: Verb,
    /// What a peer wrote between the header and the data offset. Empty in what we
    /// write; a comment in the vendor's source speaks of padding up to 64 bytes.
    pub padding: Bytes,
    /// From the data offset to the end.
    pub payload: Bytes,
    /// How many bytes the frame had behind its header that are not here, because it is above
    /// the bound of a decoder that passes such frames over; see
    /// [`FrameDecoder::omitting`](crate::FrameDecoder::omitting). 0 for a whole frame.
    pub omitted: u32,
}

impl Frame {
    /// A whole frame without padding.
    pub fn new(header: Header, verb: Verb, payload: impl Into<Bytes>) -> Self {
        Self { header, verb, padding: Bytes::new(), payload: payload.into(), omitted: 0 }
    }

    /// Length of the frame in bytes.
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN + self.padding.len() + self.payload.len()
    }

    /// The bytes of the frame; those it was decoded from, if it was and nothing is omitted.
    ///
    /// # Errors
    /// [`EncodeError`] if padding or frame are too long for the header.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut buf = vec![0; HEADER_LEN];
        buf.reserve_exact(self.padding.len() + self.payload.len());
        buf.extend_from_slice(&self.padding);
        buf.extend_from_slice(&self.payload);
        let data_offset = u16::try_from(HEADER_LEN + self.padding.len()).map_err(|_| EncodeError::TooMany {
            field: "padding",
            length: self.padding.len(),
            maximum: u64::from(u16::MAX) - HEADER_LEN as u64,
        })?;
        write_header(&mut buf, &self.header, self.verb, data_offset)?;
        Ok(buf)
    }
}

impl fmt::Debug for Frame {
    /// Shows the header and lengths; a payload can hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("verb", &self.verb)
            .field("header", &self.header)
            .field("payload_len", &self.payload.len())
            .finish()
    }
}

/// Reads the header of a frame of that length, of which at least the header is there.
/// Returns the data offset too, which lies within the frame.
pub(crate) fn parse_header(frame: &[u8], length: usize) -> Result<(Header, Verb, usize), FrameError> {
    let data_offset = u16_at(frame, 54);
    if usize::from(data_offset) < HEADER_LEN || usize::from(data_offset) > length {
        return Err(FrameError::BadDataOffset { offset: data_offset, length: length as u32 });
    }
    let header = Header {
        sequence_no: i64_at(frame, 12),
        timestamp: i64_at(frame, 20),
        request_id: i64_at(frame, 28),
        auth_token: AuthToken::new(i64_at(frame, 36)),
        session_id: i64_at(frame, 44),
        tenant_id: u16_at(frame, 52) as i16,
    };
    Ok((header, Verb(u16_at(frame, 10) as i16), usize::from(data_offset)))
}

/// Checks as much of the start of a frame as is there: magic, length, version.
/// Returns the length of the frame once its first eight bytes are known to be a frame's.
pub(crate) fn check_prefix(start: &[u8], maximum: u32) -> Result<Option<usize>, FrameError> {
    let Some(first) = start.first_chunk() else { return Ok(None) };
    let length = u32::from_be_bytes(*first);
    if start.len() < 8 {
        // Another protocol may send fewer than 8 bytes. Its first four, read as a length, are above
        // most bounds, so it is recognized by them.
        return if length > maximum { other_protocol(first).map_or(Ok(None), Err) } else { Ok(None) };
    }
    // The magic number is checked first: without it the length has no meaning.
    let magic = u32_at(start, 4);
    if magic != MAGIC {
        return Err(other_protocol(first).unwrap_or(FrameError::BadMagic { found: magic }));
    }
    if (length as i32) < HEADER_LEN as i32 {
        return Err(FrameError::TooShort { length: length as i32 });
    }
    if length > maximum {
        return Err(FrameError::TooLarge { length, maximum });
    }
    if start.len() >= 10 && u16_at(start, 8) != PROTOCOL.to_wire() {
        return Err(FrameError::UnsupportedVersion { found: u16_at(start, 8) });
    }
    Ok(Some(length as usize))
}

/// The verb of a frame, once that is there.
pub(crate) fn verb_of(start: &[u8]) -> Option<Verb> {
    (start.len() >= 12).then(|| Verb(u16_at(start, 10) as i16))
}

/// Whose protocol starts with these bytes, if it is one that is met on wrong ports.
fn other_protocol(first: &[u8; 4]) -> Option<FrameError> {
    match first {
        // TLS records: an alert or a handshake, of any version.
        [0x15 | 0x16, 3, ..] => Some(FrameError::TlsRecord),
        // The page of an HTTP server that does not understand the request comes without a header.
        b"HTTP" | b"<!DO" | b"<!do" | b"<htm" | b"<HTM" => Some(FrameError::Http),
        _ => None,
    }
}

/// Fills in the header of a message whose payload already stands behind it.
pub(crate) fn write_header(buf: &mut [u8], header: &Header, verb: Verb, data_offset: u16) -> Result<(), EncodeError> {
    let length = i32::try_from(buf.len()).map_err(|_| EncodeError::MessageTooLarge { length: buf.len() })?;
    write_fields(buf, header, verb, length, data_offset);
    Ok(())
}

fn write_fields(buf: &mut [u8], header: &Header, verb: Verb, length: i32, data_offset: u16) {
    buf[0..4].copy_from_slice(&length.to_be_bytes());
    buf[4..8].copy_from_slice(&MAGIC.to_be_bytes());
    buf[8..10].copy_from_slice(&PROTOCOL.to_wire().to_be_bytes());
    buf[10..12].copy_from_slice(&verb.0.to_be_bytes());
    buf[52..54].copy_from_slice(&header.tenant_id.to_be_bytes());
    buf[54..56].copy_from_slice(&data_offset.to_be_bytes());
    restamp(buf, header);
}

/// Gives an encoded message another sequence number, timestamp, request id, auth
/// token and session id, so that it can be sent again without encoding it again.
///
/// # Panics
/// If `frame` is shorter than a header.
pub fn restamp(frame: &mut [u8], header: &Header) {
    frame[12..20].copy_from_slice(&header.sequence_no.to_be_bytes());
    frame[20..28].copy_from_slice(&header.timestamp.to_be_bytes());
    frame[28..36].copy_from_slice(&header.request_id.to_be_bytes());
    frame[36..44].copy_from_slice(&header.auth_token.expose().to_be_bytes());
    frame[44..52].copy_from_slice(&header.session_id.to_be_bytes());
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(array_at(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array_at(bytes, at))
}

fn i64_at(bytes: &[u8], at: usize) -> i64 {
    i64::from_be_bytes(array_at(bytes, at))
}
