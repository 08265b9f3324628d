//! Records of a reader.

use std::io::{self, Read};

use super::format::CsvFormat;
use super::record::Record;
use super::tokenizer::Tokenizer;
use super::{BulkError, DataError};

/// How much is read at once.
const BUFFER: usize = 16 * 1024;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads CSV, no further ahead than 16 KiB.
pub(super) struct Source<'a, R> {
    type_name: &'a str,
    reader: R,
    buffer: Box<[u8]>,
    /// What of the buffer was not taken yet.
    filled: std::ops::Range<usize>,
    tokenizer: Tokenizer,
    is_new: bool,
}

impl<'a, R: Read> Source<'a, R> {
    pub(super) fn new(type_name: &'a str, reader: R, format: CsvFormat, max_len: usize) -> Self {
        let buffer = vec![0; BUFFER].into();
        Self { type_name, reader, buffer, filled: 0..0, tokenizer: Tokenizer::new(format, max_len), is_new: true }
    }

    /// The next record; false at the end.
    pub(super) fn next(&mut self, record: &mut Record) -> Result<bool, BulkError> {
        if std::mem::take(&mut self.is_new) {
            self.skip_byte_order_mark()?;
        }
        loop {
            let mut input = &self.buffer[self.filled.clone()];
            let found = self.tokenizer.next(&mut input, record);
            self.filled.start = self.filled.end - input.len();
            if found.map_err(|error| self.data_error(error))? {
                return Ok(true);
            }
            self.filled = 0..0;
            if !self.fill()? {
                return self.tokenizer.finish(record).map_err(|error| self.data_error(error));
            }
        }
    }

    /// How many records there were before the last one; 0 if that is the header.
    pub(super) fn index(&self) -> u64 {
        self.tokenizer.records().saturating_sub(1)
    }

    pub(super) fn data_error(&self, error: DataError) -> BulkError {
        BulkError::Data { type_name: self.type_name.to_owned(), source: error }
    }

    /// Reads more behind what is there; false at the end.
    fn fill(&mut self) -> Result<bool, BulkError> {
        loop {
            match self.reader.read(&mut self.buffer[self.filled.end..]) {
                Ok(read) => {
                    self.filled.end += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(BulkError::Read { name: self.type_name.to_owned(), source }),
            }
        }
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), BulkError> {
        while self.filled.len() < BYTE_ORDER_MARK.len() && self.fill()? {}
        if self.buffer[self.filled.clone()].starts_with(BYTE_ORDER_MARK) {
            self.filled.start = BYTE_ORDER_MARK.len();
            self.tokenizer.skip(BYTE_ORDER_MARK.len() as u64);
        }
        Ok(())
    }
}
