//! Making the changes of a commit.

use std::collections::HashMap;
use std::sync::Arc;

use super::{AttributeError, AttributeList, ChangeError, ChangeSet, Edge, Entity, LargeObject, Node, Schema, Value};
use crate::EncodeError;
use crate::body::{AttributeDescriptor, AttributeType, CommitTransactionRequest, EdgeDirection, SystemType};

/// Collects changes for a commit and gives new things their temporary ids.
///
/// Entities go into the request in the order in which they were named first.
/// ```
/// use tgdb_pdu::body::CommitTransactionRequest;
/// use tgdb_pdu::graph::{ChangeError, Changes, Schema};
///
/// # fn changes(schema: &Schema) -> Result<CommitTransactionRequest, ChangeError> {
/// let mut changes = Changes::new(schema);
/// let munich = changes.add_node(Some("airport"))?;
/// changes.set(munich, "code", "MUC")?;
/// let oslo = changes.add_node(Some("airport"))?;
/// changes.set(oslo, "code", "OSL")?;
/// let route = changes.add_edge("route", munich, oslo)?;
/// changes.set(route, "distance", 1318)?;
/// Ok(changes.to_request()?)
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Changes<'s> {
    schema: &'s Schema,
    pub(super) set: ChangeSet,
    new_descriptors: HashMap<String, Arc<AttributeDescriptor>>,
    /// Which block each entity is in, and where.
    places: HashMap<i64, (Block, usize)>,
    next_id: i64,
    next_descriptor: i32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Block {
    Added,
    Changed,
    Removed,
}

/// An end of a new edge.
#[derive(Debug, Clone, Copy)]
pub enum EdgeEnd<'n> {
    /// A node by id: one that is added by the same commit, or one that is known by its id only.
    Id(i64),
    /// A node read before, which goes along so that its version is checked.
    Existing(&'n Node),
}

impl From<i64> for EdgeEnd<'_> {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

impl<'n> From<&'n Node> for EdgeEnd<'n> {
    fn from(node: &'n Node) -> Self {
        Self::Existing(node)
    }
}

impl<'s> Changes<'s> {
    /// No changes. Ids of new entities, large objects and descriptors count down from -1.
    pub fn new(schema: &'s Schema) -> Self {
        Self::counting_from(schema, -1, -1)
    }

    /// No changes. Ids of new entities and large objects, and those of new descriptors, count
    /// down from these, which must be negative.
    pub fn counting_from(schema: &'s Schema, next_id: i64, next_descriptor: i32) -> Self {
        let set = ChangeSet::default();
        Self { schema, set, new_descriptors: HashMap::new(), places: HashMap::new(), next_id, next_descriptor }
    }

    /// Adds a node and returns its temporary id.
    ///
    /// # Errors
    /// [`ChangeError::UnknownType`] if the schema has no such node type.
    pub fn add_node(&mut self, type_name: Option<&str>) -> Result<i64, ChangeError> {
        let type_id = match type_name {
            None => 0,
            Some(name) => {
                let node_type = self.schema.node_type(name);
                node_type.ok_or_else(|| ChangeError::UnknownType { name: name.to_owned() })?.entity_type.id
            }
        };
        let id = self.make_id();
        self.put(Block::Added, Entity::Node(Node { id, type_id, is_new: true, ..Node::default() }));
        Ok(id)
    }

    /// Adds an edge, in the direction of its type, and returns its temporary id.
    ///
    /// # Errors
    /// [`ChangeError::UnknownType`] if the schema has no such edge type.
    pub fn add_edge<'n>(
        &mut self,
        type_name: &str,
        from: impl Into<EdgeEnd<'n>>,
        to: impl Into<EdgeEnd<'n>>,
    ) -> Result<i64, ChangeError> {
        let edge_type = self.schema.edge_type(type_name);
        let edge_type = edge_type.ok_or_else(|| ChangeError::UnknownType { name: type_name.to_owned() })?;
        let (type_id, direction) = (edge_type.entity_type.id, edge_type.direction);
        Ok(self.put_edge(type_id, direction, from.into(), to.into()))
    }

    /// Adds an edge without a type and returns its temporary id.
    pub fn add_untyped_edge<'n>(
        &mut self,
        direction: EdgeDirection,
        from: impl Into<EdgeEnd<'n>>,
        to: impl Into<EdgeEnd<'n>>,
    ) -> i64 {
        self.put_edge(0, direction, from.into(), to.into())
    }

    fn put_edge(&mut self, type_id: i32, direction: EdgeDirection, from: EdgeEnd<'_>, to: EdgeEnd<'_>) -> i64 {
        let id = self.make_id();
        let [from, to] = [from, to].map(|end| match end {
            EdgeEnd::Id(id) => id,
            EdgeEnd::Existing(node) => {
                self.update_node(node);
                node.id
            }
        });
        let attributes = AttributeList::default();
        let edge = Edge { id, version: 0, type_id, is_new: true, attributes, direction, from, to };
        self.put(Block::Added, Entity::Edge(edge));
        // An edge from a node to itself is in the list of its edges once.
        for end in [Some(from), Some(to).filter(|to| *to != from)].into_iter().flatten() {
            if let Some(Entity::Node(node)) = self.entity_mut(end) {
                node.edges.push(id);
            }
        }
        id
    }

    /// Sends the node along, so that its version is checked; [`set`](Self::set) then changes it.
    pub fn update_node(&mut self, node: &Node) {
        let bare = Node { attributes: AttributeList::default(), edges: Vec::new(), is_new: false, ..node.clone() };
        self.put(Block::Changed, Entity::Node(bare));
    }

    /// Sends the edge along, so that its version is checked; [`set`](Self::set) then changes it.
    /// Name its ends with [`update_node`](Self::update_node) to have their versions checked too.
    pub fn update_edge(&mut self, edge: &Edge) {
        self.put(
            Block::Changed,
            Entity::Edge(Edge { attributes: AttributeList::default(), is_new: false, ..edge.clone() }),
        );
    }

    /// Removes an entity that the server has. The ends of a removed edge are checked as those of
    /// a changed one.
    pub fn remove(&mut self, entity: &Entity) {
        let mut bare = entity.clone();
        *bare.attributes_mut() = AttributeList::default();
        if let Entity::Node(node) = &mut bare {
            node.edges.clear();
        }
        self.put(Block::Removed, bare);
    }

    /// Sets an attribute of an entity that was added or updated here. `None` clears it.
    ///
    /// The data of a Clob or Blob goes along in the commit, under an id made up here. The reply to
    /// the commit does not have the id that the server gives it: read the entity again to get that,
    /// as [`GetLargeObjectRequest`](crate::body::GetLargeObjectRequest) takes no other.
    ///
    /// # Errors
    /// [`ChangeError`] if the entity is not part of the changes, or the attribute does not exist or
    /// does not take the value.
    pub fn set(&mut self, id: i64, name: &str, value: impl Into<Value>) -> Result<(), ChangeError> {
        let descriptor = self.new_descriptors.get(name).or_else(|| self.schema.descriptor(name)).cloned();
        let descriptor = descriptor.ok_or_else(|| AttributeError::Unknown { attribute: name.to_owned() })?;
        let mut value = match (descriptor.value_type, value.into()) {
            (AttributeType::CLOB, Value::String(text)) => Value::Clob(LargeObject::new(text.into_bytes())),
            (_, value) => value,
        };
        if let Value::Blob(object) | Value::Clob(object) = &mut value
            && object.id == 0
        {
            object.id = self.make_id();
        }
        let entity = self.entity_mut(id).ok_or(ChangeError::UnknownEntity { id })?;
        Ok(entity.attributes_mut().set(&descriptor, value)?)
    }

    /// Adds an attribute descriptor to the graph, which [`set`](Self::set) then knows. A number has
    /// precision 20 and scale 5, as in Java.
    pub fn add_descriptor(&mut self, name: &str, value_type: AttributeType) {
        let descriptor = AttributeDescriptor {
            system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
            id: self.next_descriptor,
            name: name.to_owned(),
            value_type,
            is_array: false,
            is_encrypted: false,
            number: (value_type == AttributeType::NUMBER).then_some((20, 5)),
        };
        self.next_descriptor -= 1;
        self.set.descriptors.push(descriptor.clone());
        self.new_descriptors.insert(name.to_owned(), Arc::new(descriptor));
    }

    /// The changes, without what made them.
    pub fn into_set(self) -> ChangeSet {
        self.set
    }

    /// The changes.
    pub fn as_set(&self) -> &ChangeSet {
        &self.set
    }

    /// The request, byte for byte as Java writes it.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long, or an encrypted attribute was set in clear.
    pub fn to_request(&self) -> Result<CommitTransactionRequest, EncodeError> {
        self.set.to_request()
    }

    fn make_id(&mut self) -> i64 {
        self.next_id -= 1;
        self.next_id + 1
    }

    /// Puts an entity in a block, unless it is part of the changes.
    fn put(&mut self, block: Block, entity: Entity) {
        let id = entity.id();
        if self.places.contains_key(&id) {
            return;
        }
        let entities = self.block_mut(block);
        entities.push(entity);
        let place = entities.len() - 1;
        self.places.insert(id, (block, place));
    }

    fn block_mut(&mut self, block: Block) -> &mut Vec<Entity> {
        match block {
            Block::Added => &mut self.set.added,
            Block::Changed => &mut self.set.changed,
            Block::Removed => &mut self.set.removed,
        }
    }

    fn entity_mut(&mut self, id: i64) -> Option<&mut Entity> {
        let (block, place) = *self.places.get(&id).filter(|(block, _)| *block != Block::Removed)?;
        self.block_mut(block).get_mut(place)
    }
}

impl AsRef<ChangeSet> for Changes<'_> {
    fn as_ref(&self) -> &ChangeSet {
        &self.set
    }
}
