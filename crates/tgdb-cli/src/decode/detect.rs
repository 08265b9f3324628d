//! What a file is, by its first bytes.

use memchr::memmem;
use tgdb_pdu::MAGIC;

use super::hex;

/// This many bytes are enough to recognize each kind.
pub(super) const ENOUGH: usize = 12;

/// The kinds of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Find out
    Auto,
    /// A pcap or pcapng file
    Pcap,
    /// The bytes of one direction
    Stream,
    /// Hexadecimal digits, with or without offsets and characters
    Hex,
    /// What Java's client writes with enableTrace
    Trace,
}

/// Starts of pcap files of either byte order, with micro- and nanoseconds, and of pcapng files.
const CAPTURES: [[u8; 4]; 5] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x0a, 0x0d, 0x0d, 0x0a],
];

/// The kind of a file that starts with those bytes.
pub(super) fn kind(start: &[u8]) -> Option<Kind> {
    let magic = MAGIC.to_be_bytes();
    let at = |from: usize| start.get(from..from + 4);
    if CAPTURES.iter().any(|capture| start.starts_with(capture)) {
        Some(Kind::Pcap)
    } else if at(4) == Some(&magic) {
        Some(Kind::Stream)
    } else if at(8) == Some(&magic) && at(0) == at(4) {
        Some(Kind::Trace)
    } else if hex::is_hex(start) {
        Some(Kind::Hex)
    } else {
        // A stream that begins in the middle of a message.
        memmem::find(start, &magic).map(|_| Kind::Stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        for (start, expected) in [
            (&b"\x0a\x0d\x0d\x0a\0\0\0\x1c"[..], Some(Kind::Pcap)),
            (b"\0\0\0\x38\x0d\xb2\xd1\xe4\x03\0", Some(Kind::Stream)),
            (b"\0\0\0\x38\0\0\0\x38\x0d\xb2\xd1\xe4\x03\0", Some(Kind::Trace)),
            (b"xyz\0\0\0\x38\x0d\xb2\xd1\xe4\x03\0", Some(Kind::Stream)),
            (b"00000000: 0000 0038 0db2 d1e4  ...8....\n", Some(Kind::Hex)),
            (b"hello, world\n", None),
            (b"", None),
        ] {
            assert_eq!(kind(start), expected, "{start:?}");
        }
    }
}
