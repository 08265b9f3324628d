//! Hex dumps to bytes.
//!
//! A line is what `xxd`, `xxd -p`, `hexdump -C`, `od -A x -t x1`, `tcpdump -x` or Wireshark
//! writes: an offset or none, pairs of digits in groups of any size, the characters or none.
//! Commas, and `0x` before a group, are skipped, so a list of bytes in a program does too.
//! Lines that start with `#` are comments.

/// What was found out so far about a dump.
#[derive(Debug, Default)]
pub(super) struct Hex {
    number: u64,
    /// Whether lines start with an offset.
    has_offsets: bool,
    /// The line so far has been too long to be held; it has digits only.
    inside_line: bool,
    /// The first digit of a pair whose second one is still to come.
    half: Option<u8>,
}

/// Whether a file that starts with those bytes is a hex dump.
pub(super) fn is_hex(start: &[u8]) -> bool {
    let mut lines: Vec<_> = start.split_inclusive(|byte| *byte == b'\n').collect();
    // The last one can be cut anywhere.
    if lines.len() > 1 && !start.ends_with(b"\n") {
        lines.pop();
    }
    let mut hex = Hex::default();
    let found: Result<Vec<_>, _> = lines.iter().map(|line| hex.line(line, line.ends_with(b"\n"))).collect();
    found.is_ok_and(|found| found.iter().any(|bytes| !bytes.is_empty()))
}

impl Hex {
    /// The bytes of a line, or of a piece of one that is not whole.
    ///
    /// # Errors
    /// The number of the line, from 1 on, if it is not part of a hex dump.
    pub(super) fn line(&mut self, line: &[u8], is_whole: bool) -> Result<Vec<u8>, u64> {
        let continues = std::mem::replace(&mut self.inside_line, !is_whole && !line.ends_with(b"\n"));
        self.number += u64::from(!continues);
        let number = self.number;
        let text = std::str::from_utf8(line).map_err(|_| number)?.trim_ascii();
        let bytes = if continues || self.inside_line { self.digits(text) } else { self.whole_line(text) };
        if !self.inside_line && self.half.take().is_some() {
            return Err(number);
        }
        bytes.ok_or(number)
    }

    fn whole_line(&mut self, text: &str) -> Option<Vec<u8>> {
        if text.is_empty() || text.starts_with('#') {
            return Some(Vec::new());
        }
        let (text, characters_cut) =
            text.split_once('|').map_or((text, false), |(digits, _)| (digits.trim_end(), true));
        let Some(rest) = without_offset(text) else {
            // The last line of hexdump and od is the length.
            let is_length = self.has_offsets && text.len() >= 6 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            return if is_length { Some(Vec::new()) } else { self.digits(text) };
        };
        self.has_offsets = true;
        let rest = rest.trim_start();
        let digits = if characters_cut { rest } else { rest.split_once("  ").map_or(rest, |(digits, _)| digits) };
        self.digits(digits)
    }

    /// Pairs of digits. A pair can begin in one piece of a long line and end in the next.
    fn digits(&mut self, text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len() / 2);
        for group in text.split([' ', '\t', ',']) {
            let group = group.strip_prefix("0x").unwrap_or(group);
            for digit in group.chars() {
                let digit = digit.to_digit(16)? as u8;
                match self.half.take() {
                    None => self.half = Some(digit),
                    Some(high) => bytes.push(high << 4 | digit),
                }
            }
            if self.half.is_some() && !self.inside_line {
                return None;
            }
        }
        Some(bytes)
    }
}

/// What stands behind the offset; `None` if the line starts with none.
fn without_offset(text: &str) -> Option<&str> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let end = text.find(|character: char| !character.is_ascii_hexdigit())?;
    if !(4..=16).contains(&end) {
        return None;
    }
    let (_, rest) = text.split_at(end);
    if let Some(rest) = rest.strip_prefix(':') {
        return Some(rest);
    }
    // Without a colon it is an offset if single bytes follow.
    let first = rest.split_ascii_whitespace().next()?;
    (first.len() == 2 && rest.starts_with([' ', '\t'])).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(dump: &str) -> Result<Vec<u8>, u64> {
        let mut hex = Hex::default();
        let lines: Result<Vec<_>, _> = dump.lines().map(|line| hex.line(line.as_bytes(), true)).collect();
        Ok(lines?.concat())
    }

    #[test]
    fn dumps_of_all_programs() {
        let expected: Vec<u8> = b"\0\0\0\x38\x0d\xb2\xd1\xe4\x03\0\0\x0b\0\0\0\0 |a  bc".to_vec();
        for dump in [
            // xxd
            "00000000: 0000 0038 0db2 d1e4 0300 000b 0000 0000  ...8............\n00000010: 207c 6120 2062 63                         |a  bc",
            // xxd -p
            "000000380db2d1e40300000b00000000207c6120206263",
            // hexdump -C
            "00000000  00 00 00 38 0d b2 d1 e4  03 00 00 0b 00 00 00 00  |...8............|\n00000010  20 7c 61 20 20 62 63                              | |a  bc|\n00000017",
            // od -A x -t x1
            "000000 00 00 00 38 0d b2 d1 e4 03 00 00 0b 00 00 00 00\n000010 20 7c 61 20 20 62 63\n000017",
            // tcpdump -x
            "\t0x0000:  0000 0038 0db2 d1e4 0300 000b 0000 0000\n\t0x0010:  207c 6120 2062 63",
            // Wireshark
            "0000   00 00 00 38 0d b2 d1 e4 03 00 00 0b 00 00 00 00   ...8............\n0010   20 7c 61 20 20 62 63                               |a  bc",
            // A program
            "# from a test\n0x00, 0x00, 0x00, 0x38, 0x0d, 0xb2, 0xd1, 0xe4,\n0x03, 0x00, 0x00, 0x0b, 0, 0"
                .replace(", 0, 0", ", 0x00,0x00,0x00,0x00 20 7c61 20 2062 63")
                .as_str(),
        ] {
            assert_eq!(bytes(dump).as_ref(), Ok(&expected), "{dump}");
        }
    }

    #[test]
    fn other_text_is_an_error() {
        for (text, line) in [("hello", 1), ("00 11\n0 1", 2), ("001", 1), ("0000: 00 zz", 1)] {
            assert_eq!(bytes(text), Err(line), "{text}");
        }
    }

    #[test]
    fn a_long_line_comes_in_pieces() {
        let mut hex = Hex::default();
        assert_eq!(hex.line(b"00112", false), Ok(vec![0x00, 0x11]));
        assert_eq!(hex.line(b"2 33\n", true), Ok(vec![0x22, 0x33]));
        assert_eq!(hex.line(b"4", true), Err(2));
    }
}
