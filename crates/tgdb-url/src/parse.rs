//! The parser.

use percent_encoding::percent_decode_str;

use crate::escape::{find_bare, trim, unescape};
use crate::host::parse_authority;
use crate::{ConfigName, Properties, Protocol, TgUrl, UrlError, UrlErrorKind};

fn error(position: usize, kind: UrlErrorKind) -> UrlError {
    UrlError { position, kind }
}

pub(crate) fn url(text: &str) -> Result<TgUrl, UrlError> {
    let start = text.len() - text.trim_start().len();
    let text = text.trim_end();
    let scheme_end = text.find("://").ok_or(error(start, UrlErrorKind::MissingProtocol))?;
    let protocol = match text[start..scheme_end].to_ascii_lowercase().as_str() {
        "tcp" => Protocol::Tcp,
        "ssl" => Protocol::Ssl,
        "http" | "https" => return Err(error(start, UrlErrorKind::HttpNotSupported)),
        _ => return Err(error(start, UrlErrorKind::UnknownProtocol)),
    };

    let at = scheme_end + 3;
    let (authority, tail) = match text[at..].find('/') {
        Some(slash) => (&text[at..at + slash], &text[at + slash + 1..]),
        None => (&text[at..], ""),
    };
    let (user, host_at) = match authority.rfind('@') {
        Some(end) => (Some(user(&authority[..end], at)?), at + end + 1),
        None => (None, at),
    };
    let (host, port) = parse_authority(&text[host_at..at + authority.len()], host_at)?;
    let properties = properties(tail, text.len() - tail.len())?;
    Ok(TgUrl { protocol, user, host, port, properties })
}

fn user(text: &str, at: usize) -> Result<String, UrlError> {
    if text.is_empty() {
        return Err(error(at, UrlErrorKind::EmptyUser));
    }
    if let Some(colon) = text.find(':') {
        return Err(error(at + colon, UrlErrorKind::PasswordInUser));
    }
    let complete = text
        .match_indices('%')
        .all(|(at, _)| text.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)));
    let decoded = percent_decode_str(text).decode_utf8().ok().filter(|_| complete);
    Ok(decoded.ok_or(error(at, UrlErrorKind::BadPercentEncoding))?.into_owned())
}

fn properties(text: &str, at: usize) -> Result<Properties, UrlError> {
    let mut properties = Properties::new();
    if text.is_empty() {
        return Ok(properties);
    }
    let inner = text
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix('}'))
        .ok_or(error(at, UrlErrorKind::BadProperties))?;
    let mut at = at + 1;
    let mut rest = Some(inner);
    while let Some(text) = rest {
        let (entry, next) = match find_bare(text, |c| c == ';') {
            Some(end) => (&text[..end], Some(&text[end + 1..])),
            None => (text, None),
        };
        // An empty entry, as behind a last semicolon, is no offence.
        if !entry.trim().is_empty() {
            property(entry, at, &mut properties)?;
        }
        at += entry.len() + 1;
        rest = next;
    }
    Ok(properties)
}

fn property(entry: &str, at: usize, properties: &mut Properties) -> Result<(), UrlError> {
    let at = at + entry.len() - entry.trim_start().len();
    let entry = trim(entry);
    let end = find_bare(entry, |c| c == '=' || c == ':' || c.is_whitespace());
    let end = end.filter(|end| *end > 0).ok_or(error(at, UrlErrorKind::BadProperty))?;
    let tail = entry[end..].trim_start();
    let value = trim(tail.strip_prefix(['=', ':']).unwrap_or(tail));
    let key = unescape(&entry[..end]).map_err(|kind| error(at, kind))?;
    let value = unescape(value).map_err(|kind| error(at + end + 1, kind))?;
    if properties.get_by_name(&key).is_some_and(|old| old != value) {
        let name = ConfigName::from_name(&key).map_or(key, |name| name.name().to_owned());
        return Err(error(at, UrlErrorKind::DuplicateProperty(name)));
    }
    properties.set_by_name(&key, value);
    Ok(())
}
