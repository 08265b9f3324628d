//! A set of properties, known and unknown.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use indexmap::IndexMap;
use zeroize::Zeroizing;

use crate::duration::{self, Bare};
use crate::{ConfigName, PropertyError};

/// Property values by key.
///
/// A known key is found by its full name and its alias, in any case; an unknown
/// one is kept as it is written and found in any case. Setting and finding take the same
/// time however many there are. Values are wiped on drop. `Debug` shows neither secrets nor
/// the values of unknown keys.
///
/// # Example
/// ```
/// use tgdb_url::{ConfigName, Properties};
///
/// let mut properties: Properties = [("dbName", "routes"), ("userID", "scott")].into_iter().collect();
/// properties.set(ConfigName::ConnectionOperationTimeoutSeconds, "500ms");
/// assert_eq!(properties.database_name()?, Some("routes"));
/// assert_eq!(properties.operation_timeout()?, Some(std::time::Duration::from_millis(500)));
/// properties.check()?;
///
/// properties.set_by_name("dbNmae", "routes");
/// let error = properties.check().unwrap_err();
/// assert!(error.to_string().contains("the nearest known one is dbName"), "{error}");
/// # Ok::<(), tgdb_url::PropertyError>(())
/// ```
#[derive(Clone, Default)]
pub struct Properties {
    entries: IndexMap<Key, Entry>,
}

/// What an entry is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Known(ConfigName),
    /// The name in small letters.
    Foreign(String),
}

impl Key {
    fn of(name: &str) -> Self {
        match ConfigName::from_name(name) {
            Some(known) => Self::Known(known),
            None => Self::Foreign(name.to_ascii_lowercase()),
        }
    }
}

#[derive(Clone)]
struct Entry {
    /// The full name, or an unknown key as it is written.
    name: String,
    value: Zeroizing<String>,
}

/// Whether the value of that key must not be shown.
fn is_secret(key: &str) -> bool {
    const WORDS: [&str; 14] = [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "passcode",
        "passkey",
        "secret",
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "credential",
        "cookie",
        "bearer",
    ];
    let letters: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    WORDS.iter().any(|word| letters.contains(word))
}

/// Whether a value can be shown: that of a known property which is no secret.
pub(crate) fn is_shown(key: &str) -> bool {
    !is_secret(key) && ConfigName::from_name(key).is_some()
}

impl Properties {
    /// No properties.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a known property.
    pub fn set(&mut self, name: ConfigName, value: impl Into<String>) -> &mut Self {
        self.insert(Key::Known(name), name.name(), value.into());
        self
    }

    /// Sets a property by full name, alias or unknown key; see [`check`](Self::check) for the last.
    pub fn set_by_name(&mut self, key: &str, value: impl Into<String>) -> &mut Self {
        let found = Key::of(key);
        let name = if let Key::Known(known) = found { known.name() } else { key };
        self.insert(found, name, value.into());
        self
    }

    fn insert(&mut self, key: Key, name: &str, value: String) {
        let value = Zeroizing::new(value);
        match self.entries.get_mut(&key) {
            Some(entry) => entry.value = value,
            None => {
                self.entries.insert(key, Entry { name: name.to_owned(), value });
            }
        }
    }

    /// Sets a time, with its unit. It is kept exactly.
    pub fn set_time(&mut self, name: ConfigName, time: Duration) -> &mut Self {
        self.set(name, duration::seconds_text(time) + "s")
    }

    /// As [`Properties::set`], for building.
    #[must_use]
    pub fn with(mut self, name: ConfigName, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The value that was set, without regard to the default.
    pub fn get(&self, name: ConfigName) -> Option<&str> {
        self.entries.get(&Key::Known(name)).map(|entry| entry.value.as_str())
    }

    /// The value that was set for a full name, alias or unknown key.
    pub fn get_by_name(&self, key: &str) -> Option<&str> {
        self.entries.get(&Key::of(key)).map(|entry| entry.value.as_str())
    }

    /// The value that was set, else the default.
    pub fn get_or_default(&self, name: ConfigName) -> Option<&str> {
        self.get(name).or(name.default())
    }

    /// Keys and values in the order in which they were first set. Known keys are full names.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.entries.values())
    }

    /// The known properties that are set, with their values.
    pub(crate) fn known(&self) -> impl Iterator<Item = (ConfigName, &str)> {
        self.entries.iter().filter_map(|(key, entry)| match key {
            Key::Known(name) => Some((*name, entry.value.as_str())),
            Key::Foreign(_) => None,
        })
    }

    /// The properties as the vendor's clients would send them to a server: times are numbers
    /// without unit. Those whose values must not be shown, such as passwords, are left out.
    pub fn to_public(&self) -> Vec<(String, String)> {
        let bare = |key: &str, value: &str| {
            let bare = Bare::of(ConfigName::from_name(key)?)?;
            Some(duration::bare_text(duration::parse(value.trim(), bare)?, bare))
        };
        let public = self.iter().filter(|(key, _)| !is_secret(key));
        public.map(|(key, value)| (key.to_owned(), bare(key, value).unwrap_or_else(|| value.to_owned()))).collect()
    }

    /// How many properties are set.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether each name is known, and each value has the property's type.
    ///
    /// # Errors
    /// [`PropertyError::Unknown`] for the first unknown name, else as [`Self::check_values`].
    pub fn check(&self) -> Result<(), PropertyError> {
        for (key, entry) in &self.entries {
            if matches!(key, Key::Foreign(_)) {
                return Err(PropertyError::unknown(&entry.name));
            }
        }
        self.check_values()
    }

    /// Whether the value of each known property has the property's type. Unknown ones are
    /// not looked at.
    ///
    /// # Errors
    /// [`PropertyError::Value`] for the first one that has not.
    pub fn check_values(&self) -> Result<(), PropertyError> {
        self.known().try_for_each(|(name, _)| name.check(self))
    }
}

/// Keys and values of [`Properties`], in the order in which they were first set.
#[derive(Clone)]
pub struct Iter<'a>(indexmap::map::Values<'a, Key, Entry>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|entry| (entry.name.as_str(), entry.value.as_str()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone().map(shown)).finish()
    }
}

fn shown<'a>((key, value): (&'a str, &'a str)) -> (&'a str, &'a str) {
    (key, if is_shown(key) { value } else { "[redacted]" })
}

impl<'a> IntoIterator for &'a Properties {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Sets all, over what is there. Keys are as in [`Properties::set_by_name`].
impl<K: AsRef<str>, V: Into<String>> Extend<(K, V)> for Properties {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, others: I) {
        for (key, value) in others {
            self.set_by_name(key.as_ref(), value);
        }
    }
}

/// Of several values for one property the last counts.
impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(properties: I) -> Self {
        let mut all = Self::new();
        all.extend(properties);
        all
    }
}

/// The same keys and values in the same order.
impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Properties {}

impl Hash for Properties {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(shown)).finish()
    }
}
