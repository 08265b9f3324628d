//! Large objects and the server's decryption
//! (`GetLargeObjectRequest.java`, `GetLargeObjectResponse.java`, `DecryptBuffer*.java`).

use std::fmt;

use bytes::Bytes;

use crate::obfuscation::Obfuscated;
use crate::wire::wire_struct;
use crate::{BodyError, EncodeError, Reader, Secret, Verb, Wire, Writer};

wire_struct! {
    /// Gets a BLOB or CLOB.
    #[derive(Eq)]
    pub struct GetLargeObjectRequest {
        /// Id of the object.
        pub entity_id: i64,
        /// Whether the server is to decrypt it.
        pub decrypt: bool,
    }
}

/// The BLOB or CLOB: `i32` status; with status 0 `i64` entity id, bool "has data"
/// and, if it has, `i32` count of chunks, each a byte string.
///
/// Python reads one byte string instead of the chunks. `Debug` shows how long they are.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum GetLargeObjectResponse {
    /// Status 0.
    Found {
        /// Id of the object.
        entity_id: i64,
        /// Its bytes, in the order of the chunks; `None` if it has no data.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))]
        chunks: Option<Vec<Bytes>>,
    },
    /// Any other status.
    Failed {
        /// The status, not 0.
        status: i32,
    },
}

impl fmt::Debug for GetLargeObjectResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { entity_id, chunks } => {
                let length = chunks.as_ref().map(|chunks| chunks.iter().map(Bytes::len).sum::<usize>());
                f.debug_struct("Found").field("entity_id", entity_id).field("length", &length).finish()
            }
            Self::Failed { status } => f.debug_struct("Failed").field("status", status).finish(),
        }
    }
}

impl Wire for GetLargeObjectResponse {
    const MIN_LEN: usize = 4;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Found { entity_id, chunks } => {
                w.i32(0);
                w.i64(*entity_id);
                w.bool(chunks.is_some());
                chunks.as_ref().map_or(Ok(()), |chunks| chunks.encode("chunks", w))
            }
            Self::Failed { status: 0 } => {
                Err(EncodeError::Inconsistent { field: "status", reason: "a failure cannot have status 0" })
            }
            Self::Failed { status } => {
                w.i32(*status);
                Ok(())
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(match r.i32("status")? {
            0 => Self::Found {
                entity_id: r.i64("entity_id")?,
                chunks: if r.bool("has_data")? { Some(Vec::decode("chunks", r)?) } else { None },
            },
            status => Self::Failed { status },
        })
    }
}

/// The bytes of a BLOB or CLOB, in the chunks in which the server sent them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks {
    /// Id of the object.
    pub entity_id: i64,
    /// Its bytes, in order; `None` if it has no data.
    pub chunks: Option<Vec<Bytes>>,
}

impl Chunks {
    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.iter().map(Bytes::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The chunks, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Bytes> {
        self.chunks.iter().flatten()
    }

    /// All bytes in one piece. One chunk is shared; several are copied. Without data it is empty,
    /// as in Java.
    pub fn to_bytes(&self) -> Bytes {
        match self.chunks.as_deref() {
            None | Some([]) => Bytes::new(),
            Some([only]) => only.clone(),
            Some(several) => several.concat().into(),
        }
    }

    /// The clear bytes of an object that was asked for with
    /// [`decrypt`](GetLargeObjectRequest::decrypt): a server sends them in the form of
    /// [`obfuscation`](crate::obfuscation), as all that it decrypts. What is behind that form is
    /// dropped, as in Java.
    ///
    /// # Errors
    /// [`BodyError`] if the bytes do not have that form. Offsets count from the first byte of the
    /// object.
    /// ```
    /// use bytes::Bytes;
    /// use tgdb_pdu::body::Chunks;
    /// use tgdb_pdu::obfuscation::Obfuscated;
    /// use tgdb_pdu::{Wire, Writer};
    ///
    /// let mut w = Writer::default();
    /// Obfuscated { key: 7, data: Bytes::from_static(b"clear text") }.encode("object", &mut w)?;
    /// let sent = Bytes::from(w.into_vec());
    /// let object = Chunks { entity_id: 1, chunks: Some(vec![sent.slice(..10), sent.slice(10..)]) };
    /// assert_eq!(object.reveal()?, "clear text");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reveal(&self) -> Result<Bytes, BodyError> {
        let mut reader = Reader::new(Verb::GET_LARGE_OBJECT_RESPONSE, self.to_bytes());
        Obfuscated::decode("encrypted object", &mut reader).map(|object| object.data)
    }
}

wire_struct! {
    /// Asks the server to decrypt.
    #[derive(Eq)]
    pub struct DecryptBufferRequest {
        /// What was encrypted with the server's key.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))]
        pub buffer: Bytes,
    }
}

wire_struct! {
    /// The decrypted bytes.
    #[derive(Eq)]
    pub struct DecryptBufferResponse {
        /// In clear text.
        pub buffer: Secret,
    }
}
