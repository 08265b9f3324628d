//! Escapes inside the braces, those of Java's property files: a backslash takes
//! the meaning from the next character or gives it one, as in `\;` and `\u00e9`.

use crate::UrlErrorKind;

/// Characters that end a key or a value, or that trimming would take.
const SPECIAL: &[char] = &[';', '=', ':', '\\', '{', '}', ' '];

/// Writes a key or value so that [`unescape`] gives it back and no parser of URLs trips over it.
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x0c' => out.push_str("\\f"),
            c if SPECIAL.contains(&c) => out.extend(['\\', c]),
            c if c.is_control() || c.is_whitespace() => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
}

/// Takes the escapes out.
pub(crate) fn unescape(text: &str) -> Result<String, UrlErrorKind> {
    let mut units = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next().ok_or(UrlErrorKind::BadEscape)? {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'f' => '\x0c',
                'u' => {
                    let digits = chars.as_str().get(..4).ok_or(UrlErrorKind::BadEscape)?;
                    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                        return Err(UrlErrorKind::BadEscape);
                    }
                    units.push(u16::from_str_radix(digits, 16).map_err(|_| UrlErrorKind::BadEscape)?);
                    chars = chars.as_str()[4..].chars();
                    continue;
                }
                other => other,
            },
            other => other,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16(&units).map_err(|_| UrlErrorKind::BadEscape)
}

/// The position of the first character that `is_end` and has no backslash before it.
pub(crate) fn find_bare(text: &str, is_end: impl Fn(char) -> bool) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let bare = !escaped;
        escaped = bare && c == '\\';
        (bare && is_end(c)).then_some(at)
    })
}

/// Takes white space off both ends, but not an escaped blank.
pub(crate) fn trim(text: &str) -> &str {
    let start = text.trim_start();
    let end = start.trim_end();
    let backslashes = end.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if backslashes % 2 == 1 && end.len() < start.len() {
        let escaped = start[end.len()..].chars().next().map_or(0, char::len_utf8);
        return &start[..end.len() + escaped];
    }
    end
}
