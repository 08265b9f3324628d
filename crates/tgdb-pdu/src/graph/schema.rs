//! The types of a graph, found by id and by name.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::codec::Extent;
use crate::body::{AttributeDescriptor, EdgeType, MetadataResponse, NodeType, TypeGroup};

/// The attribute descriptors, node types and edge types of a graph.
///
/// An attribute value on the wire has neither a length nor a type, only the id of its
/// descriptor. So all graph data is read with a schema.
///
/// Each of the three kinds has ids and names of its own, as in Java; in Python all share one
/// map of ids. Of two with one id, or one name, the later one counts.
/// ```
/// use tgdb_pdu::body::{AttributeDescriptor, AttributeType, MetadataResponse, SystemType, TypeGroup};
/// use tgdb_pdu::graph::Schema;
///
/// let name = AttributeDescriptor {
///     system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
///     id: 10,
///     name: "name".to_owned(),
///     value_type: AttributeType::STRING,
///     is_array: false,
///     is_encrypted: false,
///     number: None,
/// };
/// let reply = MetadataResponse { groups: vec![TypeGroup::AttributeDescriptors(vec![name])] };
/// let schema = Schema::from(reply);
/// assert_eq!(schema.descriptor("name").map(|descriptor| descriptor.id), Some(10));
/// assert!(schema.descriptor_by_id(11).is_none());
/// ```
///
/// `Debug` shows how many types there are.
#[derive(Clone, Default)]
pub struct Schema {
    descriptors: Table<Arc<AttributeDescriptor>>,
    /// How long the values of the descriptors with small ids are.
    extents: Vec<Extent>,
    node_types: Table<NodeType>,
    edge_types: Table<EdgeType>,
}

impl Schema {
    /// The descriptor of that name.
    pub fn descriptor(&self, name: &str) -> Option<&Arc<AttributeDescriptor>> {
        self.descriptors.by_name(name)
    }

    /// The descriptor with that id.
    #[inline]
    pub fn descriptor_by_id(&self, id: i32) -> Option<&Arc<AttributeDescriptor>> {
        self.descriptors.by_id(id)
    }

    /// How long the values of the descriptor with that id are, if that is known without looking it
    /// up.
    #[inline]
    pub(crate) fn extent(&self, id: i32) -> Extent {
        self.extents.get(id as u32 as usize).copied().unwrap_or(Extent::Other)
    }

    /// The node type of that name.
    pub fn node_type(&self, name: &str) -> Option<&NodeType> {
        self.node_types.by_name(name)
    }

    /// The node type with that id.
    pub fn node_type_by_id(&self, id: i32) -> Option<&NodeType> {
        self.node_types.by_id(id)
    }

    /// The edge type of that name.
    pub fn edge_type(&self, name: &str) -> Option<&EdgeType> {
        self.edge_types.by_name(name)
    }

    /// The edge type with that id.
    pub fn edge_type_by_id(&self, id: i32) -> Option<&EdgeType> {
        self.edge_types.by_id(id)
    }

    /// All descriptors, in the order of the reply.
    pub fn descriptors(&self) -> &[Arc<AttributeDescriptor>] {
        &self.descriptors.items
    }

    /// All node types, in the order of the reply.
    pub fn node_types(&self) -> &[NodeType] {
        &self.node_types.items
    }

    /// All edge types, in the order of the reply.
    pub fn edge_types(&self) -> &[EdgeType] {
        &self.edge_types.items
    }

    /// The descriptors of a node type's primary key; `None` for a name that has no descriptor.
    pub fn primary_key<'s>(
        &'s self,
        node_type: &'s NodeType,
    ) -> impl Iterator<Item = Option<&'s Arc<AttributeDescriptor>>> {
        node_type.primary_key.0.iter().map(|name| self.descriptor(name))
    }

    /// Adds a descriptor, in place of one of the same id or name.
    pub fn add_descriptor(&mut self, descriptor: AttributeDescriptor) -> Arc<AttributeDescriptor> {
        let (id, name, descriptor) = (descriptor.id, descriptor.name.clone(), Arc::new(descriptor));
        if let Ok(at @ ..DENSE) = usize::try_from(id) {
            if self.extents.len() <= at {
                self.extents.resize(at + 1, Extent::Other);
            }
            self.extents[at] = Extent::of(&descriptor);
        }
        self.descriptors.push(id, name, descriptor.clone());
        descriptor
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (descriptors, nodes, edges) = (self.descriptors().len(), self.node_types().len(), self.edge_types().len());
        write!(f, "Schema({descriptors} descriptors, {nodes} node types, {edges} edge types)")
    }
}

impl From<MetadataResponse> for Schema {
    fn from(metadata: MetadataResponse) -> Self {
        let mut schema = Self::default();
        for group in metadata.groups {
            match group {
                TypeGroup::AttributeDescriptors(items) => {
                    items.into_iter().for_each(|item| drop(schema.add_descriptor(item)));
                }
                TypeGroup::NodeTypes(items) => {
                    for item in items {
                        schema.node_types.push(item.entity_type.id, item.entity_type.name.clone(), item);
                    }
                }
                TypeGroup::EdgeTypes(items) => {
                    for item in items {
                        schema.edge_types.push(item.entity_type.id, item.entity_type.name.clone(), item);
                    }
                }
            }
        }
        schema
    }
}

/// Ids from 0 to here are found without hashing.
const DENSE: usize = 4096;

#[derive(Debug, Clone)]
struct Table<T> {
    items: Vec<T>,
    /// Place of the item with that small id, plus one; 0 is none.
    dense: Vec<u32>,
    /// Place of the items with other ids.
    sparse: HashMap<i32, usize>,
    names: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { items: Vec::new(), dense: Vec::new(), sparse: HashMap::new(), names: HashMap::new() }
    }
}

impl<T> Table<T> {
    fn push(&mut self, id: i32, name: String, item: T) {
        let place = self.items.len();
        self.items.push(item);
        self.names.insert(name, place);
        match usize::try_from(id) {
            Ok(id @ ..DENSE) => {
                if self.dense.len() <= id {
                    self.dense.resize(id + 1, 0);
                }
                // Fits: a reply of at most 2 GiB has fewer than 2^32 types.
                self.dense[id] = place as u32 + 1;
            }
            _ => drop(self.sparse.insert(id, place)),
        }
    }

    #[inline]
    fn by_id(&self, id: i32) -> Option<&T> {
        match self.dense.get(id as u32 as usize) {
            Some(0) => None,
            Some(place) => self.items.get(*place as usize - 1),
            None => self.sparse.get(&id).and_then(|place| self.items.get(*place)),
        }
    }

    fn by_name(&self, name: &str) -> Option<&T> {
        self.names.get(name).and_then(|place| self.items.get(*place))
    }
}
