//! The attributes of an entity or key, borrowed.

use super::attribute::MIN_ATTRIBUTE_LEN;
use super::codec::Extent;
use super::{AttributeError, AttributeRef, Context, FromValue, Input, Schema, ValueRef};
use crate::BodyError;

/// Attributes, borrowed from the message that they came in. An iterator.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    context: Context<'a>,
    count: usize,
    input: Input<'a>,
}

impl<'a> Attributes<'a> {
    /// Goes over `count` attributes and checks that they are whole.
    #[inline]
    pub(crate) fn read(input: &mut Input<'a>, count: usize, context: Context<'a>) -> Result<Self, BodyError> {
        let start = *input;
        let mut rest = input.as_slice();
        for _ in 0..count {
            if let Some(behind) = behind_simple(rest, context.schema) {
                rest = behind;
                continue;
            }
            input.go_to(rest);
            AttributeRef::skip(input, context)?;
            rest = input.as_slice();
        }
        input.go_to(rest);
        Ok(Self { context, count, input: input.since(&start) })
    }

    /// The bytes of those that are left.
    pub(crate) fn input(&self) -> Input<'a> {
        self.input
    }

    /// The value of an attribute. Of two of that name the later one counts.
    ///
    /// # Errors
    /// As [`NodeRef::get`](super::NodeRef::get).
    pub fn get<T: FromValue<'a>>(self, name: &str) -> Result<T, AttributeError> {
        let Some(descriptor) = self.context.schema.descriptor(name) else {
            return Err(AttributeError::Unknown { attribute: name.to_owned() });
        };
        match self.filter(|attribute| attribute.descriptor().id == descriptor.id).last() {
            Some(attribute) => attribute.get(),
            None => T::from_value(ValueRef::Null).map_err(|_| AttributeError::Missing { attribute: name.to_owned() }),
        }
    }
}

/// What is behind an attribute whose length is found without its descriptor, as that of most is.
#[inline]
fn behind_simple<'a>(bytes: &'a [u8], schema: &Schema) -> Option<&'a [u8]> {
    let ([id0, id1, id2, id3, is_null], value) = bytes.split_first_chunk::<MIN_ATTRIBUTE_LEN>()?;
    let extent = schema.extent(i32::from_be_bytes([*id0, *id1, *id2, *id3]));
    if *is_null != 0 && extent != Extent::Other { Some(value) } else { extent.behind(value) }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = AttributeRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.count = self.count.checked_sub(1)?;
        // The attributes were checked when the entity was read, so that this does not fail.
        AttributeRef::read(&mut self.input, self.context).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for Attributes<'_> {}
