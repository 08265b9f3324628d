//! Export: verbs 25 to 29.

use bytes::Bytes;

use super::{BulkOutcome, is_intact, murmur_hash_64a};
use crate::body::Chars;
use crate::wire::wire_struct;
use crate::{BodyError, EncodeError, Reader, Wire, Writer};

/// Begins an export (`BeginExportRequest`): bool "in batches", and what the variant says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum BeginExportRequest {
    /// True; an `i32`.
    Batches {
        /// Maximum number of entities in a portion.
        max_entities: i32,
    },
    /// False; a string.
    Files {
        /// Name of the archive; empty for none.
        zip: String,
    },
}

impl Wire for BeginExportRequest {
    const MIN_LEN: usize = 3;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Batches { max_entities } => {
                w.bool(true);
                w.i32(*max_entities);
                Ok(())
            }
            Self::Files { zip } => {
                w.bool(false);
                w.utf("zip", zip)
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(if r.bool("in_batches")? {
            Self::Batches { max_entities: r.i32("max_entities")? }
        } else {
            Self::Files { zip: r.utf("zip")? }
        })
    }
}

wire_struct! {
    /// Answers the begin of an export (`BeginExportResponse`).
    #[derive(Eq)]
    pub struct BeginExportResponse {
        /// How many portions there are to be asked for. Python does not use it.
        pub requests: i32,
        /// The types that come, and how many entities each has. No types: the database is empty,
        /// and no portion is to be asked for.
        pub outcome: BulkOutcome,
    }
}

wire_struct! {
    /// Asks for a portion of an export (`PartialExportRequest`).
    #[derive(Eq)]
    pub struct PartialExportRequest {
        /// Number of the portion; [`NEXT`](Self::NEXT) for the next one.
        pub request: i32,
    }
}

impl PartialExportRequest {
    /// In place of a number: the next portion.
    pub const NEXT: i32 = -1;
}

/// A portion of an export (`PartialExportResponse`): bool "in batches", what [`ExportPortion`] says,
/// `u32` length of the data, `u64` hash of the data, the data as a byte string.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PartialExportResponse {
    /// Which portion it is.
    pub portion: ExportPortion,
    /// The length of the data in bytes, once more. Python does not look at it.
    pub length: u32,
    /// The hash of the data. Python does not look at it, so it is not known whether a server
    /// fills it in.
    pub checksum: u64,
    /// The data: records, the last of which may go on in the next portion, or a piece of a file.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))]
    pub data: Bytes,
}

/// Which portion of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum ExportPortion {
    /// Records of one type: bool "new type", if it is one what [`ExportedColumns`] says, `i32` count
    /// of entities, bool "more".
    Batch {
        /// The type of this portion and the next ones; `None` for the same as before.
        new_type: Option<ExportedColumns>,
        /// The number of entities in the portion.
        entities: i32,
        /// Whether there are more portions.
        more: bool,
    },
    /// A piece of a file: string.
    File {
        /// Name of the file.
        name: String,
    },
}

wire_struct! {
    /// The type of exported records: string name, `i32` count of columns, each a long string.
    #[derive(Eq)]
    pub struct ExportedColumns {
        /// Name of the type.
        pub type_name: String,
        /// Names of the attributes in the columns behind the ids.
        pub columns: Vec<Chars>,
    }
}

impl PartialExportResponse {
    /// A portion with the length and the hash of the data.
    pub fn new(portion: ExportPortion, data: Bytes) -> Self {
        // A length that does not fit is an error when it is encoded.
        Self { portion, length: data.len() as u32, checksum: murmur_hash_64a(&data), data }
    }

    /// Whether length and hash are those of the data. A decoded portion may not be.
    pub fn is_intact(&self) -> bool {
        is_intact(self.length, self.checksum, &self.data)
    }
}

impl Wire for PartialExportResponse {
    const MIN_LEN: usize = 19;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match &self.portion {
            ExportPortion::Batch { new_type, entities, more } => {
                w.bool(true);
                w.bool(new_type.is_some());
                new_type.as_ref().map_or(Ok(()), |new_type| new_type.encode("new_type", w))?;
                w.i32(*entities);
                w.bool(*more);
            }
            ExportPortion::File { name } => {
                w.bool(false);
                w.utf("name", name)?;
            }
        }
        w.u32(self.length);
        w.u64(self.checksum);
        w.shared_bytes("data", &self.data)
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let portion = if r.bool("in_batches")? {
            ExportPortion::Batch {
                new_type: if r.bool("new_type")? { Some(ExportedColumns::decode("new_type", r)?) } else { None },
                entities: r.i32("entities")?,
                more: r.bool("more")?,
            }
        } else {
            ExportPortion::File { name: r.utf("name")? }
        };
        Ok(Self { portion, length: r.u32("length")?, checksum: r.u64("checksum")?, data: r.bytes("data")? })
    }
}
