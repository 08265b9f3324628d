//! Maps in the results of Gremlin queries, borrowed.

use super::{Context, ElementRef, ElementType, Input, MAX_NESTING};
use crate::{BodyError, BodyErrorKind};

/// A map from strings, borrowed from the message that it came in. An iterator over its entries in
/// the order of the message, which takes no memory.
#[derive(Debug, Clone, Copy)]
pub struct MapRef<'a> {
    pub(crate) input: Input<'a>,
    pub(crate) context: Context<'a>,
    left: usize,
    pub(crate) depth: usize,
}

impl<'a> MapRef<'a> {
    pub(crate) fn open(input: &mut Input<'a>, context: Context<'a>, depth: usize) -> Result<Self, BodyError> {
        if depth > MAX_NESTING {
            return Err(input.error("map", BodyErrorKind::TooDeep));
        }
        // The shortest entry, an empty key and an element of type void, has three bytes.
        let left = input.count("count", 3)?;
        Ok(Self { input: *input, context, left, depth })
    }

    /// Goes over the entries. Keys are found to be UTF-8 or not when they are asked for.
    pub(crate) fn close(mut self, input: &mut Input<'a>) -> Result<Self, BodyError> {
        for _ in 0..self.left {
            input.utf_bytes("key")?;
            self.read(input)?;
        }
        self.input = input.since(&self.input);
        Ok(self)
    }

    fn read(&self, input: &mut Input<'a>) -> Result<ElementRef<'a>, BodyError> {
        let element_type = ElementType(input.i8("element type")?);
        ElementRef::read(input, element_type, self.context, self.depth)
    }

    /// How many entries are left.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether no entries are left.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The element of a key. Of two of that key the later one counts.
    ///
    /// # Errors
    /// [`BodyErrorKind::InvalidUtf8`] if a key is no text.
    pub fn get(self, key: &str) -> Result<Option<ElementRef<'a>>, BodyError> {
        let mut found = None;
        for entry in self {
            let (name, element) = entry?;
            if name == key {
                found = Some(element);
            }
        }
        Ok(found)
    }
}

impl<'a> Iterator for MapRef<'a> {
    type Item = Result<(&'a str, ElementRef<'a>), BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut input = self.input;
        let entry = input.utf("key").and_then(|key| Ok((key, self.read(&mut input)?)));
        self.input = input;
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl std::iter::FusedIterator for MapRef<'_> {}
