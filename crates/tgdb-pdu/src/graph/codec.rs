//! The bytes of an attribute: `i32` descriptor id, bool "is null", and unless it is null the
//! value (`AbstractAttribute.java`, `attrimpl.py`, `attrimpl.go`).

use super::{Char, CipherRef, Input, LargeObjectRef, NumberRef, Timestamp, ValueRef};
use crate::body::{AttributeDescriptor, AttributeType};
use crate::{BodyError, BodyErrorKind, EncodeError, Writer};

/// Who wrote graph data. Two kinds of values have more than one layout, and the bytes do not show
/// which.
///
/// | layout | CLOB and BLOB | encrypted attribute |
/// |---|---|---|
/// | [`Request`](Self::Request) | `i64` id, bool "has data", byte string if so | byte string, one RSA block |
/// | [`Reply`](Self::Reply) | `i64` id | obfuscated; CLOB and BLOB an `i64` id |
/// | [`ReplyWithData`](Self::ReplyWithData) | `i64` id, bool "is cached", byte string if so | obfuscated |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Layout {
    /// What Java and Python write. Go leaves out the id before a CLOB, which no reader of
    /// the vendor expects.
    Request,
    /// What Java and Go read (`ClobAttribute.java`, `BlobAttribute.java`).
    #[default]
    Reply,
    /// What Python reads (`attrimpl.py`). Which of the two a server writes is not known.
    ReplyWithData,
}

/// Whether the value stands encrypted.
fn is_encrypted(descriptor: &AttributeDescriptor, layout: Layout) -> bool {
    let large = matches!(descriptor.value_type, AttributeType::CLOB | AttributeType::BLOB);
    // Java and Go read encrypted large objects as plain ids; Python decrypts them.
    descriptor.is_encrypted && !(large && layout == Layout::Reply)
}

/// How the length of a value is found.
///
/// Each length has a variant of its own, not a field: a branch on the variant is predicted, and
/// then the next value is looked for before this one's type was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The type: one byte.
    One,
    /// The type: two bytes.
    Two,
    /// The type: four bytes.
    Four,
    /// The type: eight bytes.
    Eight,
    /// Its own `i16`.
    Text,
    /// Its own `i16`, behind precision and scale.
    Number,
    /// The zone type of a time.
    Time,
    /// The layout, or nothing that is known.
    Other,
}

impl Extent {
    pub(crate) fn of(descriptor: &AttributeDescriptor) -> Self {
        if descriptor.is_encrypted || descriptor.is_array {
            return Self::Other;
        }
        match descriptor.value_type {
            AttributeType::BOOLEAN | AttributeType::BYTE => Self::One,
            AttributeType::CHAR | AttributeType::SHORT => Self::Two,
            AttributeType::INTEGER | AttributeType::FLOAT => Self::Four,
            AttributeType::LONG | AttributeType::DOUBLE => Self::Eight,
            AttributeType::STRING => Self::Text,
            AttributeType::NUMBER => Self::Number,
            AttributeType::DATE | AttributeType::TIME | AttributeType::TIMESTAMP => Self::Time,
            _ => Self::Other,
        }
    }

    /// What is behind the value that the bytes start with; `None` if its length is not known or
    /// negative, or the bytes are too few.
    #[inline]
    pub(crate) fn behind(self, bytes: &[u8]) -> Option<&[u8]> {
        match self {
            Self::One => bytes.get(1..),
            Self::Two => bytes.get(2..),
            Self::Four => bytes.get(4..),
            Self::Eight => bytes.get(8..),
            Self::Text => behind_text(bytes),
            Self::Number => behind_text(bytes.get(4..)?),
            Self::Time => bytes.get(if *bytes.get(10)? == 0xff { 11 } else { 13 }..),
            Self::Other => None,
        }
    }
}

#[inline]
fn behind_text(bytes: &[u8]) -> Option<&[u8]> {
    let (length, text) = bytes.split_first_chunk()?;
    text.get(usize::try_from(i16::from_be_bytes(*length)).ok()?..)
}

/// Goes to the end of a value that is not null, so that [`read`] cannot run over it.
pub(crate) fn skip(input: &mut Input<'_>, descriptor: &AttributeDescriptor, layout: Layout) -> Result<(), BodyError> {
    if Extent::of(descriptor).behind(input.as_slice()).map(|rest| input.go_to(rest)).is_some() {
        return Ok(());
    }
    // A value without a fixed extent (large or encrypted), or a malformed one: read it for its error.
    read(input, descriptor, layout).map(drop)
}

/// Reads a value that is not null.
#[inline]
pub(crate) fn read<'a>(
    input: &mut Input<'a>,
    descriptor: &AttributeDescriptor,
    layout: Layout,
) -> Result<ValueRef<'a>, BodyError> {
    if !is_encrypted(descriptor, layout) || descriptor.is_array {
        return read_plain(input, descriptor, layout);
    }
    Ok(ValueRef::Encrypted(match layout {
        Layout::Request => CipherRef::Block(input.bytes("encrypted value")?),
        Layout::Reply | Layout::ReplyWithData => {
            let key = input.u64("key")?;
            let start = *input;
            let length = i64::try_from(input.u64("encrypted value")?).unwrap_or(i64::MAX);
            let length = input.checked_count(length, 1).map_err(|kind| start.error("encrypted value", kind))?;
            CipherRef::Obfuscated { key, data: input.raw("encrypted value", length)? }
        }
    }))
}

/// Reads a value that is not null as that of an attribute that is not encrypted.
#[inline]
pub(crate) fn read_plain<'a>(
    input: &mut Input<'a>,
    descriptor: &AttributeDescriptor,
    layout: Layout,
) -> Result<ValueRef<'a>, BodyError> {
    let unreadable = BodyErrorKind::NoLayout { id: descriptor.id, value_type: descriptor.value_type.0 };
    if descriptor.is_array {
        // No client of the vendor writes or reads an array.
        return Err(input.error("array", unreadable));
    }
    Ok(match descriptor.value_type {
        AttributeType::BOOLEAN => ValueRef::Boolean(input.bool("value")?),
        AttributeType::BYTE => ValueRef::Byte(input.i8("value")?),
        AttributeType::CHAR => ValueRef::Char(Char(input.u16("value")?)),
        AttributeType::SHORT => ValueRef::Short(input.i16("value")?),
        AttributeType::INTEGER => ValueRef::Integer(input.i32("value")?),
        AttributeType::LONG => ValueRef::Long(input.i64("value")?),
        AttributeType::FLOAT => ValueRef::Float(input.f32("value")?),
        AttributeType::DOUBLE => ValueRef::Double(input.f64("value")?),
        AttributeType::NUMBER => {
            let (precision, scale) = (input.i16("precision")?, input.i16("scale")?);
            ValueRef::Number(NumberRef { precision, scale, text: input.utf("number")? })
        }
        AttributeType::STRING => ValueRef::String(input.utf("value")?),
        AttributeType::DATE => ValueRef::Date(Timestamp::read(input)?.date),
        AttributeType::TIME => ValueRef::Time(Timestamp::read(input)?.time),
        AttributeType::TIMESTAMP => ValueRef::Timestamp(Timestamp::read(input)?),
        AttributeType::CLOB => ValueRef::Clob(read_large_object(input, layout)?),
        AttributeType::BLOB => ValueRef::Blob(read_large_object(input, layout)?),
        _ => return Err(input.error("value", unreadable)),
    })
}

fn read_large_object<'a>(input: &mut Input<'a>, layout: Layout) -> Result<LargeObjectRef<'a>, BodyError> {
    let id = input.i64("large object id")?;
    let has_data = layout != Layout::Reply && input.bool("has_data")?;
    let data = if has_data { Some(input.bytes("large object")?) } else { None };
    Ok(LargeObjectRef { id, data })
}

/// Writes an attribute.
pub(crate) fn write(
    w: &mut Writer,
    descriptor: &AttributeDescriptor,
    value: ValueRef<'_>,
    layout: Layout,
) -> Result<(), EncodeError> {
    w.i32(descriptor.id);
    w.bool(value.is_null());
    match value {
        ValueRef::Null => Ok(()),
        ValueRef::Encrypted(cipher) if is_encrypted(descriptor, layout) => match (cipher, layout) {
            (CipherRef::Block(block), Layout::Request) => w.bytes("encrypted value", block),
            (CipherRef::Obfuscated { key, data }, Layout::Reply | Layout::ReplyWithData) => {
                w.u64(key);
                w.u64(data.len() as u64);
                w.raw(data);
                Ok(())
            }
            _ => Err(inconsistent("clients encrypt to a block, servers obfuscate")),
        },
        _ if is_encrypted(descriptor, layout) => Err(inconsistent("must be encrypted, as its descriptor is")),
        _ => write_plain(w, descriptor, value, layout),
    }
}

/// Writes a value that is not null as that of an attribute that is not encrypted.
pub(crate) fn write_plain(
    w: &mut Writer,
    descriptor: &AttributeDescriptor,
    value: ValueRef<'_>,
    layout: Layout,
) -> Result<(), EncodeError> {
    if descriptor.is_array {
        return Err(inconsistent("arrays have no layout"));
    }
    match (descriptor.value_type, value) {
        (AttributeType::BOOLEAN, ValueRef::Boolean(value)) => w.bool(value),
        (AttributeType::BYTE, ValueRef::Byte(value)) => w.i8(value),
        (AttributeType::CHAR, ValueRef::Char(Char(unit))) => w.u16(unit),
        (AttributeType::SHORT, ValueRef::Short(value)) => w.i16(value),
        (AttributeType::INTEGER, ValueRef::Integer(value)) => w.i32(value),
        (AttributeType::LONG, ValueRef::Long(value)) => w.i64(value),
        (AttributeType::FLOAT, ValueRef::Float(value)) => w.f32(value),
        (AttributeType::DOUBLE, ValueRef::Double(value)) => w.f64(value),
        (AttributeType::NUMBER, ValueRef::Number(number)) => {
            w.i16(number.precision);
            w.i16(number.scale);
            w.utf("number", number.text)?;
        }
        (AttributeType::STRING, ValueRef::String(text)) => w.utf("value", text)?,
        (AttributeType::DATE, ValueRef::Date(date)) => Timestamp::from(date).write(w),
        (AttributeType::TIME, ValueRef::Time(time)) => Timestamp::from(time).write(w),
        (AttributeType::TIMESTAMP, ValueRef::Timestamp(stamp)) => stamp.write(w),
        (AttributeType::CLOB, ValueRef::Clob(object)) | (AttributeType::BLOB, ValueRef::Blob(object)) => {
            w.i64(object.id);
            if layout != Layout::Reply {
                w.bool(object.data.is_some());
                object.data.map_or(Ok(()), |data| w.bytes("large object", data))?;
            }
        }
        _ => return Err(inconsistent("is not of the type of its descriptor")),
    }
    Ok(())
}

fn inconsistent(reason: &'static str) -> EncodeError {
    EncodeError::Inconsistent { field: "value", reason }
}
