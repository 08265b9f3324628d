//! Text of a peer in a form that terminals and logs can show.

use std::fmt;

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
