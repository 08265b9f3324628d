//! How imports and exports are done.

use std::time::Duration;

use tgdb_pdu::body::{ImportDateFormat, ImportErrors, ImportLoad};

use super::CsvFormat;

/// How an import is done.
///
/// # Example
/// ```
/// use tgdb_channel::bulk::ImportOptions;
/// use tgdb_channel::pdu::body::{ImportErrors, ImportLoad};
/// let options = ImportOptions::default().errors(ImportErrors::Ignore).load(ImportLoad::Upsert);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    pub(super) errors: ImportErrors,
    pub(super) load: ImportLoad,
    pub(super) date_format: ImportDateFormat,
    pub(super) format: CsvFormat,
    pub(super) timeout: Option<Duration>,
}

impl ImportOptions {
    /// What the server does about a record that it cannot load. Default: it stops.
    #[must_use]
    pub fn errors(mut self, errors: ImportErrors) -> Self {
        self.errors = errors;
        self
    }

    /// What the server does about an entity that exists. Default: all are new.
    #[must_use]
    pub fn load(mut self, load: ImportLoad) -> Self {
        self.load = load;
        self
    }

    /// The order of day, month and year in dates. Default year, month, day.
    #[must_use]
    pub fn date_format(mut self, date_format: ImportDateFormat) -> Self {
        self.date_format = date_format;
        self
    }

    /// How the CSV of the sources is written.
    #[must_use]
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.format = format;
        self
    }

    /// How long to wait for the answer to each portion. Default: the property
    /// `tgdb.connection.operationTimeoutSeconds`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// How an export is done.
///
/// # Example
/// ```
/// use tgdb_channel::bulk::ExportOptions;
/// let options = ExportOptions::default().verify(true);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
pub struct ExportOptions {
    pub(super) format: CsvFormat,
    pub(super) timeout: Option<Duration>,
    pub(super) verify: bool,
}

impl ExportOptions {
    /// How the CSV is to be written.
    #[must_use]
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.format = format;
        self
    }

    /// How long to wait for each portion. Default: the property
    /// `tgdb.connection.operationTimeoutSeconds`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether length and hash of each portion have to be those of its data. Default false, as the
    /// vendor's client does not look at them, and it is not known whether a server fills them in.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }
}
