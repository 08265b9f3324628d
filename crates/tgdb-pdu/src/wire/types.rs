//! The trait that ties Rust types to their encodings, and macros that build it for bodies.

use bytes::Bytes;

use crate::{BodyError, EncodeError, Reader, Secret, Writer};

/// A value with one encoding on the wire.
///
/// | type | encoding |
/// |---|---|
/// | integers, floats | big-endian |
/// | `bool` | one byte |
/// | `String` | `i16` length in bytes, UTF-8 |
/// | `Option<String>` | bool "is null", then the string if it is not |
/// | `Bytes`, [`Secret`] | `i32` length, bytes |
/// | `Option<Bytes>` | the same, null is length -1 |
/// | `Vec<T>` | `i32` count, items |
///
/// # Example
/// ```
/// use tgdb_pdu::body::EntityKey;
/// use tgdb_pdu::{Reader, Verb, Wire, Writer};
///
/// let key = EntityKey { type_name: Some("airport".into()), attribute_count: 0, attributes: Default::default() };
/// let mut writer = Writer::default();
/// key.encode("key", &mut writer)?;
/// let mut reader = Reader::new(Verb::GET_ENTITY_REQUEST, writer.into_vec().into());
/// assert_eq!(EntityKey::decode("key", &mut reader)?, key);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Wire: Sized {
    /// The minimum number of bytes that a value takes; bounds a count before memory is taken.
    const MIN_LEN: usize;

    /// Appends the value.
    ///
    /// # Errors
    /// [`EncodeError`] if it does not fit its encoding.
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError>;

    /// Takes a value off the front.
    ///
    /// # Errors
    /// [`BodyError`] if there is none, or it takes more memory than the payload may.
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError>;
}

macro_rules! infallible {
    ($($ty:ident)+) => {
        $(impl Wire for $ty {
            const MIN_LEN: usize = size_of::<$ty>();
            fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
                w.$ty(*self);
                Ok(())
            }
            fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
                r.$ty(field)
            }
        })+
    };
}

infallible! { bool i8 u8 i16 u16 i32 u32 i64 u64 f32 f64 }

macro_rules! stringlike {
    ($($ty:ty, $min:literal, $value:ident => $as_arg:expr, $method:ident;)+) => {
        $(impl Wire for $ty {
            const MIN_LEN: usize = $min;
            fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
                let $value = self;
                w.$method(field, $as_arg)
            }
            fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
                r.$method(field)
            }
        })+
    };
}

stringlike! {
    String, 2, value => value, utf;
    Option<String>, 1, value => value.as_deref(), nullable_utf;
    Option<Bytes>, 4, value => value.as_deref(), nullable_bytes;
}

impl Wire for Bytes {
    const MIN_LEN: usize = 4;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.shared_bytes(field, self)
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        r.bytes(field)
    }
}

impl Wire for Secret {
    const MIN_LEN: usize = 4;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.mark_secret();
        w.bytes(field, self.expose())
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let bytes = r.bytes(field)?;
        r.take_memory(field, bytes.len())?;
        Ok(Secret::new(&bytes[..]))
    }
}

impl<T: Wire> Wire for Vec<T> {
    const MIN_LEN: usize = 4;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.count_i32(field, self.len())?;
        encode_list(field, self, w)
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let count = r.i32(field)?;
        decode_list(field, count.into(), r)
    }
}

/// Items without their count, for counts that are not `i32`.
pub(crate) fn encode_list<T: Wire>(field: &'static str, items: &[T], w: &mut Writer) -> Result<(), EncodeError> {
    items.iter().try_for_each(|item| item.encode(field, w))
}

/// Adds an item to a list of unknown length.
pub(crate) fn push<T>(field: &'static str, items: &mut Vec<T>, item: T, r: &mut Reader) -> Result<(), BodyError> {
    if items.len() == items.capacity() {
        // A list that grows is there twice for a moment: so each growth counts in full.
        let more = items.len().max(4);
        r.take_memory(field, (items.len() + more).saturating_mul(size_of::<T>()))?;
        items.reserve_exact(more);
    }
    items.push(item);
    Ok(())
}

/// `count` items, after the count was checked against what is left.
pub(crate) fn decode_list<T: Wire>(field: &'static str, count: i64, r: &mut Reader) -> Result<Vec<T>, BodyError> {
    let count = r.check_count(field, count, T::MIN_LEN)?;
    r.take_memory(field, count.saturating_mul(size_of::<T>()))?;
    // Collected, it would grow by doubling, as a list that can end in an error has no known length.
    let mut items = Vec::with_capacity(count);
    for _ in 0..count {
        items.push(T::decode(field, r)?);
    }
    Ok(items)
}

/// A struct whose encoding is that of its fields, one behind the other.
macro_rules! wire_struct {
    ($(#[$doc:meta])* pub struct $name:ident {
        $($(#[$fdoc:meta])* pub $field:ident: $ty:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $ty,)*
        }

        impl $crate::Wire for $name {
            const MIN_LEN: usize = 0 $(+ <$ty as $crate::Wire>::MIN_LEN)*;
            fn encode(&self, _: &'static str, w: &mut $crate::Writer) -> Result<(), $crate::EncodeError> {
                $($crate::Wire::encode(&self.$field, stringify!($field), w)?;)*
                Ok(())
            }
            fn decode(_: &'static str, r: &mut $crate::Reader) -> Result<Self, $crate::BodyError> {
                Ok(Self { $($field: $crate::Wire::decode(stringify!($field), r)?,)* })
            }
        }
    };
}
pub(crate) use wire_struct;

/// An enumeration that is a code on the wire; codes without a name are kept.
macro_rules! wire_code {
    ($(#[$doc:meta])* pub struct $name:ident($repr:ident) {
        $($(#[$vdoc:meta])* $variant:ident = $code:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub $repr);

        impl $name {
            $($(#[$vdoc])* pub const $variant: Self = Self($code);)+

            /// The name of the code, or `None` if it has none.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($variant)),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", self.name().unwrap_or("unnamed"), self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self, f)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            /// As its name, or as the number if it has none.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.name() {
                    Some(name) => serializer.serialize_str(name),
                    None => serde::Serialize::serialize(&self.0, serializer),
                }
            }
        }

        impl $crate::Wire for $name {
            const MIN_LEN: usize = size_of::<$repr>();
            fn encode(&self, field: &'static str, w: &mut $crate::Writer) -> Result<(), $crate::EncodeError> {
                $crate::Wire::encode(&self.0, field, w)
            }
            fn decode(field: &'static str, r: &mut $crate::Reader) -> Result<Self, $crate::BodyError> {
                $crate::Wire::decode(field, r).map(Self)
            }
        }
    };
}
pub(crate) use wire_code;
