//! The standard output: records as text or JSON lines.

use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use tgdb_pdu::escaped;

use crate::exit::Failure;
use crate::record::{Format, Record};

/// When the output has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether the standard output is to have colours.
    pub(crate) fn is_wanted(self) -> bool {
        self.is_wanted_on(&io::stdout())
    }

    /// Whether that stream is to have colours.
    pub(crate) fn is_wanted_on(self, stream: &impl RawStream) -> bool {
        match self {
            // It also heeds NO_COLOR and CLICOLOR_FORCE.
            Self::Auto => AutoStream::choice(stream) != ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Writes to the standard output at once.
pub(crate) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).map_err(Failure::Output)
}

/// Writes a value as a line of JSON to the standard output at once.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(json_line(value)?.as_bytes())
}

/// A value and the end of the line. What a terminal would obey, JSON has as escapes.
pub(crate) fn json_line(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value);
    let text = text.map_err(|error| Failure::Data { path: "the answer".into(), reason: error.to_string() })?;
    let mut line = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        // In strings only, for JSON has nothing else outside of ASCII.
        if character.is_ascii() || escaped(character.encode_utf8(&mut [0; 4])).to_string().starts_with(character) {
            line.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                line += &format!("\\u{unit:04x}");
            }
        }
    }
    line.push('\n');
    Ok(line)
}

/// Writes records, one a line.
pub(crate) struct Output {
    out: BufWriter<io::Stdout>,
    format: Format,
    line: Vec<u8>,
    /// Records that say that something could not be decoded.
    pub(crate) undecoded: u64,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { out: BufWriter::with_capacity(64 * 1024, io::stdout()), format, line: Vec::new(), undecoded: 0 }
    }

    /// Whether somebody watches, so that lines should not wait in a buffer.
    pub(crate) fn is_watched(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Writes a line. It can stay in a buffer until [`Output::flush`].
    pub(crate) fn write(&mut self, record: &Record) -> Result<(), Failure> {
        self.undecoded += u64::from(record.is_undecoded());
        self.line.clear();
        self.format.write(record, &mut self.line);
        self.line.push(b'\n');
        self.out.write_all(&self.line).map_err(Failure::Output)
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::Output)
    }
}

#[cfg(test)]
mod tests {
    use super::json_line;

    #[test]
    fn json_has_escapes_for_what_terminals_obey() {
        for text in ["\u{9b}2J", "\u{202e}", "é東", "\u{e0001}", "\u{1b}\n"] {
            let line = json_line(&text).unwrap();
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
            assert!(line.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{line:?}");
        }
        assert_eq!(json_line(&"é東").unwrap(), "\"é東\"\n");
    }
}
