//! Certificates and keys from PEM and DER.

use std::borrow::Cow;
use std::fmt;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tgdb_pdu::{Secret, escaped};

const BEGIN: &[u8] = b"-----BEGIN ";

/// PBES2 of PKCS#5 as an object identifier in DER: how keys are encrypted.
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d];

/// Where a PEM section is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its number among the certificates, from 1.
    number: usize,
    /// The line at which it begins, from 1.
    line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {} (line {})", self.number, self.line)
    }
}

/// One certificate of PEM or DER, or why it cannot be decoded.
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) certificate: Result<CertificateDer<'static>, String>,
}

/// A section of PEM, up to the next one or the end.
struct Section<'a> {
    label: Cow<'a, str>,
    line: usize,
    text: &'a [u8],
}

/// The certificates of a file, good and bad.
///
/// # Errors
/// What the bytes are instead, if there are none.
pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let bytes = unmarked(bytes);
    if is_der(&bytes) {
        not_a_store(&bytes)?;
        let certificate = Ok(CertificateDer::from(bytes.into_owned()));
        return Ok(vec![Entry { place: Place { number: 1, line: 1 }, certificate }]);
    }
    let sections = sections(&bytes);
    let entries: Vec<_> = (sections.iter().filter(|section| section.label == "CERTIFICATE"))
        .zip(1..)
        .map(|(section, number)| Entry {
            place: Place { number, line: section.line },
            certificate: CertificateDer::from_pem_slice(section.text).map_err(|error| error.to_string()),
        })
        .collect();
    match entries.is_empty() {
        true => Err(format!("holds no certificate{}", listed(&sections))),
        false => Ok(entries),
    }
}

/// The first private key of a file.
///
/// # Errors
/// What the bytes are instead.
pub(super) fn private_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    const ENCRYPTED: &str = "is encrypted, and this client takes keys that are not: write one by `openssl pkey -in KEY -out PLAIN`, with file permissions that protect it";
    // All copies of the key are wiped.
    let owned;
    let bytes = match unmarked(bytes) {
        Cow::Borrowed(bytes) => bytes,
        Cow::Owned(bytes) => {
            owned = Secret::new(bytes);
            owned.expose()
        }
    };
    if is_der(bytes) {
        not_a_store(bytes)?;
        return match PrivateKeyDer::try_from(bytes) {
            _ if contains(&bytes[..bytes.len().min(64)], PBES2) => Err(ENCRYPTED.into()),
            Ok(key) => Ok(key.clone_key()),
            Err(error) => Err(format!("holds no private key in DER: {error}")),
        };
    }
    let sections = sections(bytes);
    let is_key = |section: &&Section<'_>| {
        matches!(&*section.label, "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "ENCRYPTED PRIVATE KEY")
    };
    match sections.iter().find(is_key) {
        None => Err(format!("holds no private key{}", listed(&sections))),
        Some(key) if key.label.starts_with("ENCRYPTED") || contains(key.text, b"Proc-Type: 4,ENCRYPTED") => {
            Err(ENCRYPTED.into())
        }
        Some(key) => {
            PrivateKeyDer::from_pem_slice(key.text).map_err(|error| format!("holds a key that cannot be read: {error}"))
        }
    }
}

/// The bytes without a byte order mark, as UTF-8 if the mark says UTF-16. Editors and
/// shells of Windows write both.
fn unmarked(bytes: &[u8]) -> Cow<'_, [u8]> {
    let utf16 = |text: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = text.as_chunks().0;
        // Room for all of it, because a buffer that grows leaves copies of a key behind.
        let mut utf8 = String::with_capacity(3 * pairs.len());
        let chars = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
        utf8.extend(chars.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Cow::Owned(utf8.into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, text @ ..] => Cow::Borrowed(text),
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        _ => Cow::Borrowed(bytes),
    }
}

/// Whether it starts as a sequence, and has no PEM in it.
fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && !contains(bytes, BEGIN)
}

/// Names the stores of several things, which are no certificate or key.
fn not_a_store(der: &[u8]) -> Result<(), String> {
    // The first field of PKCS#12 is its version, 3; that of a key is 0 or 1.
    let length_of_length = |first: &u8| if *first < 0x80 { 0 } else { usize::from(first & 0x7f) };
    let fields = der.get(1).and_then(|first| der.get(2 + length_of_length(first)..));
    match fields {
        Some([2, 1, 3, ..]) => {
            Err("is a PKCS#12 store; write it as PEM by `openssl pkcs12 -in STORE -nodes -out FILE`".into())
        }
        _ => Ok(()),
    }
}

/// What there is in place of what was looked for.
fn listed(sections: &[Section<'_>]) -> String {
    match sections {
        [] => ", neither in PEM nor in DER".into(),
        _ => {
            let labels: Vec<_> = sections.iter().take(5).map(|section| escaped(&section.label).to_string()).collect();
            format!("; it holds {}", labels.join(", "))
        }
    }
}

/// The sections of PEM. One without an end does not take the next one with it.
fn sections(bytes: &[u8]) -> Vec<Section<'_>> {
    let starts: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(BEGIN) && (*at == 0 || bytes[at - 1] != b'-')).collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let (mut line, mut counted) = (1, 0);
    let section = |(start, end): (&usize, usize)| {
        line += bytes[counted..*start].iter().filter(|byte| **byte == b'\n').count();
        counted = *start;
        let text = &bytes[*start..end];
        let label = &text[BEGIN.len()..];
        let label = &label[..label.iter().position(|byte| *byte == b'-' || *byte == b'\n').unwrap_or(label.len())];
        Section { label: String::from_utf8_lossy(label), line, text }
    };
    starts.iter().zip(ends).map(section).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buffer that grows would leave parts of a key in memory.
    #[test]
    fn text_of_utf_16_is_decoded_into_one_buffer() {
        for text in ["-----BEGIN PRIVATE KEY-----".repeat(40), "\u{ffff}".repeat(1000)] {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            let bytes: Vec<_> = [0xff, 0xfe].into_iter().chain(units).collect();
            let Cow::Owned(decoded) = unmarked(&bytes) else { panic!("it is another encoding") };
            assert_eq!(decoded, text.as_bytes());
            assert!(decoded.capacity() >= 3 * text.encode_utf16().count(), "{}", decoded.capacity());
        }
    }
}
