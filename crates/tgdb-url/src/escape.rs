//! Escapes inside the braces: a backslash before one of [`ESCAPED`] takes its meaning from
//! it, `\u` and four hexadecimal digits is a UTF-16 code unit, as in Java's property files,
//! and any other backslash is itself, as in `CORP\scott` and `C:\certs\ca.pem`.

use std::fmt;

use zeroize::Zeroizing;

use crate::UrlErrorKind;

/// Characters that end a key or a value, or that trimming would remove.
const ESCAPED: &[char] = &[';', '=', ':', '\\', '{', '}', ' '];

/// Writes a key or value with escapes: [`unescape`] gives it back, and the parser of URLs finds its end.
pub(crate) fn escape(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    for c in text.chars() {
        match c {
            c if ESCAPED.contains(&c) => {
                out.write_char('\\')?;
                out.write_char(c)?;
            }
            c if c.is_control() || c.is_whitespace() => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            c => out.write_char(c)?,
        }
    }
    Ok(())
}

/// Takes the escapes out. What comes out can be secret, and is wiped.
pub(crate) fn unescape(text: &str) -> Result<Zeroizing<String>, UrlErrorKind> {
    // An escape is at least as long as its character. So the buffer never grows, and leaves no copy
    // of a secret behind.
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(c) = rest.chars().next().filter(|c| ESCAPED.contains(c)) {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else if let Some((c, tail)) = unicode(rest)? {
            out.push(c);
            rest = tail;
        } else {
            out.push('\\');
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The code unit of a `uXXXX` that the text starts with, and what follows.
fn unit(text: &str) -> Option<(u16, &str)> {
    let text = text.strip_prefix('u')?;
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    Some((u16::from_str_radix(digits, 16).ok()?, &text[4..]))
}

/// The character of `uXXXX`, or of `uXXXX\uXXXX`, that the text starts with.
fn unicode(text: &str) -> Result<Option<(char, &str)>, UrlErrorKind> {
    let Some((first, rest)) = unit(text) else { return Ok(None) };
    if let Some(c) = char::from_u32(first.into()) {
        return Ok(Some((c, rest)));
    }
    let (second, rest) = rest.strip_prefix('\\').and_then(unit).ok_or(UrlErrorKind::BadEscape)?;
    let pair = char::decode_utf16([first, second]).next();
    Ok(Some((pair.and_then(Result::ok).ok_or(UrlErrorKind::BadEscape)?, rest)))
}

/// The position of the first character that `is_end` and has no backslash before it.
pub(crate) fn find_bare(text: &str, is_end: impl Fn(char) -> bool) -> Option<usize> {
    let mut after_backslash = false;
    text.char_indices().find_map(|(at, c)| {
        let bare = !(after_backslash && ESCAPED.contains(&c));
        after_backslash = bare && c == '\\';
        (bare && is_end(c)).then_some(at)
    })
}

/// Takes white space off both ends, but not an escaped blank.
pub(crate) fn trim(text: &str) -> &str {
    let start = text.trim_start();
    let end = start.trim_end();
    let backslashes = end.bytes().rev().take_while(|byte| *byte == b'\\').count();
    match start[end.len()..].starts_with(' ') && backslashes % 2 == 1 {
        true => &start[..=end.len()],
        false => end,
    }
}
