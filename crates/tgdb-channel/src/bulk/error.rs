//! What can go wrong with an import or export.

use std::fmt;
use std::io;

use tgdb_pdu::{Verb, escaped};
use tgdb_url::PropertyError;

use crate::ChannelError;

/// A bulk import or export could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// A request failed: at the connection, or at the server with an exception. An import or
    /// export does not go on in another session; begin again.
    #[error("{step}: the request failed")]
    Request {
        /// How far it had come.
        step: BulkStep,
        /// Why.
        source: Box<ChannelError>,
    },
    /// The server answered with a code other than 0. No client knows names for the codes.
    #[error("{step}: the server reports result {result}; its log says more")]
    Server {
        /// How far it had come.
        step: BulkStep,
        /// The server's code.
        result: i32,
    },
    /// The server answered with another verb, or as if another request had been sent.
    #[error(
        "{step}: the reply, a {verb}, does not belong to the request; client and server may be of different versions"
    )]
    UnexpectedReply {
        /// How far it had come.
        step: BulkStep,
        /// The verb of the reply.
        verb: Verb,
    },
    /// The callback for the progress said so. What the server has taken before stays.
    #[error("{step}: cancelled by the program")]
    Cancelled {
        /// How far it had come.
        step: BulkStep,
    },
    /// What is to be imported cannot be read.
    #[error("import of {}: cannot read the source", escaped(.name))]
    Read {
        /// The type or file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// What is exported cannot be written.
    #[error("export of {}: cannot write", escaped(.type_name))]
    Write {
        /// The type.
        type_name: String,
        /// Why.
        source: io::Error,
    },
    /// The CSV is not as it has to be: that of the user, or that of the server.
    #[error("CSV of {}", escaped(.type_name))]
    Data {
        /// The type.
        type_name: String,
        /// What is wrong, and where.
        source: DataError,
    },
    /// The source was read twice, first to count the portions, and was not the same.
    #[error("import of {}: the source has changed since its portions were counted; import what does not change", escaped(.name))]
    SourceChanged {
        /// The type or file.
        name: String,
    },
    /// There are more portions than a count of 32 bits can hold.
    #[error("import of {}: more portions than a count of 32 bits can hold; split it", escaped(.name))]
    TooManyPortions {
        /// The type or file.
        name: String,
    },
    /// The type was imported before in this import. The vendor's server answers that with an error.
    #[error("import of {}: a type can be imported once in an import; begin another one", escaped(.type_name))]
    TypeTwice {
        /// The type.
        type_name: String,
    },
    /// The import failed or was cancelled before, and takes no further types.
    #[error("import of {}: this import failed or was cancelled before; begin another one", escaped(.type_name))]
    Over {
        /// The type.
        type_name: String,
    },
    /// The server exports a type that it had not announced, or for the second time.
    #[error("{step}: the server sends records of type {type_name:?}, which is not the type that comes next")]
    UnexpectedType {
        /// How far it had come.
        step: BulkStep,
        /// The type; empty for none.
        type_name: String,
    },
    /// The length or hash of a portion is not that of its data.
    #[error(
        "{step}: length and hash do not match the data; export again, or do not verify them if this server does not set them"
    )]
    NotIntact {
        /// How far it had come.
        step: BulkStep,
    },
    /// The server says that there is more, and sends nothing.
    #[error("{step}: {portions} portions in a row were empty, and the server says that there is more")]
    NoProgress {
        /// How far it had come.
        step: BulkStep,
        /// How many.
        portions: u32,
    },
    /// A property of the channel about bulk data does not have its type.
    #[error(transparent)]
    Property(#[from] PropertyError),
}

/// How far an import or export had come.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BulkStep {
    /// The begin of an import.
    BeginImport,
    /// A portion of records.
    ImportRecords {
        /// The type.
        type_name: String,
        /// Number of the portion, from 1.
        portion: u64,
        /// Number of portions of the type.
        portions: u64,
        /// Number of the first record of the portion in the source, from 1, not counting the header.
        first_record: u64,
        /// Where that record starts, in bytes from the start of the source.
        offset: u64,
    },
    /// A portion of a file.
    ImportFile {
        /// The file.
        name: String,
        /// Number of the portion, from 1.
        portion: u64,
        /// Number of portions of the file.
        portions: u64,
        /// Where the portion starts in the file, in bytes.
        offset: u64,
    },
    /// The end of an import.
    EndImport,
    /// The begin of an export.
    BeginExport,
    /// A portion of an export.
    Export {
        /// Number of the portion, from 1.
        portion: u64,
        /// Number of records received in the portions before.
        records: u64,
    },
}

impl fmt::Display for BulkStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeginImport => f.write_str("begin of the import"),
            Self::ImportRecords { type_name, portion, portions, first_record, offset } => write!(
                f,
                "import of {}, portion {portion} of {portions} (from record {first_record}, byte {offset} of the source)",
                escaped(type_name)
            ),
            Self::ImportFile { name, portion, portions, offset } => {
                write!(f, "import of {}, portion {portion} of {portions} (from byte {offset})", escaped(name))
            }
            Self::EndImport => f.write_str("end of the import"),
            Self::BeginExport => f.write_str("begin of the export"),
            Self::Export { portion, records } => write!(f, "export, portion {portion} (after {records} records)"),
        }
    }
}

/// What is wrong with CSV, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}, which starts at byte {offset}: {kind}", record_text(*.record))]
#[non_exhaustive]
pub struct DataError {
    /// Number of the record, from 1; 0 for the header. In the CSV of an export there is no header,
    /// and the first record has number 1, too.
    pub record: u64,
    /// Where it starts, in bytes from the start of the CSV.
    pub offset: u64,
    /// What is wrong.
    pub kind: DataErrorKind,
}

fn record_text(record: u64) -> String {
    if record == 0 { "the header".to_owned() } else { format!("record {record}") }
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataErrorKind {
    /// There is nothing behind it, and quotes are open.
    #[error("the CSV ends inside of quotes, or behind a backslash")]
    Unfinished,
    /// Something other than a delimiter is behind the closing quote.
    #[error("there is text behind a closing quote; write a quote inside of quotes as the format says")]
    TextBehindQuote,
    /// A field is not UTF-8.
    #[error("not valid UTF-8; convert it")]
    NotUtf8,
    /// It takes too much memory, or does not fit into a portion.
    #[error("it takes more than {maximum} bytes; shorten it")]
    RecordTooLong {
        /// The maximum, in bytes.
        maximum: usize,
    },
    /// It has not as many fields as there are columns.
    #[error("it has {found} fields, and there are {expected} columns")]
    FieldCount {
        /// How many columns there are.
        expected: usize,
        /// How many fields it has.
        found: usize,
    },
    /// The id of a node, or of an end of an edge, is null or empty.
    #[error("the id in column {column} is null or empty")]
    NullId {
        /// Number of the column, from 1.
        column: usize,
    },
    /// There is no header.
    #[error("it is missing; the first record has to name the columns")]
    NoHeader,
    /// The header does not have a column that has to be there.
    #[error(
        "there is no column {name:?}; rename one, or set the channel's properties bulkIOIdColName, bulkIOFromColName, bulkIOToColName"
    )]
    NoColumn {
        /// Name of the column.
        name: String,
    },
    /// Two columns have the same name.
    #[error("column {name:?} is there twice")]
    ColumnTwice {
        /// Name of the column.
        name: String,
    },
    /// A column has no name.
    #[error("column {column} has no name")]
    NamelessColumn {
        /// Number of the column, from 1.
        column: usize,
    },
}
