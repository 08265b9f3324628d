//! A set of properties, known and unknown.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::{ConfigName, PropertyError, Protocol};

/// Property values by key.
///
/// A known key is found by its full name and its alias, in any case; an unknown
/// one is kept as it is written and found in any case. Values are wiped on drop;
/// `Debug` does not show passwords.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Properties {
    // Few enough that a walk beats a map, and the order of writing is kept.
    entries: Vec<(String, Zeroizing<String>)>,
}

/// The least TLS version, from `tlsProtocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 or 1.3.
    Tls12,
    /// TLS 1.3 only.
    Tls13,
}

/// How far the server's product version must agree with ours, from `versionCheck`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionCheck {
    /// Major, minor and update, as Java demands.
    Exact,
    /// Major.
    Major,
    /// Not at all, as Python does.
    None,
}

/// The name that a key is kept under.
fn canonical(key: &str) -> &str {
    match ConfigName::from_name(key) {
        Some(known) => known.name(),
        None => key,
    }
}

/// Whether the value of that key must not be shown.
pub(crate) fn is_secret(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    ["password", "secret", "token"].iter().any(|word| lower.contains(word))
}

impl Properties {
    /// No properties.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a known property.
    pub fn set(&mut self, name: ConfigName, value: impl Into<String>) -> &mut Self {
        self.set_by_name(name.name(), value)
    }

    /// Sets a property by full name, alias or unknown key.
    pub fn set_by_name(&mut self, key: &str, value: impl Into<String>) -> &mut Self {
        let key = canonical(key);
        let value = Zeroizing::new(value.into());
        match self.entries.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key.to_owned(), value)),
        }
        self
    }

    /// As [`Properties::set`], for building.
    #[must_use]
    pub fn with(mut self, name: ConfigName, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The value that was set, without regard to the default.
    pub fn get(&self, name: ConfigName) -> Option<&str> {
        self.get_by_name(name.name())
    }

    /// The value that was set for a full name, alias or unknown key.
    pub fn get_by_name(&self, key: &str) -> Option<&str> {
        let key = canonical(key);
        self.entries.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// The value that was set, else the default.
    pub fn get_or_default(&self, name: ConfigName) -> Option<&str> {
        self.get(name).or(name.default())
    }

    /// Sets all that `other` has, over what is there.
    pub fn extend(&mut self, other: &Self) {
        for (key, value) in other.iter() {
            self.set_by_name(key, value);
        }
    }

    /// Keys and values in the order in which they were first set. Known keys are full names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many properties are set.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value parsed by `parse`; `None` if it is neither set nor has a default.
    fn parsed<T>(
        &self,
        name: ConfigName,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, PropertyError> {
        self.get_or_default(name).map(|value| parse(value.trim()).ok_or(PropertyError { name, expected })).transpose()
    }

    /// Whether the value of each known property has the property's type.
    ///
    /// # Errors
    /// [`PropertyError`] for the first one that has not.
    pub fn check(&self) -> Result<(), PropertyError> {
        ConfigName::ALL.iter().try_for_each(|name| name.check(self))
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |key: &str, value| if is_secret(key) { "[redacted]" } else { value };
        f.debug_map().entries(self.iter().map(|(key, value)| (key, shown(key, value)))).finish()
    }
}

/// The types of values. Each turns a text into what the getter returns.
pub(crate) mod kind {
    use super::*;

    type Parsed<T> = Result<Option<T>, PropertyError>;

    pub(crate) fn text(properties: &Properties, name: ConfigName) -> Parsed<&str> {
        Ok(properties.get_or_default(name))
    }

    pub(crate) fn flag(properties: &Properties, name: ConfigName) -> Parsed<bool> {
        properties.parsed(name, "true or false", |value| value.to_ascii_lowercase().parse().ok())
    }

    pub(crate) fn count(properties: &Properties, name: ConfigName) -> Parsed<u32> {
        properties.parsed(name, "a number from 0 to 4294967295", |value| value.parse().ok())
    }

    pub(crate) fn positive_count(properties: &Properties, name: ConfigName) -> Parsed<u32> {
        let expected = "a number from 1 to 4294967295";
        properties.parsed(name, expected, |value| value.parse().ok().filter(|count| *count != 0))
    }

    pub(crate) fn port(properties: &Properties, name: ConfigName) -> Parsed<u16> {
        properties.parsed(name, "a number from 1 to 65535", |value| value.parse().ok().filter(|port| *port != 0))
    }

    pub(crate) fn protocol(properties: &Properties, name: ConfigName) -> Parsed<Protocol> {
        properties.parsed(name, "tcp or ssl", |value| match value.to_ascii_lowercase().as_str() {
            "tcp" => Some(Protocol::Tcp),
            "ssl" => Some(Protocol::Ssl),
            _ => None,
        })
    }

    /// A size in KiB, returned in bytes.
    pub(crate) fn kilobytes(properties: &Properties, name: ConfigName) -> Parsed<usize> {
        properties.parsed(name, "a size in KiB from 1 to 2097151", |value| {
            value.parse().ok().filter(|size| (1..=2_097_151).contains(size)).map(|size: usize| size * 1024)
        })
    }

    /// The longest time that a property can tell, some 31 years: no sum of it with
    /// the time of now overflows a clock.
    const MAX_DURATION: Duration = Duration::from_secs(1_000_000_000);

    fn decimal_seconds(value: &str) -> Option<Duration> {
        let plain = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let seconds = value.parse().ok().filter(|_| plain)?;
        Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= MAX_DURATION)
    }

    pub(crate) fn seconds(properties: &Properties, name: ConfigName) -> Parsed<Duration> {
        properties.parsed(name, "a number of seconds up to 1000000000, such as 10 or 0.5", decimal_seconds)
    }

    pub(crate) fn positive_seconds(properties: &Properties, name: ConfigName) -> Parsed<Duration> {
        let expected = "a number of seconds above 0 and up to 1000000000, such as 10 or 0.5";
        properties.parsed(name, expected, |value| decimal_seconds(value).filter(|duration| !duration.is_zero()))
    }

    /// A whole number is milliseconds (Java), one with a point is seconds (Python's `5.000`).
    pub(crate) fn milliseconds(properties: &Properties, name: ConfigName) -> Parsed<Duration> {
        let expected = "milliseconds as a whole number from 1, or seconds with a decimal point such as 5.0";
        properties.parsed(name, expected, |value| {
            let duration = if value.contains('.') {
                decimal_seconds(value)
            } else {
                value.parse().ok().map(Duration::from_millis)
            };
            duration.filter(|duration| !duration.is_zero() && *duration <= MAX_DURATION)
        })
    }

    fn list<'a>(properties: &'a Properties, name: ConfigName, separators: &[char]) -> Parsed<Vec<&'a str>> {
        let split = |value: &'a str| value.split(separators).map(str::trim).filter(|item| !item.is_empty()).collect();
        Ok(properties.get_or_default(name).map(split))
    }

    pub(crate) fn comma_list(properties: &Properties, name: ConfigName) -> Parsed<Vec<&str>> {
        list(properties, name, &[','])
    }

    /// Java separates paths by commas, Python by semicolons.
    pub(crate) fn path_list(properties: &Properties, name: ConfigName) -> Parsed<Vec<&str>> {
        list(properties, name, &[',', ';'])
    }

    pub(crate) fn tls_version(properties: &Properties, name: ConfigName) -> Parsed<TlsVersion> {
        properties.parsed(name, "TLSv1.2 or TLSv1.3", |value| match value.to_ascii_lowercase().as_str() {
            "tlsv1.2" => Some(TlsVersion::Tls12),
            "tlsv1.3" => Some(TlsVersion::Tls13),
            _ => None,
        })
    }

    pub(crate) fn version_check(properties: &Properties, name: ConfigName) -> Parsed<VersionCheck> {
        properties.parsed(name, "exact, major or none", |value| match value.to_ascii_lowercase().as_str() {
            "exact" => Some(VersionCheck::Exact),
            "major" => Some(VersionCheck::Major),
            "none" => Some(VersionCheck::None),
            _ => None,
        })
    }
}
