//! Turns a source into portions.

use std::io::Read;

use super::columns::Columns;
use super::format::CsvFormat;
use super::packer::{MAX_PORTION, Packed, Packer};
use super::record::Record;
use super::source::Source;
use super::{BulkError, DataError, DataErrorKind};

/// How much memory a record of the source may take; one that fits into a portion takes less.
const MAX_RECORD: usize = 32 * MAX_PORTION;

/// How the source of a type becomes portions.
pub(super) struct Plan<'a> {
    pub(super) type_name: &'a str,
    pub(super) ids: Vec<&'a str>,
    pub(super) max_records: u32,
    pub(super) format: CsvFormat,
}

impl Plan<'_> {
    /// Makes portions of a source, and gives the columns.
    pub(super) fn each_portion<R: Read>(
        &self,
        reader: R,
        mut take: impl FnMut(&Columns, Packed) -> Result<(), BulkError>,
    ) -> Result<Columns, BulkError> {
        let mut source = Source::new(self.type_name, reader, self.format, MAX_RECORD);
        let (mut record, mut line) = (Record::default(), Vec::new());
        if !source.next(&mut record)? {
            return Err(source.data_error(DataError { record: 0, offset: 0, kind: DataErrorKind::NoHeader }));
        }
        let columns = Columns::of(&record, &self.ids)
            .map_err(|kind| source.data_error(DataError { record: 0, offset: record.offset, kind }))?;
        let mut packer = Packer::new(self.max_records);
        while source.next(&mut record)? {
            line.clear();
            let (index, offset) = (source.index(), record.offset);
            let error = |kind| source.data_error(DataError { record: index, offset, kind });
            columns.write(&record, &mut line).map_err(error)?;
            if line.len() > MAX_PORTION {
                return Err(error(DataErrorKind::RecordTooLong { maximum: MAX_PORTION }));
            }
            if let Some(full) = packer.add(&line, index, offset) {
                take(&columns, full)?;
            }
        }
        if let Some(last) = packer.take() {
            take(&columns, last)?;
        }
        Ok(columns)
    }
}
