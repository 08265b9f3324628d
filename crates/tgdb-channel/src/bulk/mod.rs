//! Bulk import and export of CSV, with bounded memory.
//!
//! | what | how |
//! |---|---|
//! | nodes and edges of some types | [`BulkImport`] |
//! | files as the vendor's server knows them | [`import_files`] |
//! | all nodes and edges, by type | [`export`] |
//!
//! They use the verbs 25 to 29 and 31 to 36, which only the vendor's Python client has; see
//! `docs/protocol.md` of the repository. They block, so in a task they belong on a thread of their
//! own. The bodies of the messages are in [`tgdb_pdu::body`], for those who want to send them
//! otherwise.
//!
//! [`CsvFormat`] says how the CSV of the program is written, which is not that of the messages.

mod columns;
mod error;
mod export;
mod export_flow;
mod files;
mod format;
mod import;
mod link;
mod loaded;
mod options;
mod packer;
mod plan;
mod progress;
mod record;
mod source;
#[cfg(test)]
mod tests;
mod tokenizer;

pub use error::{BulkError, BulkStep, DataError, DataErrorKind};
pub use export::{ExportType, ExportedType, export};
pub use files::import_files;
pub use format::{CsvFormat, Delimiter, Escape};
pub use import::{BulkImport, ImportSummary, ImportedType};
pub use options::{ExportOptions, ImportOptions};
pub use progress::BulkProgress;
