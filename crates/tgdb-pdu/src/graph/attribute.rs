//! Attributes: a descriptor and a value.

use std::sync::Arc;

use super::fit::fitted;
use super::{AttributeError, FromValue, Input, Layout, Schema, Value, ValueRef, cipher, codec};
use crate::body::AttributeDescriptor;
use crate::{BodyError, BodyErrorKind, EncodeError, Writer};

/// What it takes to read graph data: the schema, and who wrote the data.
///
/// A `&Schema` is one, for what a server wrote in the layout that Java and Go read.
#[derive(Debug, Clone, Copy)]
pub struct Context<'s> {
    /// The types of the graph.
    pub schema: &'s Schema,
    /// Who wrote the data.
    pub layout: Layout,
}

impl<'s> From<&'s Schema> for Context<'s> {
    fn from(schema: &'s Schema) -> Self {
        Self { schema, layout: Layout::default() }
    }
}

impl<'s> From<(&'s Schema, Layout)> for Context<'s> {
    fn from((schema, layout): (&'s Schema, Layout)) -> Self {
        Self { schema, layout }
    }
}

/// One attribute, borrowed from the message that it came in. Its value is decoded by
/// [`value`](Self::value).
#[derive(Debug, Clone, Copy)]
pub struct AttributeRef<'a> {
    descriptor: &'a Arc<AttributeDescriptor>,
    layout: Layout,
    /// The value's bytes; `None` for null.
    value: Option<Input<'a>>,
}

/// The minimum number of bytes that an attribute takes: that of a null.
pub(crate) const MIN_ATTRIBUTE_LEN: usize = 5;

impl<'a> AttributeRef<'a> {
    /// Goes over an attribute and checks that it is whole and known.
    #[cold]
    #[inline(never)]
    pub(crate) fn skip(input: &mut Input<'a>, context: Context<'a>) -> Result<(), BodyError> {
        Self::read(input, context).map(drop)
    }

    #[inline]
    pub(crate) fn read(input: &mut Input<'a>, context: Context<'a>) -> Result<Self, BodyError> {
        let start = *input;
        let id = input.i32("descriptor")?;
        let Some(descriptor) = context.schema.descriptor_by_id(id) else {
            return Err(start.error("descriptor", BodyErrorKind::UnknownDescriptor { id }));
        };
        let layout = context.layout;
        if input.bool("is_null")? {
            return Ok(Self { descriptor, layout, value: None });
        }
        let start = *input;
        match context.schema.extent(id).behind(input.as_slice()) {
            Some(rest) => input.go_to(rest),
            None => codec::skip(input, descriptor, layout)?,
        }
        Ok(Self { descriptor, layout, value: Some(input.since(&start)) })
    }

    /// Its descriptor.
    pub fn descriptor(&self) -> &'a Arc<AttributeDescriptor> {
        self.descriptor
    }

    /// Its name. Java and Python hide names that start with `@`.
    pub fn name(&self) -> &'a str {
        &self.descriptor.name
    }

    /// How many bytes its value has in the message. An owned copy takes no more memory beside
    /// itself.
    pub(crate) fn value_len(&self) -> usize {
        self.value.map_or(0, |value| value.remaining())
    }

    /// Decodes its value.
    ///
    /// # Errors
    /// [`BodyErrorKind::InvalidUtf8`] if it is a text that is none; the length was checked before.
    #[inline]
    pub fn value(&self) -> Result<ValueRef<'a>, BodyError> {
        match self.value {
            None => Ok(ValueRef::Null),
            Some(mut input) => codec::read(&mut input, self.descriptor, self.layout),
        }
    }

    /// Decodes its value as that type.
    ///
    /// # Errors
    /// [`AttributeError`] if it is of another type, or its bytes are malformed.
    pub fn get<T: FromValue<'a>>(&self) -> Result<T, AttributeError> {
        let value = self.value()?;
        T::from_value(value).map_err(|error| AttributeError::convert(self.name(), error))
    }

    /// Its value in clear, if a server sent it encrypted; else its value.
    ///
    /// # Errors
    /// [`BodyErrorKind::UnreadableClearText`] if the clear text does not have the layout of its
    /// type, and for what a client encrypted.
    pub fn clear_value(&self) -> Result<Value, BodyError> {
        match (self.value()?, self.value) {
            (ValueRef::Encrypted(cipher), Some(place)) => {
                let unreadable = || place.error("encrypted value", BodyErrorKind::UnreadableClearText);
                let clear = cipher.clear_text().ok_or_else(unreadable)?;
                cipher::value_of_clear(self.descriptor, &clear, &place)
            }
            (value, _) => Ok(value.to_value()),
        }
    }

    /// An owned copy.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn to_attribute(&self) -> Result<Attribute, BodyError> {
        Ok(Attribute { descriptor: self.descriptor.clone(), value: self.value()?.to_value() })
    }
}

/// One attribute, owned.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use tgdb_pdu::body::{AttributeDescriptor, AttributeType, SystemType};
/// use tgdb_pdu::graph::{Attribute, Value};
///
/// let descriptor = Arc::new(AttributeDescriptor {
///     system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
///     id: 7,
///     name: "elevation".into(),
///     value_type: AttributeType::LONG,
///     is_array: false,
///     is_encrypted: false,
///     number: None,
/// });
/// // An `i32` is widened to the type of the attribute.
/// let elevation = Attribute::new(descriptor.clone(), 448)?;
/// assert_eq!(elevation.value, Value::Long(448));
/// assert_eq!(elevation.get::<i64>(), Ok(448));
/// assert!(Attribute::new(descriptor, "high").is_err());
/// # Ok::<(), tgdb_pdu::graph::AttributeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// What it is.
    pub descriptor: Arc<AttributeDescriptor>,
    /// Its value, of the type of the descriptor, or null.
    pub value: Value,
}

impl Attribute {
    /// An attribute whose value is made to fit its type: integers and floats are widened, integers
    /// narrowed if they fit, numbers and texts of numbers brought to the scale of the descriptor,
    /// text and bytes become large objects where the descriptor says so.
    ///
    /// # Errors
    /// [`AttributeError`] if the value does not fit, or is a text above
    /// [`MAX_STRING_LEN`](super::MAX_STRING_LEN).
    pub fn new(descriptor: Arc<AttributeDescriptor>, value: impl Into<Value>) -> Result<Self, AttributeError> {
        let value = fitted(&descriptor, value.into())?;
        Ok(Self { descriptor, value })
    }

    /// Its value as that type.
    ///
    /// # Errors
    /// [`AttributeError`] if it is of another type.
    pub fn get<'a, T: FromValue<'a>>(&'a self) -> Result<T, AttributeError> {
        let value = self.value.as_ref();
        T::from_value(value).map_err(|error| AttributeError::convert(&self.descriptor.name, error))
    }

    /// Appends its bytes.
    ///
    /// # Errors
    /// [`EncodeError`] if the value does not fit the descriptor or the layout.
    pub fn encode(&self, w: &mut Writer, layout: Layout) -> Result<(), EncodeError> {
        codec::write(w, &self.descriptor, self.value.as_ref(), layout)
    }
}
