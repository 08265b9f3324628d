//! What can be wrong with bytes, or with a message to be written.

use crate::Verb;

/// The byte stream is not, or no longer, a sequence of TGDB frames.
///
/// Not survivable: after this error no frame boundary is known, so the
/// connection has to be closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The length field is smaller than a header, or negative.
    #[error(
        "frame length {length} is below the {} bytes of a header; the peer does not speak TGDB, or the stream is corrupt",
        crate::HEADER_LEN
    )]
    TooShort {
        /// The length field as read.
        length: i32,
    },
    /// The length field is above the configured bound. No memory was taken for it.
    #[error(
        "frame of {length} bytes is above the maximum of {maximum}; raise the maximum frame size (maxFrameSize) if the peer is trusted and speaks TGDB"
    )]
    TooLarge {
        /// The length field as read, in bytes.
        length: u32,
        /// The configured bound, in bytes.
        maximum: u32,
    },
    /// The length field is above the bound for frames before the login is done, which is
    /// smaller. No memory was taken for it.
    #[error(
        "frame of {length} bytes is above the maximum of {maximum} before the login is done; check host and port, the messages of a login are short"
    )]
    TooLargeInLogin {
        /// The length field as read, in bytes.
        length: u32,
        /// The bound before the login is done, in bytes.
        maximum: u32,
    },
    /// The peer answers with a TLS record.
    #[error("the peer speaks TLS, not TGDB in clear text; use an ssl:// URL for this port")]
    TlsRecord,
    /// The peer answers as an HTTP server.
    #[error("the peer is an HTTP server, not a TGDB server; check host and port")]
    Http,
    /// The magic number is wrong.
    #[error(
        "bad magic {found:#010x}, expected {:#010x}; the peer does not speak TGDB, or the stream is corrupt",
        crate::MAGIC
    )]
    BadMagic {
        /// The four bytes at offset 4.
        found: u32,
    },
    /// The protocol version is not ours. The vendor demands an exact match.
    #[error("protocol version {}.{} is not supported, this client speaks {}; use a server of that protocol", .found >> 8, .found & 0xff, crate::version::PROTOCOL)]
    UnsupportedVersion {
        /// The version field: major in the high byte, minor in the low byte.
        found: u16,
    },
    /// The data offset points into the header or behind the message.
    #[error("data offset {offset} is outside {}..={length}; the stream is corrupt", crate::HEADER_LEN)]
    BadDataOffset {
        /// The data offset as read.
        offset: u16,
        /// The length of the frame in bytes.
        length: u32,
    },
}

/// The body of one message does not have the layout of its verb.
///
/// Survivable: the frame was whole, the stream goes on behind it.
///
/// # Example
/// ```
/// use tgdb_pdu::{BodyErrorKind, Frame, Header, Message, Verb};
///
/// let frame = Frame::new(Header::default(), Verb::HANDSHAKE_REQUEST, vec![1]);
/// let error = Message::decode(&frame).unwrap_err();
/// assert_eq!((error.field, error.offset), ("ssl_mode", 1));
/// assert_eq!(error.kind, BodyErrorKind::Truncated { needed: 1, available: 0 });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{verb}: field `{field}` at payload offset {offset}: {kind}")]
#[non_exhaustive]
pub struct BodyError {
    /// The verb of the message.
    pub verb: Verb,
    /// The field that could not be read.
    pub field: &'static str,
    /// Where the field starts, in bytes from the start of the payload.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: BodyErrorKind,
}

/// What is wrong with a field of a message body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyErrorKind {
    /// The payload ends inside the field.
    #[error("needs {needed} bytes, {available} are left")]
    Truncated {
        /// How many bytes the field takes, as far as is known.
        needed: usize,
        /// How many bytes the payload still has.
        available: usize,
    },
    /// A length or count is negative (a byte string of length -1 is null and no error).
    #[error("negative length {0}")]
    NegativeLength(i64),
    /// A count is so large that the rest of the payload cannot hold that many items.
    #[error("{count} items cannot be in the {available} bytes that are left")]
    CountTooLarge {
        /// The count as read.
        count: u64,
        /// How many bytes the payload still has.
        available: usize,
    },
    /// What is decoded would take more memory than the payload may, as lists of many short items do.
    #[error(
        "the field takes {needed} bytes of memory more, and all that is decoded may take {} more than the payload's length",
        crate::DECODE_ALLOWANCE
    )]
    TooMuchMemory {
        /// How many bytes the field takes.
        needed: usize,
    },
    /// A string is not UTF-8.
    #[error("not valid UTF-8")]
    InvalidUtf8,
    /// The message is above the bound on frames, so that its payload was passed over.
    #[error(
        "{length} bytes were passed over, for the message is above the maximum frame size; raise it if the peer is trusted, or ask for less"
    )]
    Omitted {
        /// Length of what was passed over, in bytes.
        length: u32,
    },
    /// An enumeration or marker has a value without a meaning.
    #[error("value {0} has no meaning here")]
    UnknownValue(i64),
    /// No attribute descriptor of the schema has the id, so that the length of the value is unknown.
    #[error("no attribute descriptor has id {id}; get the metadata again, the graph's types have changed")]
    UnknownDescriptor {
        /// The id.
        id: i32,
    },
    /// The attribute is an array, or of a type, that has no known layout.
    #[error("attribute descriptor {id} has type {value_type}, or is an array, for which no layout is known")]
    NoLayout {
        /// Id of the descriptor.
        id: i32,
        /// Id of its type.
        value_type: i8,
    },
    /// Lists and maps are nested too deeply.
    #[error("nested more than {} deep", crate::graph::MAX_NESTING)]
    TooDeep,
    /// The clear text of an encrypted attribute cannot be read. Java writes the minute in place of
    /// the month of an encrypted date.
    #[error("the clear text of the encrypted attribute does not have the layout of its type")]
    UnreadableClearText,
}

/// A message cannot be expressed on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A string is too long for its 16-bit length, which the vendor's readers take as signed.
    #[error("field `{field}` has {length} bytes, a string can have {} at most; shorten it", crate::MAX_UTF_LEN)]
    StringTooLong {
        /// The field.
        field: &'static str,
        /// Its length in bytes of UTF-8.
        length: usize,
    },
    /// A list or byte string is too long for its count.
    #[error("field `{field}` has {length} items, {maximum} at most fit its count; split the request")]
    TooMany {
        /// The field.
        field: &'static str,
        /// The number of items.
        length: usize,
        /// The maximum of the count.
        maximum: u64,
    },
    /// A variable-length long cannot hold the value.
    #[error("field `{field}`: {value} is not a variable-length long (it must not be negative)")]
    NotAVarLong {
        /// The field.
        field: &'static str,
        /// The value.
        value: i64,
    },
    /// The whole message is above the 2 GiB that the signed length field can hold.
    #[error("message of {length} bytes does not fit the signed 32-bit length field; split the request")]
    MessageTooLarge {
        /// The length of the message in bytes.
        length: usize,
    },
    /// Fields of the message contradict each other.
    #[error("field `{field}`: {reason}")]
    Inconsistent {
        /// The field.
        field: &'static str,
        /// What is contradictory.
        reason: &'static str,
    },
}
