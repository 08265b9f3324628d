//! Large objects and the server's decryption
//! (`GetLargeObjectRequest.java`, `GetLargeObjectResponse.java`, `DecryptBuffer*.java`).

use bytes::Bytes;

use crate::wire::wire_struct;
use crate::{BodyError, EncodeError, Reader, Secret, Wire, Writer};

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
/// Python reads one byte string instead of the chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GetLargeObjectResponse {
    /// Status 0.
    Found {
        /// Id of the object.
        entity_id: i64,
        /// Its bytes, in the order of the chunks; `None` if it has no data.
        chunks: Option<Vec<Bytes>>,
    },
    /// Any other status.
    Failed {
        /// The status, not 0.
        status: i32,
    },
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

wire_struct! {
    /// Asks the server to decrypt.
    #[derive(Eq)]
    pub struct DecryptBufferRequest {
        /// What was encrypted with the server's key.
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
