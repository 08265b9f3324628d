//! One record of CSV, taken apart.

use super::format::NULL;

/// The fields of a record, without quotes and escapes. Reused for the next one.
#[derive(Debug, Default)]
pub(super) struct Record {
    text: String,
    /// Where each field ends in `text`, and whether it was in quotes.
    ends: Vec<(usize, bool)>,
    /// Where the record starts, in bytes from the start of the CSV.
    pub(super) offset: u64,
}

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) text: &'a str,
    pub(super) is_quoted: bool,
}

impl<'a> Field<'a> {
    /// What the field says in a bulk message.
    pub(super) fn wire_value(self) -> Option<&'a str> {
        (self.is_quoted || self.text != NULL).then_some(self.text)
    }

    /// What the field says in the CSV of a user: where it is empty without quotes, there is none.
    pub(super) fn user_value(self) -> Option<&'a str> {
        self.wire_value().filter(|text| self.is_quoted || !text.is_empty())
    }
}

impl Record {
    pub(super) fn set(&mut self, text: String, ends: &[(usize, bool)], offset: u64) {
        self.text = text;
        self.ends.clear();
        self.ends.extend_from_slice(ends);
        self.offset = offset;
    }

    /// The text's memory, to be filled for the next record.
    pub(super) fn take_text(&mut self) -> Vec<u8> {
        let mut text = std::mem::take(&mut self.text).into_bytes();
        text.clear();
        text
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn field(&self, index: usize) -> Option<Field<'_>> {
        let (end, is_quoted) = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(end, _)| *end);
        Some(Field { text: self.text.get(start..end)?, is_quoted })
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        (0..self.len()).filter_map(|index| self.field(index))
    }
}
