//! Values.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::display::Hex;
use crate::graph::{
    Char, Cipher, CipherRef, Date, LargeObject, LargeObjectRef, Number, NumberRef, Time, Timestamp, Value, ValueRef,
};
use crate::secret::REDACTED;

macro_rules! as_text {
    ($($ty:ty)+) => {
        $(impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        })+
    };
}

as_text! { Char Number NumberRef<'_> Date Time Timestamp }

macro_rules! redacted {
    ($($ty:ty)+) => {
        $(impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(REDACTED)
            }
        })+
    };
}

redacted! { Cipher CipherRef<'_> }

/// `id` and `data`.
fn serialize_object<S: Serializer>(id: i64, data: Option<impl Serialize>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_struct("LargeObject", 2)?;
    fields.serialize_field("id", &id)?;
    fields.serialize_field("data", &data)?;
    fields.end()
}

impl Serialize for LargeObjectRef<'_> {
    /// As that of a Blob.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data = self.data.map(|data| Hex { first: data, length: data.len() }.to_string());
        serialize_object(self.id, data, serializer)
    }
}

impl Serialize for LargeObject {
    /// As that of a Blob.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().serialize(serializer)
    }
}

impl Serialize for ValueRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => value.serialize(serializer),
            Self::Byte(value) => value.serialize(serializer),
            Self::Char(value) => value.serialize(serializer),
            Self::Short(value) => value.serialize(serializer),
            Self::Integer(value) => value.serialize(serializer),
            Self::Long(value) => value.serialize(serializer),
            Self::Float(value) => value.serialize(serializer),
            Self::Double(value) => value.serialize(serializer),
            Self::Number(value) => value.serialize(serializer),
            Self::String(value) => value.serialize(serializer),
            Self::Date(value) => value.serialize(serializer),
            Self::Time(value) => value.serialize(serializer),
            Self::Timestamp(value) => value.serialize(serializer),
            Self::Clob(object) => serialize_object(object.id, object.data.map(String::from_utf8_lossy), serializer),
            Self::Blob(object) => object.serialize(serializer),
            Self::Encrypted(cipher) => cipher.serialize(serializer),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().serialize(serializer)
    }
}
