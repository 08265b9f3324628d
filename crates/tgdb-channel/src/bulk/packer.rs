//! Puts lines together to portions.

use bytes::Bytes;

/// The maximum length of a portion of records in bytes, as in the vendor's client
/// (`bulkioimpl.py`, `MAX_STRING_LEN`). The `i16` in front of the data allows 32,767.
pub(super) const MAX_PORTION: usize = 32_000;

/// A portion: whole records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Packed {
    pub(super) data: Bytes,
    pub(super) records: u64,
    /// Number of its first record, from 1.
    pub(super) first_record: u64,
    /// Where that starts in the user's CSV, in bytes.
    pub(super) offset: u64,
}

/// Holds one portion until it is full.
#[derive(Debug)]
pub(super) struct Packer {
    max_records: u64,
    data: Vec<u8>,
    open: Packed,
}

impl Packer {
    /// For portions of that many records at most.
    pub(super) fn new(max_records: u32) -> Self {
        Self { max_records: max_records.max(1).into(), data: Vec::new(), open: Packed::default() }
    }

    /// Adds a line, which is not longer than [`MAX_PORTION`]. Gives the portion before it if the
    /// line does not fit in.
    pub(super) fn add(&mut self, line: &[u8], record: u64, offset: u64) -> Option<Packed> {
        let is_full = self.open.records == self.max_records || self.data.len() + line.len() > MAX_PORTION;
        let full = if is_full { self.take() } else { None };
        if self.open.records == 0 {
            self.open = Packed { first_record: record, offset, ..Packed::default() };
        }
        self.data.extend_from_slice(line);
        self.open.records += 1;
        full
    }

    /// Gives the portion that is not full, unless it is empty.
    pub(super) fn take(&mut self) -> Option<Packed> {
        let open = std::mem::take(&mut self.open);
        let data = Bytes::from(std::mem::take(&mut self.data));
        (open.records > 0).then_some(Packed { data, ..open })
    }
}
