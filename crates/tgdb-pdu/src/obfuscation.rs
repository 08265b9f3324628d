//! The obfuscation of attribute values that a server sends over a plain channel
//! for encrypted attributes. It hides nothing: the key stands in front of the
//! data. Use TLS.
//!
//! Layout (`DataCryptoGrapher.decrypt`, `CipherImpl.deobfuscate`): `u64` key,
//! `u64` length n, then n/8 words, each big-endian and XORed with the key, which
//! stand for 8 bytes in little-endian order, then n%8 bytes as they are.

use bytes::Bytes;

use crate::{BodyError, EncodeError, Reader, Wire, Writer};

/// Bytes that travel obfuscated, with the key that they travel under.
///
/// # Example
/// ```
/// use tgdb_pdu::obfuscation::Obfuscated;
/// use tgdb_pdu::{Reader, Verb, Wire, Writer};
///
/// let value = Obfuscated { key: 0x0123_4567_89ab_cdef, data: "secret text".into() };
/// let mut writer = Writer::default();
/// value.encode("value", &mut writer)?;
/// let mut reader = Reader::new(Verb::PING, writer.into_vec().into());
/// assert_eq!(Obfuscated::decode("value", &mut reader)?.data, "secret text");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obfuscated {
    /// The word that each word of the data is XORed with.
    pub key: u64,
    /// The clear data.
    pub data: Bytes,
}

impl Wire for Obfuscated {
    const MIN_LEN: usize = 16;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.u64(self.key);
        w.u64(self.data.len() as u64);
        w.raw(&hide(self.key, &self.data));
        Ok(())
    }

    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let key = r.u64(field)?;
        let length = i64::try_from(r.u64(field)?).unwrap_or(i64::MAX);
        let length = r.check_count(field, length, 1)?;
        r.take_memory(field, length)?;
        let data = reveal(key, &r.raw(field, length)?).into();
        Ok(Self { key, data })
    }
}

/// The data as it is sent.
pub(crate) fn hide(key: u64, clear: &[u8]) -> Vec<u8> {
    let (words, tail) = clear.as_chunks();
    let words = words.iter().flat_map(|word| (u64::from_le_bytes(*word) ^ key).to_be_bytes());
    words.chain(tail.iter().copied()).collect()
}

/// The clear data.
pub(crate) fn reveal(key: u64, sent: &[u8]) -> Vec<u8> {
    let (words, tail) = sent.as_chunks();
    let words = words.iter().flat_map(|word| (u64::from_be_bytes(*word) ^ key).to_le_bytes());
    let mut clear = Vec::with_capacity(sent.len());
    clear.extend(words.chain(tail.iter().copied()));
    clear
}
