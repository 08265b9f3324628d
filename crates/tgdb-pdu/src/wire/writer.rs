//! Writing the primitive encodings.

use std::fmt;

use bytes::Bytes;

use crate::EncodeError;
use crate::buffer::Buffer;

/// The maximum length of a string in bytes of UTF-8.
///
/// The length field has 16 bits and the vendor's readers take it as signed
/// (`ProtocolDataInputStream.readUTF`), so a longer string breaks them.
pub const MAX_UTF_LEN: usize = i16::MAX as usize;

/// From this length on bytes at the end of a message are shared instead of copied.
const SHARE_FROM: usize = 16 * 1024;

/// Appends primitives to a buffer.
///
/// A buffer to which a [`Secret`](crate::Secret) or a body with secrets was written is wiped when
/// it grows, and when the writer is dropped because something could not be encoded.
///
/// # Example
/// ```
/// use tgdb_pdu::Writer;
///
/// let mut writer = Writer::default();
/// writer.i16(-1);
/// writer.utf("name", "MUC")?;
/// assert_eq!(writer.into_vec(), b"\xff\xff\x00\x03MUC");
/// # Ok::<(), tgdb_pdu::EncodeError>(())
/// ```
#[derive(Default)]
pub struct Writer {
    buf: Buffer,
    /// Bytes behind `buf` that were not copied.
    tail: Bytes,
    /// There is a tail, or the buffer is secret.
    needs_care: bool,
}

macro_rules! put {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)+) => {
        $($(#[$doc])* #[inline] pub fn $name(&mut self, value: $ty) {
            self.raw(&value.to_be_bytes());
        })+
    };
}

impl Writer {
    /// A writer whose buffer holds `capacity` bytes before it has to grow.
    ///
    /// A buffer that grows before it is known that a secret is in it leaves a copy of its
    /// bytes behind; give enough capacity where the bytes are secret.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { buf: Buffer::with_capacity(capacity), tail: Bytes::new(), needs_care: false }
    }

    /// What is written is a secret.
    pub(crate) fn mark_secret(&mut self) {
        self.buf.mark_secret();
        self.needs_care = true;
    }

    /// How many bytes were written.
    pub fn len(&self) -> usize {
        self.buf.len() + self.tail.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes written.
    pub fn into_vec(mut self) -> Vec<u8> {
        if self.needs_care {
            self.prepare(0);
        }
        self.buf.into_vec()
    }

    /// The bytes written in two parts, the second of which was not copied but is shared with
    /// the last [`Bytes`] written. It is empty unless those are 16 KiB or longer.
    pub fn into_parts(self) -> (Vec<u8>, Bytes) {
        (self.buf.into_vec(), self.tail)
    }

    /// Makes room for that many bytes at the end, where the tail goes now.
    #[cold]
    fn prepare(&mut self, more: usize) {
        let tail = std::mem::take(&mut self.tail);
        self.buf.extend(&tail);
        self.needs_care = self.buf.is_secret();
        if self.needs_care && self.buf.capacity() - self.buf.len() < more {
            self.buf.reserve_exact(more.max(self.buf.len()));
        }
    }

    put! {
        /// One byte, signed.
        i8: i8;
        /// One byte.
        u8: u8;
        /// Two bytes, signed.
        i16: i16;
        /// Two bytes.
        u16: u16;
        /// Four bytes, signed.
        i32: i32;
        /// Four bytes.
        u32: u32;
        /// Eight bytes, signed.
        i64: i64;
        /// Eight bytes.
        u64: u64;
        /// Four bytes, IEEE 754.
        f32: f32;
        /// Eight bytes, IEEE 754.
        f64: f64;
    }

    /// One byte, 0 or 1.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// A Java `char`: two bytes, one UTF-16 code unit.
    pub fn utf16_unit(&mut self, value: u16) {
        self.u16(value);
    }

    /// Bytes without a length.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        if self.needs_care {
            // The shared bytes are no longer at the end, so they are copied.
            self.prepare(bytes.len());
        }
        self.buf.as_mut_vec().extend_from_slice(bytes);
    }

    /// The same; not copied if they are many and nothing follows them.
    pub fn share(&mut self, bytes: &Bytes) {
        if bytes.len() < SHARE_FROM {
            self.raw(bytes);
        } else {
            // Copies the bytes that were shared before, which are no longer at the end.
            self.raw(&[]);
            self.tail = bytes.clone();
            self.needs_care = true;
        }
    }

    /// A byte string as [`bytes`](Self::bytes) writes it; not copied if it is long and nothing
    /// follows it.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub fn shared_bytes(&mut self, field: &'static str, bytes: &Bytes) -> Result<(), EncodeError> {
        self.count_i32(field, bytes.len())?;
        self.share(bytes);
        Ok(())
    }

    /// A byte string: `i32` length, then the bytes.
    ///
    /// # Errors
    /// [`EncodeError::TooMany`] above `i32::MAX` bytes.
    pub fn bytes(&mut self, field: &'static str, bytes: &[u8]) -> Result<(), EncodeError> {
        self.count_i32(field, bytes.len())?;
        self.raw(bytes);
        Ok(())
    }

    /// A byte string that can be null, which is length -1.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub fn nullable_bytes(&mut self, field: &'static str, bytes: Option<&[u8]>) -> Result<(), EncodeError> {
        match bytes {
            Some(bytes) => self.bytes(field, bytes)?,
            None => self.i32(-1),
        }
        Ok(())
    }

    /// A string: `i16` length in bytes, then plain UTF-8 (not Java's modified UTF-8).
    ///
    /// # Errors
    /// [`EncodeError::StringTooLong`] above [`MAX_UTF_LEN`]; the vendor's
    /// writers cut the length's upper bits off instead.
    #[inline]
    pub fn utf(&mut self, field: &'static str, text: &str) -> Result<(), EncodeError> {
        if text.len() > MAX_UTF_LEN {
            return Err(EncodeError::StringTooLong { field, length: text.len() });
        }
        self.i16(text.len() as i16);
        self.raw(text.as_bytes());
        Ok(())
    }

    /// A string that can be null: bool "is null", and the string only if it is not.
    ///
    /// # Errors
    /// As [`utf`](Self::utf).
    #[inline]
    pub fn nullable_utf(&mut self, field: &'static str, text: Option<&str>) -> Result<(), EncodeError> {
        self.bool(text.is_none());
        text.map_or(Ok(()), |text| self.utf(field, text))
    }

    /// `i32` length in bytes, then UTF-8, as Java's `writeChars`. Can be longer than [`MAX_UTF_LEN`].
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub fn chars(&mut self, field: &'static str, text: &str) -> Result<(), EncodeError> {
        self.bytes(field, text.as_bytes())
    }

    /// A variable-length long; `None` is the null value.
    ///
    /// | value | bytes |
    /// |---|---|
    /// | null | `F0` |
    /// | ..= 0x7F | 1 byte |
    /// | ..= 0x3FFF | 2 bytes, top bits `10` |
    /// | ..= 0x1FFF_FFFF | 4 bytes, top bits `110` |
    /// | above | `E0 \| n`, then the n bytes of the value |
    ///
    /// # Errors
    /// [`EncodeError::NotAVarLong`] for a negative value.
    pub fn var_long(&mut self, field: &'static str, value: Option<i64>) -> Result<(), EncodeError> {
        match value {
            None => self.u8(0xf0),
            Some(value @ ..0) => return Err(EncodeError::NotAVarLong { field, value }),
            Some(value @ 0..=0x7f) => self.u8(value as u8),
            Some(value @ 0x80..=0x3fff) => self.u16(0x8000 | value as u16),
            Some(value @ 0x4000..=0x1fff_ffff) => self.u32(0xc000_0000 | value as u32),
            Some(value) => {
                let skip = value.leading_zeros() as usize / 8;
                self.u8(0xe0 | (8 - skip) as u8);
                self.raw(&value.to_be_bytes()[skip..]);
            }
        }
        Ok(())
    }

    /// Eight bytes, little-endian, as Java's `writeLongAsBytes`.
    pub fn u64_le(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    /// Writes the length of all from `start` on over the four bytes at `start`.
    pub(crate) fn patch_length(&mut self, field: &'static str, start: usize) -> Result<(), EncodeError> {
        // Copies shared bytes, which may belong to the part whose length is written.
        self.raw(&[]);
        let length = checked_count(field, self.buf.len() - start, i32::MAX as u64)? as i32;
        self.buf.as_mut_vec()[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    /// A count as `i16`.
    ///
    /// # Errors
    /// [`EncodeError::TooMany`] above `i16::MAX`.
    #[inline]
    pub fn count_i16(&mut self, field: &'static str, count: usize) -> Result<(), EncodeError> {
        self.i16(checked_count(field, count, i16::MAX as u64)? as i16);
        Ok(())
    }

    /// A count as `i32`.
    ///
    /// # Errors
    /// [`EncodeError::TooMany`] above `i32::MAX`.
    #[inline]
    pub fn count_i32(&mut self, field: &'static str, count: usize) -> Result<(), EncodeError> {
        self.i32(checked_count(field, count, i32::MAX as u64)? as i32);
        Ok(())
    }
}

impl fmt::Debug for Writer {
    /// How much was written, not what: it can be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({} bytes)", self.len())
    }
}

fn checked_count(field: &'static str, count: usize, maximum: u64) -> Result<u64, EncodeError> {
    let length = count as u64;
    if length > maximum {
        return Err(EncodeError::TooMany { field, length: count, maximum });
    }
    Ok(length)
}
