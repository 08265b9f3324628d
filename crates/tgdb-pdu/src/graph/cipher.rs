//! Values of encrypted attributes.
//!
//! | direction | layout | source |
//! |---|---|---|
//! | client to server | byte string of one RSA PKCS#1 v1.5 block | `DataCryptoGrapher.encrypt`, `CipherImpl` |
//! | server to client | [`obfuscation`] | `DataCryptoGrapher.decrypt`, `CipherImpl.deobfuscate` |
//!
//! Clear text: that of the plain attribute, as Python has it. Java differs in two types, and
//! both are read here:
//! - Number: `i32` length of what follows, `i32` scale, `i32` length, two's complement.
//! - Time types: a string of pattern `mm-dd-yyyy hh:mm:ss` in which `mm` is the minute twice, so
//!   that the month is lost. It is an error that says so.
//!
//! Java's `DataOutputStream` writes strings in modified UTF-8, which is read too.

use std::fmt;

use bytes::Bytes;

use super::{Input, Layout, Number, Value, codec};
use crate::body::{AttributeDescriptor, AttributeType};
use crate::{BodyError, BodyErrorKind, EncodeError, Writer, obfuscation};

/// An encrypted value as it was sent, borrowed. `Debug` shows its length only, because everybody can
/// read what is obfuscated.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum CipherRef<'a> {
    /// From a client: one RSA block under the public key of the server's certificate.
    Block(&'a [u8]),
    /// From a server: see [`obfuscation`](crate::obfuscation).
    Obfuscated {
        /// The word that each word of the data is XORed with.
        key: u64,
        /// As sent.
        data: &'a [u8],
    },
}

/// An encrypted value as it is sent. `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// From a client: one RSA block under the public key of the server's certificate.
    Block(Bytes),
    /// From a server: see [`obfuscation`](crate::obfuscation).
    Obfuscated {
        /// The word that each word of the data is XORed with.
        key: u64,
        /// As sent.
        data: Bytes,
    },
}

impl Cipher {
    /// The value, borrowed.
    pub fn as_ref(&self) -> CipherRef<'_> {
        match self {
            Self::Block(block) => CipherRef::Block(block),
            Self::Obfuscated { key, data } => CipherRef::Obfuscated { key: *key, data },
        }
    }

    /// What a server sends for that clear text.
    /// ```
    /// use tgdb_pdu::graph::Cipher;
    /// let cipher = Cipher::obfuscate(0x0123_4567_89ab_cdef, b"clear text");
    /// assert_eq!(cipher.as_ref().clear_text().as_deref(), Some(&b"clear text"[..]));
    /// ```
    pub fn obfuscate(key: u64, clear: &[u8]) -> Self {
        Self::Obfuscated { key, data: obfuscation::hide(key, clear).into() }
    }

    /// The clear text of a value, which is what a client encrypts: the bytes of the plain
    /// attribute without id and null flag.
    ///
    /// # Errors
    /// [`EncodeError`] if the value is not of the type of the descriptor, or too long.
    pub fn clear_text_of(value: &Value, descriptor: &AttributeDescriptor) -> Result<Vec<u8>, EncodeError> {
        let mut w = Writer::default();
        codec::write_plain(&mut w, descriptor, value.as_ref(), Layout::Request)?;
        Ok(w.into_vec())
    }
}

impl CipherRef<'_> {
    /// An owned copy.
    pub fn to_cipher(self) -> Cipher {
        match self {
            Self::Block(block) => Cipher::Block(Bytes::copy_from_slice(block)),
            Self::Obfuscated { key, data } => Cipher::Obfuscated { key, data: Bytes::copy_from_slice(data) },
        }
    }

    /// The clear text of what a server sent; `None` for what a client encrypted, which takes the
    /// server's private key.
    pub fn clear_text(self) -> Option<Vec<u8>> {
        match self {
            Self::Block(_) => None,
            Self::Obfuscated { key, data } => Some(obfuscation::reveal(key, data)),
        }
    }
}

impl fmt::Debug for CipherRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(block) => write!(f, "Block({} bytes)", block.len()),
            Self::Obfuscated { data, .. } => write!(f, "Obfuscated({} bytes)", data.len()),
        }
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

/// The value that a clear text stands for. Errors point at `place`, where the attribute's value
/// is in the message.
pub(crate) fn value_of_clear(
    descriptor: &AttributeDescriptor,
    clear: &[u8],
    place: &Input<'_>,
) -> Result<Value, BodyError> {
    let failed = |kind| place.error("clear text", kind);
    match descriptor.value_type {
        AttributeType::NUMBER => {
            if let Some(number) = java_number(clear, descriptor) {
                return number.map(Value::Number).ok_or_else(|| failed(BodyErrorKind::UnreadableClearText));
            }
        }
        AttributeType::STRING => {
            let mut input = Input::new(place.verb(), clear, 0);
            let text = input.utf_bytes("value").ok().filter(|_| input.remaining() == 0);
            let text = text.ok_or_else(|| failed(BodyErrorKind::UnreadableClearText))?;
            let text = std::str::from_utf8(text).map(str::to_owned).ok().or_else(|| modified_utf8(text));
            return text.map(Value::String).ok_or_else(|| failed(BodyErrorKind::InvalidUtf8));
        }
        _ => {}
    }
    let mut input = Input::new(place.verb(), clear, 0);
    let value = codec::read_plain(&mut input, descriptor, Layout::ReplyWithData).map(|value| value.to_value());
    match value {
        Ok(value) if input.remaining() == 0 => Ok(value),
        _ => Err(failed(BodyErrorKind::UnreadableClearText)),
    }
}

/// A number in Java's layout; the outer `None` if it is another layout. In Python's the first
/// two bytes are the precision, which is not 0, and Java's length has 0 there.
fn java_number(clear: &[u8], descriptor: &AttributeDescriptor) -> Option<Option<Number>> {
    let word = |at: usize| {
        let bytes = clear.get(at..)?.first_chunk()?;
        usize::try_from(i32::from_be_bytes(*bytes)).ok()
    };
    if word(0)?.checked_add(4)? != clear.len() || word(8)?.checked_add(12)? != clear.len() {
        return None;
    }
    let scale = word(4)?;
    let (precision, _) = descriptor.number.unwrap_or_default();
    let number = || {
        // i128 is what a number of 38 digits takes; longer ones are an error.
        let magnitude = clear.get(12..)?;
        let first = *magnitude.first()?;
        if magnitude.len() > 16 {
            return None;
        }
        let mut word = if first < 0x80 { [0; 16] } else { [0xff; 16] };
        word[16 - magnitude.len()..].copy_from_slice(magnitude);
        let unscaled = i128::from_be_bytes(word);
        Number::new(&format!("{unscaled}e-{scale}"), precision, i16::try_from(scale).ok()?)
    };
    Some(number())
}

/// Java's modified UTF-8: NUL in two bytes, characters beyond the basic plane as two halves of
/// three bytes each.
fn modified_utf8(bytes: &[u8]) -> Option<String> {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().map(|byte| u16::from(*byte));
    while let Some(first) = rest.next() {
        let mut more = || rest.next().filter(|byte| byte & 0xc0 == 0x80).map(|byte| byte & 0x3f);
        units.push(match first {
            0..=0x7f => first,
            0xc0..=0xdf => (first & 0x1f) << 6 | more()?,
            0xe0..=0xef => (first & 0xf) << 12 | more()? << 6 | more()?,
            _ => return None,
        });
    }
    String::from_utf16(&units).ok()
}
