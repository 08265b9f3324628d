//! The parser.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::authority::parse_authority;
use crate::defaults::Defaults;
use crate::escape::{find_bare, trim, unescape};
use crate::{ConfigName, MAX_URL_LEN, Properties, Protocol, TgUrl, UrlError, UrlErrorKind, UrlText};

/// Parses URLs with options. [`TgUrl::parse`] parses without.
///
/// # Example
/// ```
/// use tgdb_url::{ConfigName, Properties, UrlParser};
///
/// let site = Properties::new().with(ConfigName::ChannelDefaultHost, "graph.example.com");
/// let parser = UrlParser::new().defaults(&site).allow_unknown(true);
/// let url = parser.parse("tcp:///{app.region=north}")?;
/// assert_eq!(url.host(), "graph.example.com");
/// assert_eq!(url.properties().get_by_name("app.region"), Some("north"));
/// # Ok::<(), tgdb_url::UrlError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use]
pub struct UrlParser<'a> {
    defaults: Option<&'a Properties>,
    allow_unknown: bool,
}

impl<'a> UrlParser<'a> {
    /// A parser without options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether properties are kept that are not known, for the program or the server. Without
    /// this, the default, they are an error. With it a mistyped name is no error either.
    pub fn allow_unknown(mut self, allow: bool) -> Self {
        self.allow_unknown = allow;
        self
    }

    /// Properties whose `defaultHost`, `defaultPort` and `defaultProtocol` count where neither
    /// the URL nor its properties have them.
    pub fn defaults(mut self, properties: &'a Properties) -> Self {
        self.defaults = Some(properties);
        self
    }

    /// Parses a URL. Time and memory grow linearly with its length.
    ///
    /// # Errors
    /// [`UrlError`] with the position of the error. It never shows a part of the
    /// URL that could be secret.
    pub fn parse(&self, text: &str) -> Result<TgUrl, UrlError> {
        let text = text.trim_end();
        let start = text.len() - text.trim_start().len();
        if text.len() > MAX_URL_LEN {
            return Err(error(MAX_URL_LEN, UrlErrorKind::TooLong));
        }
        let (scheme, at) = scheme(text, start)?;
        let (authority, tail) = match text[at..].find('/') {
            Some(slash) => (&text[at..at + slash], &text[at + slash + 1..]),
            None => (&text[at..], ""),
        };
        let properties_at = text.len() - tail.len();
        let properties = self.properties(tail, properties_at)?;
        let sets: Vec<_> = [Some(&properties), self.defaults].into_iter().flatten().collect();
        let bad_default = |bad| error(properties_at, UrlErrorKind::BadDefault(bad));
        let defaults = Defaults::new(&sets).map_err(bad_default)?;

        let protocol = scheme.or(defaults.protocol).ok_or_else(|| error(start, UrlErrorKind::MissingProtocol))?;
        let (user, host_at) = match authority.rfind('@') {
            Some(end) => (Some(user(&authority[..end], at)?), at + end + 1),
            None => (None, at),
        };
        let host = &text[host_at..at + authority.len()];
        let (host, port) = parse_authority(host, host_at, &defaults, UrlText::Url)?;
        Ok(TgUrl { protocol, user: user.map(Arc::from), host, port, properties: Arc::new(properties) })
    }

    fn properties(&self, text: &str, at: usize) -> Result<Properties, UrlError> {
        let mut properties = Properties::new();
        if text.is_empty() {
            return Ok(properties);
        }
        let inner = text
            .strip_prefix('{')
            .and_then(|inner| inner.strip_suffix('}'))
            .ok_or_else(|| error(at, UrlErrorKind::BadProperties))?;
        let mut at = at + 1;
        let mut rest = Some(inner);
        while let Some(text) = rest {
            let (entry, next) = match find_bare(text, |c| c == ';') {
                Some(end) => (&text[..end], Some(&text[end + 1..])),
                None => (text, None),
            };
            // An empty entry, such as that after a final semicolon, is allowed.
            if !entry.trim().is_empty() {
                self.property(entry, at, &mut properties)?;
            }
            at += entry.len() + 1;
            rest = next;
        }
        Ok(properties)
    }

    fn property(&self, entry: &str, at: usize, properties: &mut Properties) -> Result<(), UrlError> {
        let at = at + entry.len() - entry.trim_start().len();
        let entry = trim(entry);
        let end = find_bare(entry, |c| c == '=' || c == ':' || c.is_whitespace());
        let end = end.filter(|end| *end > 0).ok_or_else(|| error(at, UrlErrorKind::BadProperty))?;
        let tail = entry[end..].trim_start();
        let value = trim(tail.strip_prefix(['=', ':']).unwrap_or(tail));
        let key = unescape(&entry[..end]).map_err(|kind| error(at, kind))?;
        let known = ConfigName::from_name(&key);
        if known.is_none() && !self.allow_unknown {
            return Err(error(at, UrlErrorKind::UnknownProperty { nearest: ConfigName::nearest(&key) }));
        }
        let mut value = unescape(value).map_err(|kind| error(at + end + 1, kind))?;
        match properties.get_by_name(&key) {
            None => {
                properties.set_by_name(&key, std::mem::take(&mut *value));
                Ok(())
            }
            Some(old) if *old == **value => Ok(()),
            Some(_) => Err(error(at, UrlErrorKind::DuplicateProperty(known))),
        }
    }
}

fn error(position: usize, kind: UrlErrorKind) -> UrlError {
    UrlError { text: UrlText::Url, position, kind }
}

/// The protocol, if there is one, and where the authority starts.
fn scheme(text: &str, start: usize) -> Result<(Option<Protocol>, usize), UrlError> {
    // A :// behind the authority belongs to a property.
    let end = text[start..].find("://").map(|end| start + end).filter(|end| !text[start..*end].contains(['/', '@']));
    let Some(end) = end else { return Ok((None, start)) };
    let scheme = &text[start..end];
    match scheme.parse() {
        Ok(protocol) => Ok((Some(protocol), end + 3)),
        Err(_) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            Err(error(start, UrlErrorKind::HttpNotSupported))
        }
        Err(_) => Err(error(start, UrlErrorKind::UnknownProtocol)),
    }
}

/// The user, without its percent-encoding.
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
    Ok(decoded.ok_or_else(|| error(at, UrlErrorKind::BadPercentEncoding))?.into_owned())
}
