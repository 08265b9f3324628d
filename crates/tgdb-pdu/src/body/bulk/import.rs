//! Import: verbs 31 to 36.

use bytes::Bytes;

use super::{BulkOutcome, ImportDateFormat, ImportErrors, ImportLoad, is_intact, murmur_hash_64a};
use crate::body::Chars;
use crate::wire::wire_struct;
use crate::{BodyError, BodyErrorKind, EncodeError, Reader, Wire, Writer};

/// Begins an import (`BeginImportSessionRequest`): bool "in batches", and what the variant says.
///
/// # Example
/// ```
/// use tgdb_pdu::body::{BeginImportRequest, ImportDateFormat, ImportErrors, ImportLoad};
/// let request = BeginImportRequest::Batches {
///     errors: ImportErrors::Ignore,
///     load: ImportLoad::Upsert,
///     date_format: ImportDateFormat::Ymd,
/// };
/// # let _ = request;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum BeginImportRequest {
    /// True; three strings, in this order.
    Batches {
        /// What to do about records that cannot be loaded.
        errors: ImportErrors,
        /// What to do about entities that exist.
        load: ImportLoad,
        /// How dates are written.
        date_format: ImportDateFormat,
    },
    /// False; two `i32`.
    Files {
        /// Number of portions of all files.
        portions: i32,
        /// Number of files.
        files: i32,
    },
}

impl Wire for BeginImportRequest {
    const MIN_LEN: usize = 7;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Batches { errors, load, date_format } => {
                w.bool(true);
                errors.encode("errors", w)?;
                load.encode("load", w)?;
                date_format.encode("date_format", w)
            }
            Self::Files { portions, files } => {
                w.bool(false);
                w.i32(*portions);
                w.i32(*files);
                Ok(())
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(if r.bool("in_batches")? {
            Self::Batches {
                errors: ImportErrors::decode("errors", r)?,
                load: ImportLoad::decode("load", r)?,
                date_format: ImportDateFormat::decode("date_format", r)?,
            }
        } else {
            Self::Files { portions: r.i32("portions")?, files: r.i32("files")? }
        })
    }
}

wire_struct! {
    /// Answers the begin of an import (`BeginImportSessionResponse`).
    #[derive(Eq)]
    pub struct BeginImportResponse {
        /// 0 if the import has begun; else the server's code.
        pub result: i32,
    }
}

/// A portion of an import (`PartialImportRequest`): bool "in batches", `u32` length of the data,
/// `u64` hash of the data, what [`ImportPortion`] says, `i16` length of the data, the data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PartialImportRequest {
    /// The length of the data in bytes, once more.
    pub length: u32,
    /// The [hash](murmur_hash_64a) of the data.
    pub checksum: u64,
    /// Which portion it is.
    pub portion: ImportPortion,
    /// The data: whole records, or a piece of a file. No more than 32,767 bytes.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))]
    pub data: Bytes,
}

/// Which portion of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum ImportPortion {
    /// Records of one type: string type, `i32` index, `i32` total, and at index 0 `i32` count of
    /// columns, each a long string.
    Batch {
        /// Name of the type.
        type_name: String,
        /// Index of the portion among those of the type, from 0.
        index: i32,
        /// Number of portions of the type.
        total: i32,
        /// Names of the attributes in the columns behind the ids; there if and only if the
        /// index is 0.
        columns: Option<Vec<Chars>>,
    },
    /// A piece of a file: string name, `i32` total, `i32` index.
    File {
        /// Name of the file.
        name: String,
        /// Number of portions of the file.
        total: i32,
        /// Index of the portion among those of the file, from 0.
        index: i32,
    },
}

impl PartialImportRequest {
    /// A portion with the length and the hash of the data.
    pub fn new(portion: ImportPortion, data: Bytes) -> Self {
        // A length that does not fit is an error when it is encoded.
        Self { length: data.len() as u32, checksum: murmur_hash_64a(&data), portion, data }
    }

    /// Whether length and hash are those of the data. A decoded portion may not be.
    pub fn is_intact(&self) -> bool {
        is_intact(self.length, self.checksum, &self.data)
    }
}

impl Wire for PartialImportRequest {
    const MIN_LEN: usize = 25;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.bool(matches!(self.portion, ImportPortion::Batch { .. }));
        w.u32(self.length);
        w.u64(self.checksum);
        match &self.portion {
            ImportPortion::Batch { type_name, index, total, columns } => {
                if columns.is_some() != (*index == 0) {
                    let reason = "the first portion has them, and no other";
                    return Err(EncodeError::Inconsistent { field: "columns", reason });
                }
                w.utf("type_name", type_name)?;
                w.i32(*index);
                w.i32(*total);
                columns.as_ref().map_or(Ok(()), |columns| columns.encode("columns", w))?;
            }
            ImportPortion::File { name, total, index } => {
                w.utf("name", name)?;
                w.i32(*total);
                w.i32(*index);
            }
        }
        w.count_i16("data", self.data.len())?;
        w.share(&self.data);
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let in_batches = r.bool("in_batches")?;
        let (length, checksum) = (r.u32("length")?, r.u64("checksum")?);
        let portion = if in_batches {
            let (type_name, index, total) = (r.utf("type_name")?, r.i32("index")?, r.i32("total")?);
            let columns = if index == 0 { Some(Vec::decode("columns", r)?) } else { None };
            ImportPortion::Batch { type_name, index, total, columns }
        } else {
            ImportPortion::File { name: r.utf("name")?, total: r.i32("total")?, index: r.i32("index")? }
        };
        let count = r.i16("data")?;
        let count = usize::try_from(count).map_err(|_| r.error("data", BodyErrorKind::NegativeLength(count.into())))?;
        Ok(Self { length, checksum, portion, data: r.raw("data", count)? })
    }
}

macro_rules! outcome {
    ($($(#[$doc:meta])* $name:ident)+) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        pub struct $name(pub BulkOutcome);

        impl Wire for $name {
            const MIN_LEN: usize = BulkOutcome::MIN_LEN;
            fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
                self.0.encode(field, w)
            }
            fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
                BulkOutcome::decode(field, r).map(Self)
            }
        })+
    };
}

outcome! {
    /// Answers a portion of an import (`PartialImportResponse`): the entities loaded of each type.
    PartialImportResponse
    /// Answers the end of an import. Python reads it with the class of [`PartialImportResponse`],
    /// and never looks at the result.
    EndImportResponse
}
