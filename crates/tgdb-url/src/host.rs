//! Host and port.

use std::net::Ipv6Addr;

use crate::{DEFAULT_HOST, DEFAULT_PORT, UrlError, UrlErrorKind};

/// Parses `[host][:port]` that stands at byte `at` of the text.
pub(crate) fn parse_authority(text: &str, at: usize) -> Result<(String, u16), UrlError> {
    let error = |offset: usize, kind| Err(UrlError { position: at + offset, kind });
    if text.is_empty() {
        return Ok((DEFAULT_HOST.into(), DEFAULT_PORT));
    }
    let (host, port) = if let Some(inner) = text.strip_prefix('[') {
        let Some((host, rest)) = inner.split_once(']') else {
            return error(0, UrlErrorKind::BadBrackets);
        };
        let port = match rest.strip_prefix(':') {
            Some(port) => Some(port),
            None if rest.is_empty() => None,
            None => return error(host.len() + 2, UrlErrorKind::BadPort),
        };
        if !is_ipv6(host) {
            return error(1, UrlErrorKind::BadHost);
        }
        (host.to_owned(), port)
    } else {
        let (host, port) = match text.split_once(':') {
            Some((_, port)) if port.contains(':') => return error(0, UrlErrorKind::BadBrackets),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        (parse_name(host, port.is_some()).map_err(|kind| UrlError { position: at, kind })?, port)
    };
    let port = match port {
        None => DEFAULT_PORT,
        Some(digits) => match digits.parse() {
            Ok(port @ 1..) if digits.bytes().all(|byte| byte.is_ascii_digit()) => port,
            _ => return error(text.len() - digits.len(), UrlErrorKind::BadPort),
        },
    };
    Ok((host, port))
}

/// A host name or IPv4 address. A name is checked and brought to its ASCII form.
fn parse_name(host: &str, has_port: bool) -> Result<String, UrlErrorKind> {
    if host.is_empty() {
        return Err(UrlErrorKind::MissingHost);
    }
    if host.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(if has_port { UrlErrorKind::BadHost } else { UrlErrorKind::AmbiguousPort });
    }
    match url::Host::parse(host) {
        // The URL standard takes 1.2 for 1.0.0.2; nobody means that here.
        Ok(url::Host::Ipv4(address)) if address.to_string() != host => Err(UrlErrorKind::BadHost),
        Ok(parsed @ (url::Host::Ipv4(_) | url::Host::Domain(_))) => Ok(parsed.to_string()),
        _ => Err(UrlErrorKind::BadHost),
    }
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
