//! Reading the primitive encodings.

use std::fmt;

use bytes::{Buf, Bytes};

use crate::{BodyError, BodyErrorKind, Verb};

/// Takes primitives from a payload. Byte strings are slices of it, not copies.
///
/// Every method names the field it reads, so that an error can name it too.
/// What is decoded from one payload allocates no more than its length and
/// [`DECODE_ALLOWANCE`] in all.
///
/// # Example
/// ```
/// use tgdb_pdu::{Reader, Verb, Writer};
///
/// let mut writer = Writer::default();
/// writer.i32(7);
/// writer.utf("name", "MUC")?;
///
/// let mut reader = Reader::new(Verb::PING, writer.into_vec().into());
/// assert_eq!((reader.i32("id")?, reader.utf("name")?), (7, "MUC".to_owned()));
/// // The error names the verb, the field and its place.
/// assert_eq!(reader.bool("flag").unwrap_err().offset, 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader {
    verb: Verb,
    rest: Bytes,
    len: usize,
    /// Bytes that may still be allocated.
    allowance: usize,
}

/// The bound on memory: decoding a message allocates at most the length of its payload and
/// these 64 MiB, all allocations on the way counted. What would take more is an error,
/// [`BodyErrorKind::TooMuchMemory`], before memory is taken for it.
///
/// The allowance is there because a short item, such as a string of no bytes, is longer in
/// memory than on the wire. The owned forms of [`graph`](crate::graph) data have the same bound.
pub const DECODE_ALLOWANCE: usize = 64 << 20;

macro_rules! get {
    ($($(#[$doc:meta])* $name:ident: $ty:ty, $get:ident;)+) => {
        $($(#[$doc])*
        ///
        /// # Errors
        /// [`BodyErrorKind::Truncated`] if the payload ends before it does.
        #[inline]
        pub fn $name(&mut self, field: &'static str) -> Result<$ty, BodyError> {
            self.need(field, size_of::<$ty>())?;
            Ok(self.rest.$get())
        })+
    };
}

impl Reader {
    /// A reader of the payload of a message with that verb.
    pub fn new(verb: Verb, payload: Bytes) -> Self {
        let len = payload.len();
        Self { verb, rest: payload, len, allowance: len.saturating_add(DECODE_ALLOWANCE) }
    }

    /// Another reader at the same place, to try a layout with.
    pub(crate) fn fork(&self) -> Self {
        Self { verb: self.verb, rest: self.rest.clone(), len: self.len, allowance: self.allowance }
    }

    /// How many bytes were read.
    pub fn position(&self) -> usize {
        self.len - self.rest.len()
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// All that is left, without a copy. Nothing left keeps nothing of the payload in memory.
    pub fn take_rest(&mut self) -> Bytes {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() { Bytes::new() } else { rest }
    }

    /// The error that `field`, which starts here, is of that kind.
    pub fn error(&self, field: &'static str, kind: BodyErrorKind) -> BodyError {
        BodyError { verb: self.verb, field, offset: self.position(), kind }
    }

    #[inline]
    fn need(&self, field: &'static str, needed: usize) -> Result<(), BodyError> {
        let available = self.rest.len();
        if available < needed {
            return Err(self.truncated(field, needed, available));
        }
        Ok(())
    }

    #[cold]
    fn truncated(&self, field: &'static str, needed: usize, available: usize) -> BodyError {
        self.error(field, BodyErrorKind::Truncated { needed, available })
    }

    get! {
        /// One byte, signed.
        i8: i8, get_i8;
        /// One byte.
        u8: u8, get_u8;
        /// Two bytes, signed.
        i16: i16, get_i16;
        /// Two bytes.
        u16: u16, get_u16;
        /// Four bytes, signed.
        i32: i32, get_i32;
        /// Four bytes.
        u32: u32, get_u32;
        /// Eight bytes, signed.
        i64: i64, get_i64;
        /// Eight bytes.
        u64: u64, get_u64;
        /// Four bytes, IEEE 754.
        f32: f32, get_f32;
        /// Eight bytes, IEEE 754.
        f64: f64, get_f64;
        /// Eight bytes, little-endian.
        u64_le: u64, get_u64_le;
    }

    /// One byte; like the vendor's readers, anything but 0 is true.
    ///
    /// # Errors
    /// [`BodyErrorKind::Truncated`] if the payload ends before it does.
    pub fn bool(&mut self, field: &'static str) -> Result<bool, BodyError> {
        Ok(self.u8(field)? != 0)
    }

    /// A Java `char`: two bytes, one UTF-16 code unit.
    ///
    /// # Errors
    /// [`BodyErrorKind::Truncated`] if the payload ends before it does.
    pub fn utf16_unit(&mut self, field: &'static str) -> Result<u16, BodyError> {
        self.u16(field)
    }

    /// `count` bytes without a length.
    ///
    /// # Errors
    /// [`BodyErrorKind::Truncated`] if there are fewer.
    pub fn raw(&mut self, field: &'static str, count: usize) -> Result<Bytes, BodyError> {
        self.need(field, count)?;
        // No bytes keep nothing of the payload in memory.
        Ok(if count == 0 { Bytes::new() } else { self.rest.split_to(count) })
    }

    /// A byte string: `i32` length, then the bytes. Null reads as empty.
    ///
    /// # Errors
    /// As [`nullable_bytes`](Self::nullable_bytes).
    pub fn bytes(&mut self, field: &'static str) -> Result<Bytes, BodyError> {
        Ok(self.nullable_bytes(field)?.unwrap_or_default())
    }

    /// A byte string in which length -1 is null.
    ///
    /// # Errors
    /// [`BodyErrorKind::NegativeLength`] for a length below -1, [`BodyErrorKind::Truncated`] if the
    /// payload ends before it does.
    pub fn nullable_bytes(&mut self, field: &'static str) -> Result<Option<Bytes>, BodyError> {
        match self.i32(field)? {
            -1 => Ok(None),
            length @ ..0 => Err(self.error(field, BodyErrorKind::NegativeLength(length.into()))),
            length => self.raw(field, length as usize).map(Some),
        }
    }

    /// A string: `i16` length in bytes, then UTF-8.
    ///
    /// # Errors
    /// [`BodyErrorKind::NegativeLength`], [`BodyErrorKind::Truncated`] if the payload ends before it
    /// does, [`BodyErrorKind::InvalidUtf8`], or [`BodyErrorKind::TooMuchMemory`].
    pub fn utf(&mut self, field: &'static str) -> Result<String, BodyError> {
        let length = self.i16(field)?;
        if length < 0 {
            return Err(self.error(field, BodyErrorKind::NegativeLength(length.into())));
        }
        self.text(field, length as usize)
    }

    /// A string that can be null: bool "is null", and the string only if it is not.
    ///
    /// # Errors
    /// As [`utf`](Self::utf).
    pub fn nullable_utf(&mut self, field: &'static str) -> Result<Option<String>, BodyError> {
        Ok(if self.bool(field)? { None } else { Some(self.utf(field)?) })
    }

    /// `i32` length in bytes, then UTF-8.
    ///
    /// # Errors
    /// As [`utf`](Self::utf).
    pub fn chars(&mut self, field: &'static str) -> Result<String, BodyError> {
        let length = self.i32(field)?;
        if length < 0 {
            return Err(self.error(field, BodyErrorKind::NegativeLength(length.into())));
        }
        self.text(field, length as usize)
    }

    fn text(&mut self, field: &'static str, length: usize) -> Result<String, BodyError> {
        self.need(field, length)?;
        self.take_memory(field, length)?;
        let text = std::str::from_utf8(&self.rest[..length]).map(str::to_owned);
        let text = text.map_err(|_| self.error(field, BodyErrorKind::InvalidUtf8))?;
        self.rest.advance(length);
        Ok(text)
    }

    /// A variable-length long; see [`Writer::var_long`](crate::Writer::var_long). `None` is the null value.
    ///
    /// # Errors
    /// [`BodyErrorKind::Truncated`] if the payload ends before it does,
    /// [`BodyErrorKind::UnknownValue`] if it is none.
    pub fn var_long(&mut self, field: &'static str) -> Result<Option<i64>, BodyError> {
        self.need(field, 1)?;
        let first = self.rest[0];
        Ok(Some(match first {
            0xf0 => {
                self.rest.advance(1);
                return Ok(None);
            }
            0x00..=0x7f => self.u8(field)?.into(),
            0x80..=0xbf => (self.u16(field)? & 0x3fff).into(),
            0xc0..=0xdf => (self.u32(field)? & 0x1fff_ffff).into(),
            0xe0..=0xe8 => {
                let count = usize::from(first & 0xf);
                self.need(field, 1 + count)?;
                self.rest.advance(1);
                let mut word = [0; 8];
                self.rest.copy_to_slice(&mut word[8 - count..]);
                let value = i64::from_be_bytes(word);
                if value < 0 {
                    return Err(self.error(field, BodyErrorKind::UnknownValue(value)));
                }
                value
            }
            _ => return Err(self.error(field, BodyErrorKind::UnknownValue(first.into()))),
        }))
    }

    /// Checks a count against what is left, if each item takes `min_len` bytes or more.
    ///
    /// # Errors
    /// [`BodyErrorKind::NegativeLength`], or [`BodyErrorKind::CountTooLarge`] if so many cannot be there.
    pub fn check_count(&self, field: &'static str, count: i64, min_len: usize) -> Result<usize, BodyError> {
        let Ok(count) = u64::try_from(count) else {
            return Err(self.error(field, BodyErrorKind::NegativeLength(count)));
        };
        let available = self.rest.len();
        if count > (available / min_len.max(1)) as u64 {
            return Err(self.error(field, BodyErrorKind::CountTooLarge { count, available }));
        }
        Ok(count as usize)
    }

    /// Takes that many bytes off what may still be allocated.
    #[inline]
    pub(crate) fn take_memory(&mut self, field: &'static str, needed: usize) -> Result<(), BodyError> {
        match self.allowance.checked_sub(needed) {
            Some(left) => {
                self.allowance = left;
                Ok(())
            }
            None => Err(self.error(field, BodyErrorKind::TooMuchMemory { needed })),
        }
    }

    /// What another reader of the same payload allocated counts here too.
    pub(crate) fn share_memory(&mut self, other: &Self) {
        self.allowance = other.allowance;
    }
}

impl fmt::Debug for Reader {
    /// Where it is, not what it reads: that can be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({}, {} of {} bytes left)", self.verb, self.rest.len(), self.len)
    }
}
