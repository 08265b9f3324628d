//! Values of attributes.

use std::fmt;

use bytes::Bytes;

use super::{Cipher, CipherRef, Date, Number, NumberRef, Time, Timestamp};

/// Declares the owned and the borrowed value together, so that they cannot differ.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident($owned:ty, $borrowed:ty), $text:literal, $a:ident => $as_ref:expr, $to_owned:expr;)+) => {
        /// The value of an attribute, owned.
        ///
        /// [`From`] builds one of Rust's own types; [`Value::as_ref`] borrows it, and
        /// [`FromValue`](super::FromValue) gives it back as Rust's own types.
        /// ```
        /// use tgdb_pdu::graph::{FromValue, Value};
        /// let value = Value::from(41);
        /// assert_eq!(value, Value::Integer(41));
        /// assert_eq!(i64::from_value(value.as_ref()), Ok(41));
        /// ```
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Value {
            /// No value.
            Null,
            $($(#[$doc])* $name($owned),)+
        }

        /// The value of an attribute, borrowed from the message that it came in.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[non_exhaustive]
        pub enum ValueRef<'a> {
            /// No value.
            Null,
            $($(#[$doc])* $name($borrowed),)+
        }

        impl Value {
            /// The value, borrowed.
            pub fn as_ref(&self) -> ValueRef<'_> {
                match self {
                    Self::Null => ValueRef::Null,
                    $(Self::$name($a) => ValueRef::$name($as_ref),)+
                }
            }
        }

        impl ValueRef<'_> {
            /// An owned copy.
            pub fn to_value(&self) -> Value {
                match self {
                    Self::Null => Value::Null,
                    $(Self::$name($a) => Value::$name($to_owned),)+
                }
            }

            /// The name of the type of the value, as the vendor writes it.
            pub fn type_name(&self) -> &'static str {
                match self {
                    Self::Null => "null",
                    $(Self::$name(_) => $text,)+
                }
            }
        }
    };
}

values! {
    /// One byte; anything but 0 is true.
    Boolean(bool, bool), "Boolean", a => *a, *a;
    /// One byte, signed.
    Byte(i8, i8), "Byte", a => *a, *a;
    /// Two bytes, one UTF-16 code unit.
    Char(Char, Char), "Char", a => *a, *a;
    /// Two bytes, signed.
    Short(i16, i16), "Short", a => *a, *a;
    /// Four bytes, signed. Python reads it as unsigned.
    Integer(i32, i32), "Integer", a => *a, *a;
    /// Eight bytes, signed.
    Long(i64, i64), "Long", a => *a, *a;
    /// Four bytes, IEEE 754.
    Float(f32, f32), "Float", a => *a, *a;
    /// Eight bytes, IEEE 754.
    Double(f64, f64), "Double", a => *a, *a;
    /// A decimal number.
    Number(Number, NumberRef<'a>), "Number", a => a.as_ref(), a.to_number();
    /// `i16` length in bytes, UTF-8.
    String(String, &'a str), "String", a => a, (*a).to_owned();
    /// A day, in the layout of a timestamp.
    Date(Date, Date), "Date", a => *a, *a;
    /// A time of day, in the layout of a timestamp.
    Time(Time, Time), "Time", a => *a, *a;
    /// A day and a time of day, 11 or 13 bytes.
    Timestamp(Timestamp, Timestamp), "TimeStamp", a => *a, *a;
    /// A large text.
    Clob(LargeObject, LargeObjectRef<'a>), "Clob", a => a.as_ref(), a.to_large_object();
    /// A large byte string.
    Blob(LargeObject, LargeObjectRef<'a>), "Blob", a => a.as_ref(), a.to_large_object();
    /// Any type, encrypted or obfuscated as it was sent.
    Encrypted(Cipher, CipherRef<'a>), "encrypted", a => a.as_ref(), a.to_cipher();
}

impl Value {
    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl ValueRef<'_> {
    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// One UTF-16 code unit: a character of the basic plane, or half of one beyond it.
/// ```
/// use tgdb_pdu::graph::Char;
/// assert_eq!(Char::try_from('中'), Ok(Char(0x4e2d)));
/// assert_eq!(char::try_from(Char(0x4e2d)), Ok('中'));
/// assert!(char::try_from(Char(0xd800)).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Char(pub u16);

impl TryFrom<Char> for char {
    type Error = std::char::CharTryFromError;
    fn try_from(unit: Char) -> Result<Self, Self::Error> {
        Self::try_from(u32::from(unit.0))
    }
}

impl TryFrom<char> for Char {
    type Error = std::num::TryFromIntError;
    fn try_from(character: char) -> Result<Self, Self::Error> {
        u16::try_from(u32::from(character)).map(Self)
    }
}

impl fmt::Display for Char {
    /// Half of a character is shown as U+FFFD.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        char::try_from(*self).unwrap_or(char::REPLACEMENT_CHARACTER).fmt(f)
    }
}

/// A CLOB or BLOB in an attribute, borrowed: its id, and its bytes where the sender gives them.
///
/// Without bytes, get them with a [`GetLargeObjectRequest`](crate::body::GetLargeObjectRequest).
///
/// `Debug` shows the length of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LargeObjectRef<'a> {
    /// Its id; negative and made up by the client if it is new.
    pub id: i64,
    /// Its bytes; UTF-8 in a CLOB.
    pub data: Option<&'a [u8]>,
}

/// A CLOB or BLOB in an attribute.
/// ```
/// use tgdb_pdu::graph::{LargeObject, Value};
/// // To be uploaded; the id is given when the change is made.
/// let picture = LargeObject::new(&b"\x89PNG"[..]);
/// assert_eq!(Value::from(picture).to_string(), "4 bytes");
/// ```
///
/// `Debug` shows the length of the bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LargeObject {
    /// Its id; negative and made up by the client if it is new, 0 to have one made up.
    pub id: i64,
    /// Its bytes; UTF-8 in a CLOB.
    pub data: Option<Bytes>,
}

impl LargeObject {
    /// A new object of those bytes, with id 0: [`Changes::set`](super::Changes::set)
    /// makes one up.
    pub fn new(data: impl Into<Bytes>) -> Self {
        Self { id: 0, data: Some(data.into()) }
    }

    /// The object, borrowed.
    pub fn as_ref(&self) -> LargeObjectRef<'_> {
        LargeObjectRef { id: self.id, data: self.data.as_deref() }
    }
}

impl LargeObjectRef<'_> {
    /// An owned copy.
    pub fn to_large_object(self) -> LargeObject {
        LargeObject { id: self.id, data: self.data.map(Bytes::copy_from_slice) }
    }
}

impl fmt::Debug for LargeObjectRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.data.map(<[u8]>::len);
        f.debug_struct("LargeObject").field("id", &self.id).field("length", &length).finish()
    }
}

impl fmt::Debug for LargeObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl fmt::Display for LargeObjectRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.data {
            Some(data) => write!(f, "{} bytes", data.len()),
            None => write!(f, "large object {}", self.id),
        }
    }
}

impl fmt::Display for LargeObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Byte(value) => value.fmt(f),
            Self::Char(value) => value.fmt(f),
            Self::Short(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Long(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::String(value) => f.write_str(value),
            Self::Date(value) => value.fmt(f),
            Self::Time(value) => value.fmt(f),
            Self::Timestamp(value) => value.fmt(f),
            Self::Clob(value) | Self::Blob(value) => value.fmt(f),
            Self::Encrypted(_) => f.write_str("encrypted"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}
