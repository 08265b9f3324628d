//! Attributes and entities.

use serde::ser::{Error as _, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::graph::{
    Attribute, AttributeList, AttributeRef, Attributes, Edge, EdgeRef, Entity, EntityMap, EntityRef, Node, NodeRef,
    ReplyEntity,
};

impl Serialize for AttributeRef<'_> {
    /// A map of one entry.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.name(), self.value().map_err(S::Error::custom)?)])
    }
}

impl Serialize for Attribute {
    /// A map of one entry.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.descriptor.name, &self.value)])
    }
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for attribute in *self {
            map.serialize_entry(attribute.name(), &attribute.value().map_err(S::Error::custom)?)?;
        }
        map.end()
    }
}

impl Serialize for AttributeList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|attribute| (&attribute.descriptor.name, &attribute.value)))
    }
}

/// What nodes and edges have in common. `type` is the name of the type, where the schema is known.
macro_rules! serialize_common {
    ($name:literal, $serializer:ident, $id:expr, $version:expr, $type_id:expr, $type:expr, $attributes:expr) => {{
        let type_name: Option<Option<&str>> = $type;
        let mut fields = $serializer.serialize_struct($name, 7 + usize::from(type_name.is_some()))?;
        fields.serialize_field("kind", $name)?;
        fields.serialize_field("id", &$id)?;
        fields.serialize_field("version", &$version)?;
        fields.serialize_field("type_id", &$type_id)?;
        if let Some(name) = type_name {
            fields.serialize_field("type", &name)?;
        }
        fields.serialize_field("attributes", &$attributes)?;
        fields
    }};
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields =
            serialize_common!("node", serializer, self.id, self.version, self.type_id, None, self.attributes);
        fields.serialize_field("edges", &self.edges)?;
        fields.end()
    }
}

impl Serialize for NodeRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.node_type().map(|node_type| &*node_type.entity_type.name);
        let (id, version, type_id) = (self.id(), self.version(), self.type_id());
        let mut fields = serialize_common!("node", serializer, id, version, type_id, Some(name), self.attributes());
        fields.serialize_field("edges", &self.edges().collect::<Vec<_>>())?;
        fields.end()
    }
}

impl Serialize for Edge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields =
            serialize_common!("edge", serializer, self.id, self.version, self.type_id, None, self.attributes);
        fields.serialize_field("direction", &self.direction)?;
        fields.serialize_field("from", &self.from)?;
        fields.serialize_field("to", &self.to)?;
        fields.end()
    }
}

impl Serialize for EdgeRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.edge_type().map(|edge_type| &*edge_type.entity_type.name);
        let (id, version, type_id) = (self.id(), self.version(), self.type_id());
        let mut fields = serialize_common!("edge", serializer, id, version, type_id, Some(name), self.attributes());
        fields.serialize_field("direction", &self.direction())?;
        fields.serialize_field("from", &self.from())?;
        fields.serialize_field("to", &self.to())?;
        fields.end()
    }
}

impl Serialize for Entity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Node(node) => node.serialize(serializer),
            Self::Edge(edge) => edge.serialize(serializer),
        }
    }
}

impl Serialize for EntityRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Node(node) => node.serialize(serializer),
            Self::Edge(edge) => edge.serialize(serializer),
        }
    }
}

impl Serialize for ReplyEntity<'_> {
    /// The entity.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entity.serialize(serializer)
    }
}

impl Serialize for EntityMap {
    /// All entities.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
