//! Reading from a borrowed payload.

use std::fmt;

use crate::{BodyError, BodyErrorKind, Verb};

/// The rest of a payload, borrowed. Text and byte strings are slices of it.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    rest: &'a [u8],
    /// Offset of the end of `rest` in the payload.
    end: usize,
    verb: Verb,
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes from {}", self.rest.len(), self.offset())
    }
}

macro_rules! get {
    ($($name:ident: $ty:ty;)+) => {
        $(#[inline] pub(crate) fn $name(&mut self, field: &'static str) -> Result<$ty, BodyError> {
            self.array(field).map(<$ty>::from_be_bytes)
        })+
    };
}

impl<'a> Input<'a> {
    /// `bytes` stand at `offset` of the payload of a message with that verb.
    pub(crate) fn new(verb: Verb, bytes: &'a [u8], offset: usize) -> Self {
        Self { rest: bytes, end: offset + bytes.len(), verb }
    }

    get! { i8: i8; u8: u8; i16: i16; u16: u16; i32: i32; i64: i64; u64: u64; f32: f32; f64: f64; }

    /// That many bytes without a length.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], BodyError> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(self.truncated(field, N)),
        }
    }

    /// Goes over all before `rest`, which is the end of this input.
    #[inline]
    pub(crate) fn go_to(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    pub(crate) fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The error that `field`, which starts here, is of that kind.
    #[cold]
    pub(crate) fn error(&self, field: &'static str, kind: BodyErrorKind) -> BodyError {
        BodyError { verb: self.verb, field, offset: self.offset(), kind }
    }

    #[cold]
    fn truncated(&self, field: &'static str, needed: usize) -> BodyError {
        self.error(field, BodyErrorKind::Truncated { needed, available: self.rest.len() })
    }

    #[inline]
    pub(crate) fn bool(&mut self, field: &'static str) -> Result<bool, BodyError> {
        Ok(self.u8(field)? != 0)
    }

    /// `count` bytes without a length.
    #[inline]
    pub(crate) fn raw(&mut self, field: &'static str, count: usize) -> Result<&'a [u8], BodyError> {
        match self.rest.split_at_checked(count) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(self.truncated(field, count)),
        }
    }

    /// `i32` length, bytes. A length of -1 is an error: no reader of graph data takes it.
    #[inline]
    pub(crate) fn bytes(&mut self, field: &'static str) -> Result<&'a [u8], BodyError> {
        let start = *self;
        let length = self.i32(field)?;
        let length =
            usize::try_from(length).map_err(|_| start.error(field, BodyErrorKind::NegativeLength(length.into())))?;
        self.raw(field, length)
    }

    /// The bytes of a string: `i16` length, UTF-8 that is not looked at.
    #[inline]
    pub(crate) fn utf_bytes(&mut self, field: &'static str) -> Result<&'a [u8], BodyError> {
        let start = *self;
        let length = self.i16(field)?;
        let length =
            usize::try_from(length).map_err(|_| start.error(field, BodyErrorKind::NegativeLength(length.into())))?;
        self.raw(field, length)
    }

    /// A string: `i16` length, UTF-8.
    #[inline]
    pub(crate) fn utf(&mut self, field: &'static str) -> Result<&'a str, BodyError> {
        let start = *self;
        let bytes = self.utf_bytes(field)?;
        std::str::from_utf8(bytes).map_err(|_| start.error(field, BodyErrorKind::InvalidUtf8))
    }

    /// An `i32` count of items of `min_len` bytes or more, checked against what is left.
    #[inline]
    pub(crate) fn count(&mut self, field: &'static str, min_len: usize) -> Result<usize, BodyError> {
        let start = *self;
        let count = self.i32(field)?;
        self.checked_count(count.into(), min_len).map_err(|kind| start.error(field, kind))
    }

    /// A count that was read, checked against what is left.
    pub(crate) fn checked_count(&self, count: i64, min_len: usize) -> Result<usize, BodyErrorKind> {
        let available = self.rest.len();
        let number = u64::try_from(count).map_err(|_| BodyErrorKind::NegativeLength(count))?;
        if number > (available / min_len) as u64 {
            return Err(BodyErrorKind::CountTooLarge { count: number, available });
        }
        Ok(number as usize)
    }

    /// What was read since `start`, an earlier state of this input.
    pub(crate) fn since(&self, start: &Self) -> Self {
        let length = start.rest.len() - self.rest.len();
        Self { rest: &start.rest[..length], end: self.offset(), verb: self.verb }
    }

    /// All that is left.
    #[inline]
    pub(crate) fn as_slice(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn verb(&self) -> Verb {
        self.verb
    }
}
