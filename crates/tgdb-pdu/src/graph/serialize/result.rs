//! Results of queries, which are read as they are serialized.

use std::cell::Cell;

use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::BodyError;
use crate::graph::input::Input;
use crate::graph::{Context, Element, ElementRef, ElementType, Entities, ListRef, MapRef};

impl Serialize for Entities<'_> {
    /// Those that are left.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for item in *self {
            list.serialize_element(&item.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

/// An element that is read when it is serialized, from where the one before it ended. So that
/// nested lists are read once, and not once for each level.
struct Unread<'c, 'a> {
    input: &'c Cell<Input<'a>>,
    element_type: ElementType,
    context: Context<'a>,
    depth: usize,
}

/// Reads from the place that all elements share.
fn take<'a, T, E: serde::ser::Error>(
    place: &Cell<Input<'a>>,
    read: impl FnOnce(&mut Input<'a>) -> Result<T, BodyError>,
) -> Result<T, E> {
    let mut input = place.get();
    let taken = read(&mut input).map_err(E::custom);
    place.set(input);
    taken
}

impl Serialize for Unread<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { input, element_type, context, depth } = *self;
        match element_type {
            ElementType::LIST | ElementType::MIXED_LIST => {
                let mixed = element_type == ElementType::MIXED_LIST;
                take(input, |input| ListRef::open(input, mixed, context, depth + 1))?.serialize_from(input, serializer)
            }
            ElementType::MAP => {
                take(input, |input| MapRef::open(input, context, depth + 1))?.serialize_from(input, serializer)
            }
            _ => take(input, |input| ElementRef::read(input, element_type, context, depth))?.serialize(serializer),
        }
    }
}

impl<'a> ListRef<'a> {
    fn serialize_from<S: Serializer>(&self, input: &Cell<Input<'a>>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for _ in 0..self.len() {
            let element_type = match self.element_type() {
                Some(element_type) => element_type,
                None => ElementType(take(input, |input| input.i8("element type"))?),
            };
            list.serialize_element(&Unread { input, element_type, context: self.context, depth: self.depth })?;
        }
        list.end()
    }
}

impl<'a> MapRef<'a> {
    fn serialize_from<S: Serializer>(&self, input: &Cell<Input<'a>>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for _ in 0..self.len() {
            let key = take(input, |input| input.utf("key"))?;
            let element_type = ElementType(take(input, |input| input.i8("element type"))?);
            map.serialize_entry(key, &Unread { input, element_type, context: self.context, depth: self.depth })?;
        }
        map.end()
    }
}

impl Serialize for ListRef<'_> {
    /// The elements that are left.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize_from(&Cell::new(self.input), serializer)
    }
}

impl Serialize for MapRef<'_> {
    /// The entries that are left.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize_from(&Cell::new(self.input), serializer)
    }
}

impl Serialize for ElementRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(list) => list.serialize(serializer),
            Self::Attribute(attribute) => attribute.serialize(serializer),
            Self::AttributeValue(attribute) | Self::TransientValue(attribute) => {
                attribute.value().map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Entity(entity) => entity.serialize(serializer),
            Self::Map(map) => map.serialize(serializer),
            Self::Void => serializer.serialize_unit(),
        }
    }
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(_, items) | Self::MixedList(items) => items.serialize(serializer),
            Self::Attribute(attribute) => attribute.serialize(serializer),
            Self::AttributeValue(attribute) | Self::TransientValue(attribute) => attribute.value.serialize(serializer),
            Self::Entity(entity) => entity.serialize(serializer),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(key, element)| (key, element))),
            Self::Void => serializer.serialize_unit(),
        }
    }
}
