//! Cuts CSV, which comes in pieces, into records.

use super::format::CsvFormat;
use super::record::Record;
use super::{DataError, DataErrorKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a field.
    Start,
    /// In a field without quotes. Was the last byte a carriage return?
    Bare { after_cr: bool },
    /// Behind a backslash.
    Escaped { in_quotes: bool },
    /// In quotes.
    Quoted,
    /// Behind a quote that ends the quoted text, unless there is another.
    Closed { after_cr: bool },
}

/// A push parser: it takes bytes, and gives records. What it keeps is bounded by `max_len`.
#[derive(Debug)]
pub(super) struct Tokenizer {
    format: CsvFormat,
    max_len: usize,
    state: State,
    text: Vec<u8>,
    ends: Vec<(usize, bool)>,
    is_quoted: bool,
    /// Bytes taken so far.
    offset: u64,
    /// Where the record starts.
    start: u64,
    /// Records given so far.
    records: u64,
}

impl Tokenizer {
    /// For records that take `max_len` bytes of memory at most.
    pub(super) fn new(format: CsvFormat, max_len: usize) -> Self {
        Self {
            format,
            max_len,
            state: State::Start,
            text: Vec::new(),
            ends: Vec::new(),
            is_quoted: false,
            offset: 0,
            start: 0,
            records: 0,
        }
    }

    /// Passes over bytes in front of the next record.
    pub(super) fn skip(&mut self, bytes: u64) {
        self.offset += bytes;
        self.start = self.offset;
    }

    /// Takes bytes off the front of `input` up to the end of a record, and says whether there was
    /// one. If not, all bytes were taken.
    pub(super) fn next(&mut self, input: &mut &[u8], record: &mut Record) -> Result<bool, DataError> {
        let (delimiter, has_backslash) = (self.format.delimiter.byte(), self.format.has_backslash());
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            self.offset += 1;
            match (self.state, byte) {
                (State::Quoted, b'"') => self.state = State::Closed { after_cr: false },
                (State::Quoted, b'\\') if has_backslash => self.state = State::Escaped { in_quotes: true },
                (State::Quoted, _) => self.text.push(byte),
                (State::Escaped { in_quotes }, _) => {
                    self.text.push(byte);
                    self.state = if in_quotes { State::Quoted } else { State::Bare { after_cr: false } };
                }
                (State::Closed { after_cr: false }, b'"') => {
                    self.text.push(byte);
                    self.state = State::Quoted;
                }
                (State::Closed { after_cr: false }, b'\r') => self.state = State::Closed { after_cr: true },
                (State::Start, b'"') => {
                    self.is_quoted = true;
                    self.state = State::Quoted;
                }
                (State::Closed { after_cr: true }, b'\n') => return self.end_record(record),
                (State::Closed { after_cr: true }, _) => return Err(self.error(DataErrorKind::TextBehindQuote)),
                (_, b'\n') => {
                    if self.state == (State::Bare { after_cr: true }) {
                        self.text.pop();
                    }
                    if !self.is_blank() {
                        return self.end_record(record);
                    }
                    self.state = State::Start;
                    self.start = self.offset;
                }
                (_, _) if byte == delimiter => self.end_field(),
                (State::Closed { .. }, _) => return Err(self.error(DataErrorKind::TextBehindQuote)),
                (_, b'\\') if has_backslash => self.state = State::Escaped { in_quotes: false },
                (_, _) => {
                    self.text.push(byte);
                    self.state = State::Bare { after_cr: byte == b'\r' };
                }
            }
            if self.text.len() + size_of_val(&self.ends[..]) > self.max_len {
                return Err(self.error(DataErrorKind::RecordTooLong { maximum: self.max_len }));
            }
        }
        Ok(false)
    }

    /// The end of the CSV: gives the last record if no end of line was behind it.
    pub(super) fn finish(&mut self, record: &mut Record) -> Result<bool, DataError> {
        if self.state == (State::Bare { after_cr: true }) {
            self.text.pop();
        }
        match self.state {
            State::Quoted | State::Escaped { .. } => Err(self.error(DataErrorKind::Unfinished)),
            _ if self.is_blank() => Ok(false),
            _ => self.end_record(record),
        }
    }

    /// How many records were given.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Whether there is nothing in the record so far.
    fn is_blank(&self) -> bool {
        self.ends.is_empty() && self.text.is_empty() && !self.is_quoted
    }

    fn end_field(&mut self) {
        self.ends.push((self.text.len(), self.is_quoted));
        self.is_quoted = false;
        self.state = State::Start;
    }

    fn end_record(&mut self, record: &mut Record) -> Result<bool, DataError> {
        self.end_field();
        let text = std::mem::replace(&mut self.text, record.take_text());
        // Each field by itself: what is broken in two fields could be whole in both together.
        let mut field = 0;
        let is_utf8 = self.ends.iter().all(|(end, _)| {
            let start = std::mem::replace(&mut field, *end);
            text.get(start..*end).is_some_and(|field| std::str::from_utf8(field).is_ok())
        });
        let text = String::from_utf8(text).ok().filter(|_| is_utf8);
        record.set(text.ok_or_else(|| self.error(DataErrorKind::NotUtf8))?, &self.ends, self.start);
        self.ends.clear();
        self.start = self.offset;
        self.records += 1;
        Ok(true)
    }

    /// The error about the record that is being taken apart.
    pub(super) fn error(&self, kind: DataErrorKind) -> DataError {
        DataError { record: self.records, offset: self.start, kind }
    }
}
