//! Bulk import and export, verbs 25 to 29 and 31 to 36 (`pduimpl.py`; only Python has them).
//!
//! The data of a portion is CSV without a header, in UTF-8: fields separated by commas, records
//! ended by a line feed, a backslash before each special character, `null` for null. The first
//! column is the id of a node, or the first two are the ids of the nodes where an edge comes from
//! and goes to. They have no name in the list of columns.
//!
//! The verbs 70 to 77 are another design of the export. Python has their classes only in code that
//! is commented out, so no client speaks them, and their layouts cannot be recorded. They are
//! [`RawBody`](super::RawBody).

mod export;
mod hash;
mod import;
mod options;

pub use export::*;
pub use hash::murmur_hash_64a;
pub use import::*;
pub use options::*;

use bytes::Bytes;

use super::List64;
use crate::wire::wire_struct;
use crate::{BodyError, EncodeError, Reader, Wire, Writer};

wire_struct! {
    /// How many entities of one type: string name, bool "is a node type", `i64` count.
    #[derive(Eq)]
    pub struct TypeCount {
        /// Name of the type.
        pub name: String,
        /// Whether it is a node type; else it is an edge type.
        pub is_node: bool,
        /// The number of entities.
        pub count: i64,
    }
}

/// What came of a bulk request: `i32` result; with result 0 `i64` count of types, each a
/// [`TypeCount`].
///
/// No client reads a text behind another result than 0, and none names the codes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum BulkOutcome {
    /// Result 0.
    Done(Vec<TypeCount>),
    /// Any other result.
    Failed {
        /// The server's code, not 0.
        result: i32,
    },
}

impl Wire for BulkOutcome {
    const MIN_LEN: usize = 4;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Done(types) => {
                w.i32(0);
                w.i64(types.len() as i64);
                types.iter().try_for_each(|ty| ty.encode("types", w))
            }
            Self::Failed { result: 0 } => {
                Err(EncodeError::Inconsistent { field: "result", reason: "a failure cannot have result 0" })
            }
            Self::Failed { result } => {
                w.i32(*result);
                Ok(())
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(match r.i32("result")? {
            0 => Self::Done(List64::decode("types", r)?.0),
            result => Self::Failed { result },
        })
    }
}

/// Whether the length and the hash that go along with data are those of the data.
fn is_intact(length: u32, checksum: u64, data: &Bytes) -> bool {
    length as usize == data.len() && checksum == murmur_hash_64a(data)
}
