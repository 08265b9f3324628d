//! Serialization of messages and their parts, for logs and tools. Feature `serde`.
//!
//! | what | as |
//! |---|---|
//! | [`Verb`], codes | name; the number if there is none |
//! | [`Secret`](crate::Secret), [`AuthToken`](crate::AuthToken) | `[redacted]` |
//! | bytes | hex; of more than [`MAX_BYTES`] those, `...` and the length |
//! | [`Message`] | verb, header, body, and what is behind it |
//! | [`Frame`] | verb, header and lengths: the payload can hold a password |
//!
//! Nothing can be deserialized: what is hidden or cut cannot come back. The bytes of a message are
//! its lossless form.

use bytes::Bytes;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::body::{FetchOptions, Remainder};
use crate::display::Hex;
use crate::{Frame, Message, Verb};

/// How many bytes of a byte string are serialized at most.
const MAX_BYTES: usize = 1024;

/// A field that is one byte string, in one piece or many.
pub(crate) trait ByteString {
    /// Its pieces; `None` for null.
    fn pieces(&self) -> Option<&[Bytes]>;
}

impl ByteString for Bytes {
    fn pieces(&self) -> Option<&[Bytes]> {
        Some(std::slice::from_ref(self))
    }
}

impl ByteString for Option<Bytes> {
    fn pieces(&self) -> Option<&[Bytes]> {
        self.as_ref().map(std::slice::from_ref)
    }
}

impl ByteString for Option<Vec<Bytes>> {
    fn pieces(&self) -> Option<&[Bytes]> {
        self.as_deref()
    }
}

pub(crate) fn hex<S: Serializer>(bytes: &impl ByteString, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes.pieces() {
        None => serializer.serialize_none(),
        Some(pieces) => {
            let length = pieces.iter().map(Bytes::len).sum();
            let first = pieces.iter().flatten().copied().take(MAX_BYTES).collect::<Vec<_>>();
            serializer.collect_str(&Hex { first: &first, length })
        }
    }
}

/// The key of a get-entity request: its options, and its bytes.
pub(crate) fn hex_of_key<S: Serializer>(key: &Option<(FetchOptions, Bytes)>, serializer: S) -> Result<S::Ok, S::Error> {
    let key = key.as_ref().map(|(options, key)| (options, Remainder(key.clone())));
    key.serialize(serializer)
}

/// How many bytes there are, of those that can hold a secret.
pub(crate) fn length<S: Serializer>(bytes: &Remainder, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{} bytes", bytes.len()))
}

impl Serialize for Verb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => serializer.serialize_str(name),
            None => self.0.serialize(serializer),
        }
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Message", 4)?;
        fields.serialize_field("verb", &self.verb())?;
        fields.serialize_field("header", &self.header)?;
        fields.serialize_field("body", &self.body)?;
        let trailing = Remainder(self.trailing.clone());
        if self.body.is_secret() {
            fields.serialize_field("trailing", &format!("{} bytes", trailing.len()))?;
        } else {
            fields.serialize_field("trailing", &trailing)?;
        }
        fields.end()
    }
}

impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Frame", 5)?;
        fields.serialize_field("verb", &self.verb)?;
        fields.serialize_field("header", &self.header)?;
        fields.serialize_field("padding_len", &self.padding.len())?;
        fields.serialize_field("payload_len", &self.payload.len())?;
        fields.serialize_field("omitted", &self.omitted)?;
        fields.end()
    }
}
