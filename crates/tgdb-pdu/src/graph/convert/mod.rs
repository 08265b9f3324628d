//! Values from and to Rust's own types, and to those of other crates.

#[cfg(feature = "chrono")]
mod chrono;
mod error;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "time")]
mod time;

pub use error::ConvertError;

use bytes::Bytes;

use super::{Char, Date, LargeObject, LargeObjectRef, Number, NumberRef, Time, Timestamp, Value, ValueRef};

/// A type that a value can be read as.
///
/// Integers and floats are widened where nothing is lost, so that a Byte reads as `i8`, `i16`,
/// `i32` or `i64`, and a Float as `f32` or `f64`. `Option<T>` reads null, and an attribute that
/// is not there, as `None`. Nothing else is converted.
///
/// | type | reads |
/// |---|---|
/// | `bool` | Boolean |
/// | `i8`, `i16`, `i32`, `i64` | Byte, Short, Integer, Long that are not wider |
/// | `f32`, `f64` | Float; Float and Double |
/// | `char`, [`Char`] | Char; `char` only if it is no half of a character |
/// | `&str`, `String` | String, and Clob with UTF-8 data |
/// | `&[u8]`, `Vec<u8>` | Blob and Clob with data |
/// | [`NumberRef`], [`Number`], [`Date`], [`Time`], [`Timestamp`] | that type |
/// | [`LargeObjectRef`], [`LargeObject`] | Clob and Blob |
/// | [`ValueRef`], [`Value`] | all |
///
/// With features of this crate, none of which is on by default:
///
/// | feature | type | reads |
/// |---|---|---|
/// | `jiff` | `jiff::civil::{Date, Time, DateTime}` | Date, Time, TimeStamp of the years -9999 to 9999 |
/// | `time` | `time::{Date, Time, PrimitiveDateTime}` | the same |
/// | `chrono` | `chrono::{NaiveDate, NaiveTime, NaiveDateTime}` | Date, Time, TimeStamp of all years |
/// | `rust_decimal` | `rust_decimal::Decimal` | Number of 28 digits or so |
///
/// The years BC are those of ISO 8601 there: 1 BC is 0, 44 BC is -43. What a type cannot hold
/// exactly is [`ConvertError::OutOfRange`]. These types have no zone: the fields are taken as they
/// are, and the [`zone`](Timestamp::zone) of a timestamp is dropped, as the vendor's readers do.
pub trait FromValue<'a>: Sized {
    /// The type in messages to people.
    const WANTED: &'static str;

    /// The value as that type.
    ///
    /// # Errors
    /// [`ConvertError`] if the value is of another type, or the type cannot hold it.
    fn from_value(value: ValueRef<'a>) -> Result<Self, ConvertError>;
}

macro_rules! conversions {
    ($($ty:ty, $wanted:literal: $($pattern:pat => $result:expr),+;)+) => {
        $(impl<'a> FromValue<'a> for $ty {
            const WANTED: &'static str = $wanted;

            #[inline]
            fn from_value(value: ValueRef<'a>) -> Result<Self, ConvertError> {
                #[allow(unreachable_patterns)]
                let converted = match value {
                    $($pattern => $result,)+
                    _ => None,
                };
                converted.ok_or_else(|| ConvertError::wrong_type(value, $wanted))
            }
        }

        try_from_value! { $ty }
        )+
    };
}

/// [`TryFrom`] for a type that has [`FromValue`].
macro_rules! try_from_value {
    ($ty:ty) => {
        impl<'a> TryFrom<$crate::graph::ValueRef<'a>> for $ty {
            type Error = $crate::graph::ConvertError;

            fn try_from(value: $crate::graph::ValueRef<'a>) -> Result<Self, Self::Error> {
                <Self as $crate::graph::FromValue>::from_value(value)
            }
        }
    };
}

/// Conversions of a type of another crate, which goes to and from one of ours.
#[cfg(any(feature = "jiff", feature = "time", feature = "chrono", feature = "rust_decimal"))]
macro_rules! through {
    ($($ty:ty, $wanted:literal: $ours:ty;)+) => {
        $(impl<'a> $crate::graph::FromValue<'a> for $ty {
            const WANTED: &'static str = $wanted;

            fn from_value(value: $crate::graph::ValueRef<'a>) -> Result<Self, $crate::graph::ConvertError> {
                let ours = <$ours>::from_value(value);
                ours.map_err(|_| $crate::graph::ConvertError::wrong_type(value, $wanted))?.try_into()
            }
        }

        $crate::graph::convert::try_from_value! { $ty })+
    };
}
#[cfg(any(feature = "jiff", feature = "time", feature = "chrono", feature = "rust_decimal"))]
use {through, try_from_value};

/// A year AD or BC from one of ISO 8601, in which 1 BC is 0; `None` if it has more than 15 bits.
#[cfg(any(feature = "time", feature = "chrono"))]
fn era_and_year(iso: i32) -> Option<(super::Era, i16)> {
    let (era, year) = if iso > 0 { (super::Era::Ad, iso) } else { (super::Era::Bc, 1_i32.checked_sub(iso)?) };
    Some((era, i16::try_from(year).ok()?))
}

conversions! {
    bool, "bool": ValueRef::Boolean(value) => Some(value);
    i8, "i8": ValueRef::Byte(value) => Some(value);
    i16, "i16": ValueRef::Byte(value) => Some(value.into()), ValueRef::Short(value) => Some(value);
    i32, "i32": ValueRef::Byte(value) => Some(value.into()), ValueRef::Short(value) => Some(value.into()),
        ValueRef::Integer(value) => Some(value);
    i64, "i64": ValueRef::Byte(value) => Some(value.into()), ValueRef::Short(value) => Some(value.into()),
        ValueRef::Integer(value) => Some(value.into()), ValueRef::Long(value) => Some(value);
    f32, "f32": ValueRef::Float(value) => Some(value);
    f64, "f64": ValueRef::Float(value) => Some(value.into()), ValueRef::Double(value) => Some(value);
    Char, "Char": ValueRef::Char(value) => Some(value);
    char, "char": ValueRef::Char(value) => value.try_into().ok();
    &'a str, "&str": ValueRef::String(text) => Some(text),
        ValueRef::Clob(LargeObjectRef { data: Some(data), .. }) => std::str::from_utf8(data).ok();
    String, "String": text => <&str>::from_value(text).ok().map(str::to_owned);
    &'a [u8], "&[u8]": ValueRef::Blob(object) | ValueRef::Clob(object) => object.data;
    Vec<u8>, "Vec<u8>": ValueRef::Blob(object) | ValueRef::Clob(object) => object.data.map(<[u8]>::to_vec);
    NumberRef<'a>, "NumberRef": ValueRef::Number(number) => Some(number);
    Number, "Number": ValueRef::Number(number) => Some(number.to_number());
    Date, "Date": ValueRef::Date(value) => Some(value);
    Time, "Time": ValueRef::Time(value) => Some(value);
    Timestamp, "Timestamp": ValueRef::Timestamp(value) => Some(value);
    LargeObjectRef<'a>, "LargeObjectRef": ValueRef::Blob(object) | ValueRef::Clob(object) => Some(object);
    LargeObject, "LargeObject": ValueRef::Blob(object) | ValueRef::Clob(object) => Some(object.to_large_object());
}

impl<'a> FromValue<'a> for ValueRef<'a> {
    const WANTED: &'static str = "ValueRef";

    fn from_value(value: ValueRef<'a>) -> Result<Self, ConvertError> {
        Ok(value)
    }
}

impl<'a> FromValue<'a> for Value {
    const WANTED: &'static str = "Value";

    fn from_value(value: ValueRef<'a>) -> Result<Self, ConvertError> {
        Ok(value.to_value())
    }
}

impl<'a, T: FromValue<'a>> FromValue<'a> for Option<T> {
    const WANTED: &'static str = T::WANTED;

    fn from_value(value: ValueRef<'a>) -> Result<Self, ConvertError> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

macro_rules! into_value {
    ($($ty:ty, $value:ident => $result:expr;)+) => {
        $(impl From<$ty> for $crate::graph::Value {
            fn from($value: $ty) -> Self {
                $result
            }
        })+
    };
}

#[cfg(any(feature = "jiff", feature = "time", feature = "chrono", feature = "rust_decimal"))]
use into_value;

into_value! {
    bool, value => Self::Boolean(value);
    i8, value => Self::Byte(value);
    i16, value => Self::Short(value);
    i32, value => Self::Integer(value);
    i64, value => Self::Long(value);
    f32, value => Self::Float(value);
    f64, value => Self::Double(value);
    Char, value => Self::Char(value);
    &str, value => Self::String(value.to_owned());
    String, value => Self::String(value);
    &[u8], value => LargeObject::new(value.to_vec()).into();
    Vec<u8>, value => LargeObject::new(value).into();
    Bytes, value => LargeObject::new(value).into();
    LargeObject, value => Self::Blob(value);
    Number, value => Self::Number(value);
    Date, value => Self::Date(value);
    Time, value => Self::Time(value);
    Timestamp, value => Self::Timestamp(value);
    ValueRef<'_>, value => value.to_value();
}

impl<T: Into<Value>> From<Option<T>> for Value {
    /// `None` is null.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
