//! Host and port.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use idna::AsciiDenyList;

use crate::defaults::Defaults;
use crate::{UrlError, UrlErrorKind, UrlText};

/// Parses `[host][:port]` at byte `at` of the text that it is a part of.
pub(crate) fn parse_authority(
    text: &str,
    at: usize,
    defaults: &Defaults,
    of: UrlText,
) -> Result<(String, u16), UrlError> {
    let error = |offset: usize, kind| UrlError { text: of, position: at + offset, kind };
    let default_host = |kind| match &defaults.host {
        Some(host) => Ok(host.clone()),
        None => Err(error(0, kind)),
    };
    if text.is_empty() {
        return Ok((defaults.host_or_localhost(), defaults.port));
    }
    let (host, port) = if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').ok_or_else(|| error(0, UrlErrorKind::BadBrackets))?;
        let port = match rest.strip_prefix(':') {
            Some(port) => Some(port),
            None if rest.is_empty() => None,
            None => return Err(error(host.len() + 2, UrlErrorKind::BadPort)),
        };
        if !is_ipv6(host) {
            return Err(error(1, UrlErrorKind::BadHost));
        }
        (host.to_owned(), port)
    } else {
        let (host, port) = match text.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err(error(0, UrlErrorKind::BadBrackets)),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        let host = match host {
            "" => default_host(UrlErrorKind::MissingHost)?,
            host if port.is_none() && host.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(error(0, UrlErrorKind::AmbiguousPort));
            }
            host => parse_name(host).ok_or_else(|| error(0, UrlErrorKind::BadHost))?,
        };
        (host, port)
    };
    let port = match port {
        None => defaults.port,
        Some(digits) => match digits.parse() {
            Ok(port @ 1..) if digits.bytes().all(|byte| byte.is_ascii_digit()) => port,
            _ => return Err(error(text.len() - digits.len(), UrlErrorKind::BadPort)),
        },
    };
    Ok((host, port))
}

/// A host without port: a name, an IPv4 address, or an IPv6 address with or without brackets.
pub(crate) fn parse_host(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    match inner.unwrap_or(text) {
        address if is_ipv6(address) => Some(address.to_owned()),
        name => parse_name(name).filter(|_| inner.is_none()),
    }
}

/// A host name or IPv4 address. A name is checked and brought to its ASCII form.
fn parse_name(host: &str) -> Option<String> {
    let name: Cow<'_, str> = idna::domain_to_ascii_cow(host.as_bytes(), AsciiDenyList::URL).ok()?;
    let is_address = name.parse::<Ipv4Addr>().is_ok();
    (is_address || !name.is_empty() && !looks_like_address(&name)).then(|| name.into_owned())
}

/// Whether every label is a number. Some resolvers read such names as IPv4 addresses, which is a
/// surprise: 1.2 is 1.0.0.2 to them, and 0x7f.1 is 127.0.0.1. `node.1` is not such a name.
fn looks_like_address(name: &str) -> bool {
    let is_number = |label: &str| match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    };
    name.split('.').all(is_number)
}

/// An IPv6 address with or without a zone, as in `fe80::1%eth0`.
fn is_ipv6(host: &str) -> bool {
    let (address, zone) = match host.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (host, None),
    };
    let is_zone = |zone: &str| {
        !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    address.parse::<Ipv6Addr>().is_ok() && zone.is_none_or(is_zone)
}
