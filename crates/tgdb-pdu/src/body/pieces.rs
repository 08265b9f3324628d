//! Pieces that several bodies are made of.

use std::fmt;

use bytes::Bytes;

use super::{GetEntityResponse, QueryResponse};
use crate::wire::{decode_list, encode_list};
use crate::{BodyError, EncodeError, Reader, Wire, Writer};

/// All bytes up to the end of the payload. `Debug` shows how many.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Remainder(pub Bytes);

impl std::ops::Deref for Remainder {
    type Target = Bytes;
    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Remainder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remainder({} bytes)", self.len())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Remainder {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::serialize::hex(&self.0, serializer)
    }
}

impl Wire for Remainder {
    const MIN_LEN: usize = 0;
    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.share(&self.0);
        Ok(())
    }
    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(Self(r.take_rest()))
    }
}

/// A string with an `i32` length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Chars(pub String);

impl Wire for Chars {
    const MIN_LEN: usize = 4;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.chars(field, &self.0)
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        r.chars(field).map(Self)
    }
}

/// A list whose count has 16 bits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct List16<T>(pub Vec<T>);

impl<T: Wire> Wire for List16<T> {
    const MIN_LEN: usize = 2;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.count_i16(field, self.0.len())?;
        encode_list(field, &self.0, w)
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let count = r.i16(field)?;
        decode_list(field, count.into(), r).map(Self)
    }
}

/// A list whose count has 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct List64<T>(pub Vec<T>);

impl<T: Wire> Wire for List64<T> {
    const MIN_LEN: usize = 8;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i64(self.0.len() as i64);
        encode_list(field, &self.0, w)
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let count = r.i64(field)?;
        decode_list(field, count, r).map(Self)
    }
}

/// A payload that the server leaves out where there is nothing to report.
macro_rules! absent_if_empty {
    ($($ty:ty)+) => {
        $(impl Wire for Option<$ty> {
            const MIN_LEN: usize = 0;
            fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
                self.as_ref().map_or(Ok(()), |body| body.encode(field, w))
            }
            fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
                if r.remaining() == 0 { Ok(None) } else { <$ty>::decode(field, r).map(Some) }
            }
        })+
    };
}
absent_if_empty! { QueryResponse GetEntityResponse }
