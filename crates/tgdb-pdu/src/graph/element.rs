//! The results of Gremlin queries (`queryimpl.py`, `query/impl/*.java`, `queryimpl.go`).
//!
//! | element type | layout |
//! |---|---|
//! | 1 list | `i32` count, element type (there even if the list is empty), then that many values of it |
//! | 2 attribute, 3 attribute value, 4 transient value | an attribute |
//! | 5 entity | [`EntityKind`], entity |
//! | 6 map | `i32` count, then each a string key, element type, value |
//! | 7 mixed list | `i32` count, then each an element type, value |
//! | 8 void | no bytes |

use super::attribute::MIN_ATTRIBUTE_LEN;
use super::entity::MIN_ENTITY_LEN;
use super::{AttributeRef, Context, EntityKind, EntityRef, Input, MAX_NESTING, MapRef, ValueRef};
use crate::wire::wire_code;
use crate::{BodyError, BodyErrorKind};

wire_code! {
    /// What an element of a Gremlin result is. One byte.
    pub struct ElementType(i8) {
        /// A list whose elements are all of one type; paths and tuples too.
        LIST = 1,
        /// An attribute: name and value.
        ATTRIBUTE = 2,
        /// The value of an attribute.
        ATTRIBUTE_VALUE = 3,
        /// A value that is no entity's, such as a count. It has a descriptor too.
        TRANSIENT_VALUE = 4,
        /// A node or an edge.
        ENTITY = 5,
        /// A map from strings.
        MAP = 6,
        /// A list whose elements have types of their own.
        MIXED_LIST = 7,
        /// Nothing.
        VOID = 8,
    }
}

/// An element of a Gremlin result, borrowed from the message that it came in.
///
/// # Example
/// ```
/// use tgdb_pdu::BodyError;
/// use tgdb_pdu::graph::{Answer, ElementRef};
///
/// fn show(answer: &Answer) -> Result<(), BodyError> {
///     for element in answer.elements() {
///         match element? {
///             ElementRef::Entity(entity) => println!("entity {}", entity.id()),
///             ElementRef::List(list) => println!("a list of {}", list.len()),
///             other => println!("{:?}", other.value()?),
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum ElementRef<'a> {
    /// A list, mixed list, path or tuple.
    List(ListRef<'a>),
    /// An attribute: name and value, as of `properties()`.
    Attribute(AttributeRef<'a>),
    /// The value of an attribute, as of `values()`.
    AttributeValue(AttributeRef<'a>),
    /// A value that is no entity's, as of `count()`.
    TransientValue(AttributeRef<'a>),
    /// A node or an edge.
    Entity(EntityRef<'a>),
    /// A map from strings.
    Map(MapRef<'a>),
    /// Nothing.
    Void,
}

impl<'a> ElementRef<'a> {
    /// Reads a value of that type. `depth` lists and maps stand around it.
    #[inline]
    pub(crate) fn read(
        input: &mut Input<'a>,
        element_type: ElementType,
        context: Context<'a>,
        depth: usize,
    ) -> Result<Self, BodyError> {
        Ok(match element_type {
            ElementType::LIST | ElementType::MIXED_LIST => {
                let mixed = element_type == ElementType::MIXED_LIST;
                let list = ListRef::open(input, mixed, context, depth + 1)?;
                Self::List(list.close(input)?)
            }
            ElementType::ATTRIBUTE => Self::Attribute(AttributeRef::read(input, context)?),
            ElementType::ATTRIBUTE_VALUE => Self::AttributeValue(AttributeRef::read(input, context)?),
            ElementType::TRANSIENT_VALUE => Self::TransientValue(AttributeRef::read(input, context)?),
            ElementType::ENTITY => {
                let kind = EntityKind(input.i8("kind")?);
                Self::Entity(EntityRef::read(input, kind, context)?)
            }
            ElementType::MAP => {
                let map = MapRef::open(input, context, depth + 1)?;
                Self::Map(map.close(input)?)
            }
            ElementType::VOID => Self::Void,
            ElementType(other) => return Err(input.error("element type", BodyErrorKind::UnknownValue(other.into()))),
        })
    }

    /// The value, if it is an attribute or a value.
    ///
    /// # Errors
    /// [`BodyErrorKind::InvalidUtf8`] if it is a text that is none.
    pub fn value(&self) -> Result<Option<ValueRef<'a>>, BodyError> {
        match self {
            Self::Attribute(attribute) | Self::AttributeValue(attribute) | Self::TransientValue(attribute) => {
                attribute.value().map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// The minimum number of bytes that an element takes, its type not counted.
fn min_len(element_type: ElementType) -> usize {
    match element_type {
        ElementType::LIST => 5,
        ElementType::ATTRIBUTE | ElementType::ATTRIBUTE_VALUE | ElementType::TRANSIENT_VALUE => MIN_ATTRIBUTE_LEN,
        ElementType::ENTITY => 1 + MIN_ENTITY_LEN,
        ElementType::MAP | ElementType::MIXED_LIST => 4,
        _ => 0,
    }
}

/// A list, borrowed from the message that it came in. An iterator, which takes no memory.
///
/// The list of a whole reply is read as it is iterated over, and its first malformed element is
/// the last item. A list inside another was checked when the outer list returned it, so that iterating
/// over it again costs time in proportion to its bytes; [`MAX_NESTING`] bounds how often.
///
/// A list of elements of type void has no elements, whatever its count says, as in the vendor's
/// readers: it takes no bytes.
#[derive(Debug, Clone, Copy)]
pub struct ListRef<'a> {
    pub(crate) input: Input<'a>,
    pub(crate) context: Context<'a>,
    left: usize,
    /// `None` for a mixed list.
    element_type: Option<ElementType>,
    pub(crate) depth: usize,
}

impl<'a> ListRef<'a> {
    /// Reads the head of a list. Its elements are the front of what is left.
    pub(crate) fn open(
        input: &mut Input<'a>,
        mixed: bool,
        context: Context<'a>,
        depth: usize,
    ) -> Result<Self, BodyError> {
        let start = *input;
        if depth > MAX_NESTING {
            return Err(start.error("list", BodyErrorKind::TooDeep));
        }
        let count = input.i32("count")?;
        let element_type = if mixed { None } else { Some(ElementType(input.i8("element type")?)) };
        let left = if element_type == Some(ElementType::VOID) {
            0
        } else {
            let min_len = element_type.map_or(1, min_len).max(1);
            input.checked_count(count.into(), min_len).map_err(|kind| start.error("count", kind))?
        };
        Ok(Self { input: *input, context, left, element_type, depth })
    }

    /// A list without elements at the end of the input, of no type: its owned form is a list too.
    pub(crate) fn empty(input: Input<'a>, context: Context<'a>) -> Self {
        Self { input, context, left: 0, element_type: Some(ElementType::VOID), depth: 1 }
    }

    /// Goes over the elements.
    fn close(mut self, input: &mut Input<'a>) -> Result<Self, BodyError> {
        for _ in 0..self.left {
            self.read(input)?;
        }
        self.input = input.since(&self.input);
        Ok(self)
    }

    #[inline]
    fn read(&self, input: &mut Input<'a>) -> Result<ElementRef<'a>, BodyError> {
        let element_type = match self.element_type {
            Some(element_type) => element_type,
            None => ElementType(input.i8("element type")?),
        };
        ElementRef::read(input, element_type, self.context, self.depth)
    }

    /// The type of all its elements; `None` for a mixed list.
    pub fn element_type(&self) -> Option<ElementType> {
        self.element_type
    }

    /// How many elements are left.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether no elements are left.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for ListRef<'a> {
    type Item = Result<ElementRef<'a>, BodyError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut input = self.input;
        let element = self.read(&mut input);
        self.input = input;
        if element.is_err() {
            self.left = 0;
        }
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl std::iter::FusedIterator for ListRef<'_> {}
