//! CSV as users and servers write it.

/// How null is written: without quotes. In quotes it is a text of four letters.
pub(super) const NULL: &str = "null";

/// What is between two fields of a user's CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Delimiter {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// A tabulator.
    Tab,
}

impl Delimiter {
    /// The character.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// How a quote inside of a quoted field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Escape {
    /// Twice, as in RFC 4180. A backslash is a character like others.
    #[default]
    DoubledQuote,
    /// Behind a backslash, which takes any character's special meaning away, also outside of
    /// quotes. A doubled quote is read, too.
    Backslash,
}

/// The CSV of a user: UTF-8, the first record is the header, which names the columns. Records end
/// with LF or CRLF; blank lines are passed over, and so is a byte order mark.
///
/// `null` without quotes is null, and so is an empty field without quotes. `"null"` and `""` are
/// texts. So what was exported is the same when it is imported.
///
/// The `csv` crate is not used here, as it does not distinguish a field with quotes from one without,
/// knows no backslash outside of quotes, and does not write a backslash as two.
///
/// # Example
/// ```
/// use tgdb_channel::bulk::{CsvFormat, Delimiter};
/// // As some spreadsheets write it.
/// let format = CsvFormat { delimiter: Delimiter::Semicolon, ..CsvFormat::default() };
/// # let _ = format;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CsvFormat {
    /// What is between two fields. Default comma.
    pub delimiter: Delimiter,
    /// How a quote inside of a field is written. Default twice.
    pub escape: Escape,
}

impl CsvFormat {
    /// The data of bulk messages; without a header.
    pub(super) const WIRE: Self = Self { delimiter: Delimiter::Comma, escape: Escape::Backslash };

    pub(super) fn has_backslash(self) -> bool {
        self.escape == Escape::Backslash
    }

    /// Appends a field; `None` is null.
    pub(super) fn write_field(self, out: &mut Vec<u8>, is_first: bool, value: Option<&str>) {
        if !is_first {
            out.push(self.delimiter.byte());
        }
        let text = value.unwrap_or(NULL);
        if value.is_none() || !self.needs_quotes(text) {
            out.extend_from_slice(text.as_bytes());
            return;
        }
        out.push(b'"');
        for &byte in text.as_bytes() {
            match byte {
                b'"' if !self.has_backslash() => out.push(b'"'),
                // The apostrophe, too: the vendor's client puts a backslash before it.
                b'"' | b'\'' | b'\\' if self.has_backslash() => out.push(b'\\'),
                _ => {}
            }
            out.push(byte);
        }
        out.push(b'"');
    }

    fn needs_quotes(self, text: &str) -> bool {
        let is_special = |byte| matches!(byte, b'"' | b'\'' | b'\\' | b'\n' | b'\r') || byte == self.delimiter.byte();
        // Some readers trim blanks, and take `#` for the start of a comment.
        text.is_empty()
            || text == NULL
            || text.starts_with([' ', '\t', '#', '\u{feff}'])
            || text.ends_with([' ', '\t'])
            || text.bytes().any(is_special)
    }
}
