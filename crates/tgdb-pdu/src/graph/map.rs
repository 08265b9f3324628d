//! All entities of a reply, each of them once.

use std::collections::HashMap;

use super::budget::Budget;
use super::entity::MIN_ENTITY_LEN;
use super::{Edge, Entities, Entity, EntityKind, EntityRef, Node};
use crate::BodyError;

/// Kind and id stand before each entity.
const MIN_FOUND_LEN: usize = 1 + 8 + MIN_ENTITY_LEN;

/// The entities of a reply, by id and in the order in which they came.
///
/// One that comes twice is one entity: the version, ends and edges are those of the later one,
/// its attributes are added to those of the former, as the vendor's readers do. Ids that are
/// named by edges or nodes, and do not come, are [shells](Self::shells).
///
/// Memory is bounded: a reply whose entities take more than its length and 64 MiB
/// ([`DECODE_ALLOWANCE`](crate::DECODE_ALLOWANCE)) is an error. Read such a reply one entity after
/// another, from [`Entities`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EntityMap {
    entities: Vec<Entity>,
    places: HashMap<i64, usize>,
    results: Vec<usize>,
}

/// An entity of which only the id is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Shell {
    /// Node or edge.
    pub kind: EntityKind,
    /// Its id.
    pub id: i64,
}

impl EntityMap {
    /// Reads all entities that are left.
    ///
    /// # Errors
    /// [`BodyError`] if one is malformed, or they take too much memory.
    pub fn read(entities: Entities<'_>) -> Result<Self, BodyError> {
        let mut map = Self::default();
        let mut budget = Budget::of(&entities.input);
        // No more come, so that nothing grows.
        let (_, count) = entities.size_hint();
        let count = count.unwrap_or(usize::MAX).min(entities.input.remaining() / MIN_FOUND_LEN);
        budget.reserve(&mut map.entities, count, &entities.input)?;
        budget.reserve(&mut map.results, count, &entities.input)?;
        budget.reserve_map(&mut map.places, count, &entities.input)?;
        for item in entities {
            let item = item?;
            let entity = item.entity;
            let place = match map.places.get(&entity.id()) {
                Some(place) => {
                    map.entities[*place].merge(&entity, &mut budget)?;
                    *place
                }
                None => {
                    map.entities.push(entity.to_entity_within(&mut budget)?);
                    map.places.insert(entity.id(), map.entities.len() - 1);
                    map.entities.len() - 1
                }
            };
            if item.is_result {
                map.results.push(place);
            }
        }
        Ok(map)
    }

    /// The entity with that id; `None` for a shell, and for an id that nothing names.
    pub fn get(&self, id: i64) -> Option<&Entity> {
        self.places.get(&id).and_then(|place| self.entities.get(*place))
    }

    /// The node with that id.
    pub fn node(&self, id: i64) -> Option<&Node> {
        if let Entity::Node(node) = self.get(id)? { Some(node) } else { None }
    }

    /// The edge with that id.
    pub fn edge(&self, id: i64) -> Option<&Edge> {
        if let Entity::Edge(edge) = self.get(id)? { Some(edge) } else { None }
    }

    /// All entities, in the order in which they came first.
    pub fn iter(&self) -> std::slice::Iter<'_, Entity> {
        self.entities.iter()
    }

    /// The entities marked as results, in order and as often as they came; all of them where the
    /// reply has no marks.
    pub fn results(&self) -> impl Iterator<Item = &Entity> {
        self.results.iter().filter_map(|place| self.entities.get(*place))
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// Ids that edges and nodes name and that did not come, each as often as it is named.
    pub fn shells(&self) -> impl Iterator<Item = Shell> {
        let named = self.entities.iter().flat_map(|entity| {
            let (kind, ids, ends): (_, &[i64], _) = match entity {
                Entity::Node(node) => (EntityKind::EDGE, &node.edges, [None, None]),
                Entity::Edge(edge) => (EntityKind::NODE, &[], [Some(edge.from), Some(edge.to)]),
            };
            let ids = ids.iter().copied().chain(ends.into_iter().flatten());
            ids.map(move |id| Shell { kind, id })
        });
        named.filter(|shell| !self.places.contains_key(&shell.id))
    }
}

impl Entity {
    /// Takes over what another reading of the same entity says.
    fn merge(&mut self, later: &EntityRef<'_>, budget: &mut Budget) -> Result<(), BodyError> {
        match (&mut *self, later) {
            (Self::Node(node), EntityRef::Node(later)) => {
                node.attributes.extend(later.attributes(), budget)?;
                let attributes = std::mem::take(&mut node.attributes);
                *node = Node { attributes, ..later.without_attributes(budget)? };
            }
            (Self::Edge(edge), EntityRef::Edge(later)) => {
                edge.attributes.extend(later.attributes(), budget)?;
                let attributes = std::mem::take(&mut edge.attributes);
                *edge = Edge { attributes, ..later.without_attributes(budget)? };
            }
            // The same id was an edge before and is a node now, or the reverse: the later one counts.
            (entity, later) => *entity = later.to_entity_within(budget)?,
        }
        Ok(())
    }
}
