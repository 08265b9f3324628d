//! The attributes of an entity, owned.

use std::collections::HashMap;
use std::sync::Arc;

use super::budget::Budget;
use super::{Attribute, AttributeError, Attributes, FromValue, Layout, Value, ValueRef};
use crate::body::AttributeDescriptor;
use crate::{BodyError, EncodeError, Writer};

/// Attributes in the order in which they were set, none twice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AttributeList {
    items: Vec<Attribute>,
    /// Place of each descriptor id; empty while there are few.
    places: HashMap<i32, usize>,
}

impl AttributeList {
    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Attribute> {
        self.items.iter()
    }

    /// All of them, whose descriptors must stay.
    #[cfg(feature = "encryption")]
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Attribute> {
        self.items.iter_mut()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The value of an attribute.
    ///
    /// # Errors
    /// [`AttributeError`] if it is not there, or of another type.
    pub fn get<'a, T: FromValue<'a>>(&'a self, name: &str) -> Result<T, AttributeError> {
        match self.items.iter().find(|attribute| attribute.descriptor.name == name) {
            Some(attribute) => attribute.get(),
            None => T::from_value(ValueRef::Null).map_err(|_| AttributeError::Missing { attribute: name.to_owned() }),
        }
    }

    /// Sets an attribute; see [`Attribute::new`].
    ///
    /// # Errors
    /// [`AttributeError`] if the value does not fit the descriptor.
    pub fn set(
        &mut self,
        descriptor: &Arc<AttributeDescriptor>,
        value: impl Into<Value>,
    ) -> Result<(), AttributeError> {
        self.put(Attribute::new(descriptor.clone(), value)?);
        Ok(())
    }

    /// Sets an attribute, in place of one of the same id. Takes constant time.
    fn put(&mut self, attribute: Attribute) {
        let id = attribute.descriptor.id;
        let place = match self.items.len() {
            ..FEW => self.items.iter().position(|old| old.descriptor.id == id),
            _ => self.places.get(&id).copied(),
        };
        if let Some(place) = place {
            self.items[place] = attribute;
            return;
        }
        self.items.push(attribute);
        match self.items.len() {
            ..FEW => {}
            FEW => self.places.extend(self.items.iter().enumerate().map(|(place, old)| (old.descriptor.id, place))),
            length => drop(self.places.insert(id, length - 1)),
        }
    }

    /// Adds attributes, in place of those of the same id, so that it keeps memory only for one
    /// of each id, however many there are.
    pub(crate) fn extend(&mut self, more: Attributes<'_>, budget: &mut Budget) -> Result<(), BodyError> {
        let place = more.input();
        if self.items.is_empty() {
            budget.reserve(&mut self.items, more.len().min(FEW), &place)?;
        }
        for attribute in more {
            budget.take_bytes(attribute.value_len(), &place)?;
            budget.reserve(&mut self.items, 1, &place)?;
            if self.items.len() + 1 >= FEW {
                let more = FEW.saturating_sub(self.places.len()).max(1);
                budget.reserve_map(&mut self.places, more, &place)?;
            }
            self.put(attribute.to_attribute()?);
        }
        Ok(())
    }

    pub(crate) fn encode(&self, w: &mut Writer, layout: Layout) -> Result<(), EncodeError> {
        w.count_i32("attributes", self.items.len())?;
        self.items.iter().try_for_each(|attribute| attribute.encode(w, layout))
    }
}

/// Up to here a list is searched faster than a map.
const FEW: usize = 16;

impl<'a> IntoIterator for &'a AttributeList {
    type Item = &'a Attribute;
    type IntoIter = std::slice::Iter<'a, Attribute>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Attribute> for AttributeList {
    /// Of two with one id the later one counts.
    fn from_iter<I: IntoIterator<Item = Attribute>>(attributes: I) -> Self {
        let mut list = Self::default();
        attributes.into_iter().for_each(|attribute| list.put(attribute));
        list
    }
}
