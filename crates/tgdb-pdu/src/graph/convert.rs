//! Values from and to Rust's own types.

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
pub trait FromValue<'a>: Sized {
    /// The type in messages to people.
    const WANTED: &'static str;

    /// The value as that type, or `None` if it is of another.
    fn from_value(value: ValueRef<'a>) -> Option<Self>;
}

macro_rules! conversions {
    ($($ty:ty, $wanted:literal: $($pattern:pat => $result:expr),+;)+) => {
        $(impl<'a> FromValue<'a> for $ty {
            const WANTED: &'static str = $wanted;

            #[inline]
            fn from_value(value: ValueRef<'a>) -> Option<Self> {
                #[allow(unreachable_patterns)]
                match value {
                    $($pattern => $result,)+
                    _ => None,
                }
            }
        }

        impl<'a> TryFrom<ValueRef<'a>> for $ty {
            type Error = WrongType;

            fn try_from(value: ValueRef<'a>) -> Result<Self, WrongType> {
                Self::from_value(value).ok_or(WrongType { found: value.type_name(), wanted: $wanted })
            }
        })+
    };
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
    String, "String": text => <&str>::from_value(text).map(str::to_owned);
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

    fn from_value(value: ValueRef<'a>) -> Option<Self> {
        Some(value)
    }
}

impl<'a> FromValue<'a> for Value {
    const WANTED: &'static str = "Value";

    fn from_value(value: ValueRef<'a>) -> Option<Self> {
        Some(value.to_value())
    }
}

impl<'a, T: FromValue<'a>> FromValue<'a> for Option<T> {
    const WANTED: &'static str = T::WANTED;

    fn from_value(value: ValueRef<'a>) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }
}

/// A value is not of the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value is of type {found}, {wanted} was asked for; ask for the type of the attribute")]
pub struct WrongType {
    /// The type of the value, as the vendor writes it.
    pub found: &'static str,
    /// The Rust type asked for.
    pub wanted: &'static str,
}

macro_rules! into_value {
    ($($ty:ty, $value:ident => $result:expr;)+) => {
        $(impl From<$ty> for Value {
            fn from($value: $ty) -> Self {
                $result
            }
        })+
    };
}

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
