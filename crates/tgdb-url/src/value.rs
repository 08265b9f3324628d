//! The types of values: their syntax, and how each is parsed.

use std::str::FromStr;
use std::time::Duration;

use crate::duration::{self, Bare};
use crate::{ConfigName, Properties, PropertyError, Protocol, TlsVersion, VersionCheck};

type Parsed<T> = Result<Option<T>, PropertyError>;

/// The value parsed by `parse`; `None` if it is neither set nor has a default.
fn parsed<T>(
    properties: &Properties,
    name: ConfigName,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Parsed<T> {
    let value = properties.get_or_default(name);
    value.map(|value| parse(value.trim()).ok_or(PropertyError::Value { name, expected })).transpose()
}

/// A type whose value is read by a function from `&str` to an `Option`.
macro_rules! types {
    ($($(#[$doc:meta])* $kind:ident -> $ty:ty = $expected:literal, $parse:expr;)+) => {
        $($(#[$doc])* pub(crate) mod $kind {
            #[allow(unused_imports, reason = "each type needs others of them")]
            use super::*;

            pub(crate) const EXPECTED: &str = $expected;

            pub(crate) fn get(properties: &Properties, name: ConfigName) -> Parsed<$ty> {
                parsed(properties, name, EXPECTED, $parse)
            }
        })+
    };
}

types! {
    flag -> bool = "true or false", |value| match value {
        _ if value.eq_ignore_ascii_case("true") => Some(true),
        _ if value.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    count -> u32 = "a number from 0 to 4294967295", |value| value.parse().ok();
    positive_count -> u32 = "a number from 1 to 4294967295", |value| value.parse().ok().filter(|count| *count != 0);
    port -> u16 = "a number from 1 to 65535", |value| value.parse().ok().filter(|port| *port != 0);
    protocol -> Protocol = "tcp or ssl", |value| Protocol::from_str(value).ok();
    tls_version -> TlsVersion = "TLSv1.2 or TLSv1.3", |value| TlsVersion::from_str(value).ok();
    version_check -> VersionCheck = "exact, major or none", |value| VersionCheck::from_str(value).ok();
    /// Whether the order is random.
    load_balance -> bool = "disable or random", |value| match value {
        _ if value.eq_ignore_ascii_case("disable") => Some(false),
        _ if value.eq_ignore_ascii_case("random") => Some(true),
        _ => None,
    };
    /// A size in KiB, returned in bytes.
    kilobytes -> usize = "a size in KiB from 1 to 2097151", |value| {
        value.parse().ok().filter(|size| (1..=2_097_151).contains(size)).map(|size: usize| size * 1024)
    };
    seconds -> Duration = "a time up to 1000000000 s, such as 10 (seconds), 0.5, 10s, 500ms or 2m",
        |value| duration::parse(value, Bare::Seconds);
    positive_seconds -> Duration = "a time above 0 and up to 1000000000 s, such as 10 (seconds), 0.5, 10s, 500ms or 2m",
        |value| duration::parse(value, Bare::Seconds).filter(|time| !time.is_zero());
    /// A whole number is milliseconds (Java), one with a point is seconds (Python's `5.000`).
    connect_time -> Duration = "a time above 0 and up to 1000000000 s, such as 5s or 500ms; a bare whole number is milliseconds, one with a decimal point is seconds",
        |value| duration::parse(value, Bare::Milliseconds).filter(|time| !time.is_zero());
}

impl Bare {
    /// That of the property; `None` if it is no time.
    pub(crate) fn of(name: ConfigName) -> Option<Self> {
        match name.value_type() {
            connect_time::EXPECTED => Some(Self::Milliseconds),
            seconds::EXPECTED | positive_seconds::EXPECTED => Some(Self::Seconds),
            _ => None,
        }
    }
}

/// Any text. An empty one counts as not set.
pub(crate) mod text {
    use super::*;

    pub(crate) const EXPECTED: &str = "text; empty is the same as not set";

    pub(crate) fn get(properties: &Properties, name: ConfigName) -> Parsed<&str> {
        let set = properties.get(name).filter(|text| !text.trim().is_empty());
        Ok(set.or(name.default()))
    }
}

/// Any text, used as it is.
pub(crate) mod secret {
    use super::*;

    pub(crate) const EXPECTED: &str = "text, never shown";

    pub(crate) fn get(properties: &Properties, name: ConfigName) -> Parsed<&str> {
        Ok(properties.get(name))
    }
}

fn list<'a>(properties: &'a Properties, name: ConfigName, separators: &[char]) -> Parsed<Vec<&'a str>> {
    let split = |value: &'a str| value.split(separators).map(str::trim).filter(|item| !item.is_empty()).collect();
    Ok(properties.get_or_default(name).map(split))
}

pub(crate) mod comma_list {
    use super::*;

    pub(crate) const EXPECTED: &str = "a list separated by commas";

    pub(crate) fn get(properties: &Properties, name: ConfigName) -> Parsed<Vec<&str>> {
        list(properties, name, &[','])
    }
}

/// Java separates paths by commas, Python by semicolons.
pub(crate) mod path_list {
    use super::*;

    pub(crate) const EXPECTED: &str = "paths separated by commas or semicolons; in a URL a semicolon is written `\\;`";

    pub(crate) fn get(properties: &Properties, name: ConfigName) -> Parsed<Vec<&str>> {
        list(properties, name, &[',', ';'])
    }
}
