//! Results of Gremlin queries, independent of the message that they came in.

use super::budget::Budget;
use super::{Attribute, Context, ElementRef, ElementType, Entity, Input, Layout, ListRef, MapRef};
use crate::{BodyError, EncodeError, Writer};

/// An element of a Gremlin result, owned.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Element {
    /// A list, path or tuple whose elements are of one type.
    List(ElementType, Vec<Element>),
    /// A list, path or tuple whose elements have types of their own.
    MixedList(Vec<Element>),
    /// An attribute: name and value.
    Attribute(Attribute),
    /// The value of an attribute.
    AttributeValue(Attribute),
    /// A value that is no entity's, such as a count.
    TransientValue(Attribute),
    /// A node or an edge.
    Entity(Entity),
    /// A map from strings, in the order of the message.
    Map(Vec<(String, Element)>),
    /// Nothing.
    Void,
}

impl Element {
    /// Its type.
    pub fn element_type(&self) -> ElementType {
        match self {
            Self::List(..) => ElementType::LIST,
            Self::MixedList(_) => ElementType::MIXED_LIST,
            Self::Attribute(_) => ElementType::ATTRIBUTE,
            Self::AttributeValue(_) => ElementType::ATTRIBUTE_VALUE,
            Self::TransientValue(_) => ElementType::TRANSIENT_VALUE,
            Self::Entity(_) => ElementType::ENTITY,
            Self::Map(_) => ElementType::MAP,
            Self::Void => ElementType::VOID,
        }
    }

    /// Appends its bytes, without its type.
    ///
    /// # Errors
    /// [`EncodeError`] if a value does not fit its descriptor, or an element the type of its list.
    pub fn encode(&self, w: &mut Writer, layout: Layout) -> Result<(), EncodeError> {
        match self {
            Self::List(element_type, items) => {
                w.count_i32("list", items.len())?;
                w.i8(element_type.0);
                if items.iter().any(|item| item.element_type() != *element_type || *element_type == ElementType::VOID) {
                    let reason = "an element is not of the type of the list, or void";
                    return Err(EncodeError::Inconsistent { field: "list", reason });
                }
                items.iter().try_for_each(|item| item.encode(w, layout))
            }
            Self::MixedList(items) => {
                w.count_i32("list", items.len())?;
                items.iter().try_for_each(|item| item.encode_typed(w, layout))
            }
            Self::Attribute(attribute) | Self::AttributeValue(attribute) | Self::TransientValue(attribute) => {
                attribute.encode(w, layout)
            }
            Self::Entity(entity) => {
                w.i8(entity.kind().0);
                entity.encode(w, layout)
            }
            Self::Map(entries) => {
                w.count_i32("map", entries.len())?;
                entries.iter().try_for_each(|(key, element)| {
                    w.utf("key", key)?;
                    element.encode_typed(w, layout)
                })
            }
            Self::Void => Ok(()),
        }
    }

    /// Appends its type and its bytes, as the result of a query starts.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_typed(&self, w: &mut Writer, layout: Layout) -> Result<(), EncodeError> {
        w.i8(self.element_type().0);
        self.encode(w, layout)
    }
}

impl Element {
    /// Reads a value of that type in one pass, however deep it is nested: unlike a borrowed list,
    /// none inside is gone over before. `depth` lists and maps stand around it.
    fn read<'a>(
        input: &mut Input<'a>,
        element_type: ElementType,
        context: Context<'a>,
        depth: usize,
        budget: &mut Budget,
    ) -> Result<Self, BodyError> {
        Ok(match element_type {
            ElementType::LIST | ElementType::MIXED_LIST => {
                let mixed = element_type == ElementType::MIXED_LIST;
                let list = ListRef::open(input, mixed, context, depth + 1)?;
                list.read_owned(input, budget)?
            }
            ElementType::MAP => {
                let map = MapRef::open(input, context, depth + 1)?;
                map.read_owned(input, budget)?
            }
            _ => {
                let element = ElementRef::read(input, element_type, context, depth)?;
                if let ElementRef::Attribute(attribute)
                | ElementRef::AttributeValue(attribute)
                | ElementRef::TransientValue(attribute) = &element
                {
                    budget.take_bytes(attribute.value_len(), input)?;
                }
                match element {
                    ElementRef::Attribute(attribute) => Self::Attribute(attribute.to_attribute()?),
                    ElementRef::AttributeValue(attribute) => Self::AttributeValue(attribute.to_attribute()?),
                    ElementRef::TransientValue(attribute) => Self::TransientValue(attribute.to_attribute()?),
                    ElementRef::Entity(entity) => Self::Entity(entity.to_entity_within(budget)?),
                    // The outer match handles these three.
                    ElementRef::List(_) | ElementRef::Map(_) | ElementRef::Void => Self::Void,
                }
            }
        })
    }
}

impl<'a> ListRef<'a> {
    /// An owned copy of the elements that are left.
    ///
    /// # Errors
    /// [`BodyError`] if one is malformed, or they take more memory than the length of their bytes
    /// and 64 MiB ([`DECODE_ALLOWANCE`](crate::DECODE_ALLOWANCE)).
    pub fn to_element(self) -> Result<Element, BodyError> {
        self.read_owned(&mut { self.input }, &mut Budget::of(&self.input))
    }

    fn read_owned(&self, input: &mut Input<'a>, budget: &mut Budget) -> Result<Element, BodyError> {
        budget.take::<Element>(self.len(), input)?;
        let mut items = Vec::with_capacity(self.len());
        for _ in 0..self.len() {
            let element_type = match self.element_type() {
                Some(element_type) => element_type,
                None => ElementType(input.i8("element type")?),
            };
            items.push(Element::read(input, element_type, self.context, self.depth, budget)?);
        }
        Ok(match self.element_type() {
            Some(element_type) => Element::List(element_type, items),
            None => Element::MixedList(items),
        })
    }
}

impl<'a> MapRef<'a> {
    fn read_owned(&self, input: &mut Input<'a>, budget: &mut Budget) -> Result<Element, BodyError> {
        budget.take::<(String, Element)>(self.len(), input)?;
        let mut entries = Vec::with_capacity(self.len());
        for _ in 0..self.len() {
            let key = input.utf("key")?;
            budget.take_bytes(key.len(), input)?;
            let key = key.to_owned();
            let element_type = ElementType(input.i8("element type")?);
            entries.push((key, Element::read(input, element_type, self.context, self.depth, budget)?));
        }
        Ok(Element::Map(entries))
    }
}
