//! Host names and addresses.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use idna::AsciiDenyList;

/// A host without port: a name, an IPv4 address, or an IPv6 address with or without brackets.
pub(crate) fn parse_host(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    match inner.unwrap_or(text) {
        address if is_ipv6(address) => Some(address.to_owned()),
        name => parse_name(name).filter(|_| inner.is_none()),
    }
}

/// A host name or IPv4 address. A name is checked and brought to its ASCII form.
pub(crate) fn parse_name(host: &str) -> Option<String> {
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
pub(crate) fn is_ipv6(host: &str) -> bool {
    let (address, zone) = match host.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (host, None),
    };
    let is_zone = |zone: &str| {
        !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    address.parse::<Ipv6Addr>().is_ok() && zone.is_none_or(is_zone)
}
