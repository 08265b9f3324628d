//! Text of a peer in a form that terminals and logs can show.

use std::fmt;

/// How many bytes of a peer's text [`excerpt`] keeps: 1,024.
pub const MAX_EXCERPT_LEN: usize = 1024;

/// The text in which a peer gives a reason, for an error to keep: its start, if it is
/// longer than [`MAX_EXCERPT_LEN`] bytes. What is not UTF-8 becomes U+FFFD.
///
/// # Example
/// ```
/// use tgdb_pdu::{MAX_EXCERPT_LEN, excerpt};
/// assert_eq!(excerpt(b"the server is full"), "the server is full");
/// let long = excerpt("no ".repeat(1_000_000).as_bytes());
/// assert!(long.len() <= MAX_EXCERPT_LEN && long.ends_with("..."));
/// ```
pub fn excerpt(text: &[u8]) -> String {
    let start = &text[..text.len().min(MAX_EXCERPT_LEN)];
    let mut kept = String::from_utf8_lossy(start).into_owned();
    if start.len() < text.len() || kept.len() > MAX_EXCERPT_LEN {
        let end = (0..=MAX_EXCERPT_LEN - 3).rev().find(|end| kept.is_char_boundary(*end));
        kept.truncate(end.unwrap_or_default());
        kept.push_str("...");
        kept.shrink_to_fit();
    }
    kept
}

/// Text that a peer sent, as errors and logs may show it; made by [`escaped`].
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(&'a str);

/// Shows text without what would change how the text around it is read: control
/// characters (new line, ESC), controls of the writing direction, and invisible
/// characters become escapes of Rust, such as `\n` and `\u{1b}`. Other text, quotes and
/// backslashes included, stays as it is.
///
/// # Example
/// ```
/// let text = "no such user\n2026-01-01 login of admin: ok\u{1b}[2K";
/// assert_eq!(
///     tgdb_pdu::escaped(text).to_string(),
///     r"no such user\n2026-01-01 login of admin: ok\u{1b}[2K"
/// );
/// ```
pub fn escaped(text: &str) -> Escaped<'_> {
    Escaped(text)
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The escapes of the standard library, except for what is harmless here.
        for part in self.0.split_inclusive(['\\', '"', '\'']) {
            let text = part.trim_end_matches(['\\', '"', '\'']);
            write!(f, "{}{}", text.escape_debug(), &part[text.len()..])?;
        }
        Ok(())
    }
}
