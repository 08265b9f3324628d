//! Host and port of a URL.

use crate::defaults::Defaults;
use crate::host::{is_ipv6, parse_name};
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
