//! Serialization of values, entities and results, for JSON and the like. Feature `serde`.
//!
//! | what | as |
//! |---|---|
//! | null, Boolean, integers, Float, Double, String | themselves; JSON has null for NaN and infinities |
//! | Char | text of one character; half of one is U+FFFD |
//! | Number, Date, Time, TimeStamp | text as [`Display`](std::fmt::Display) shows it, so that no digit is lost |
//! | Clob, Blob | `id`, and `data`: text of a Clob, hex of a Blob, null if there is none |
//! | encrypted values | `[redacted]` |
//! | attributes | map from names to values |
//! | entities | `kind`, `id`, `version`, `type_id`, `attributes`, and those of nodes or edges; `type` where the schema is known |
//! | lists, maps, void | list, map, null; what is malformed fails |
//! | [`Schema`] | `descriptors`, `node_types`, `edge_types` |
//!
//! Nothing can be deserialized: the types of values are in the schema, not in the text. Set an
//! attribute to what was read instead, which makes it fit.

use serde::ser::{Error as _, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::{
    Attribute, AttributeList, AttributeRef, Attributes, Char, Cipher, CipherRef, Date, Edge, EdgeRef, Element,
    ElementRef, Entities, Entity, EntityMap, EntityRef, LargeObject, LargeObjectRef, ListRef, MapRef, Node, NodeRef,
    Number, NumberRef, ReplyEntity, Schema, Time, Timestamp, Value, ValueRef,
};
use crate::display::Hex;
use crate::secret::REDACTED;

macro_rules! as_text {
    ($($ty:ty)+) => {
        $(impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        })+
    };
}

as_text! { Char Number NumberRef<'_> Date Time Timestamp }

macro_rules! redacted {
    ($($ty:ty)+) => {
        $(impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(REDACTED)
            }
        })+
    };
}

redacted! { Cipher CipherRef<'_> }

/// `id` and `data`.
fn serialize_object<S: Serializer>(id: i64, data: Option<impl Serialize>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_struct("LargeObject", 2)?;
    fields.serialize_field("id", &id)?;
    fields.serialize_field("data", &data)?;
    fields.end()
}

impl Serialize for LargeObjectRef<'_> {
    /// As that of a Blob.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data = self.data.map(|data| Hex { first: data, length: data.len() }.to_string());
        serialize_object(self.id, data, serializer)
    }
}

impl Serialize for LargeObject {
    /// As that of a Blob.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().serialize(serializer)
    }
}

impl Serialize for ValueRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => value.serialize(serializer),
            Self::Byte(value) => value.serialize(serializer),
            Self::Char(value) => value.serialize(serializer),
            Self::Short(value) => value.serialize(serializer),
            Self::Integer(value) => value.serialize(serializer),
            Self::Long(value) => value.serialize(serializer),
            Self::Float(value) => value.serialize(serializer),
            Self::Double(value) => value.serialize(serializer),
            Self::Number(value) => value.serialize(serializer),
            Self::String(value) => value.serialize(serializer),
            Self::Date(value) => value.serialize(serializer),
            Self::Time(value) => value.serialize(serializer),
            Self::Timestamp(value) => value.serialize(serializer),
            Self::Clob(object) => serialize_object(object.id, object.data.map(String::from_utf8_lossy), serializer),
            Self::Blob(object) => object.serialize(serializer),
            Self::Encrypted(cipher) => cipher.serialize(serializer),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().serialize(serializer)
    }
}

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

/// A list whose items are read as they are serialized.
fn serialize_items<T: Serialize, E: std::fmt::Display, S: Serializer>(
    items: impl Iterator<Item = Result<T, E>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeSeq;

    let mut list = serializer.serialize_seq(None)?;
    for item in items {
        list.serialize_element(&item.map_err(S::Error::custom)?)?;
    }
    list.end()
}

impl Serialize for Entities<'_> {
    /// Those that are left.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_items(*self, serializer)
    }
}

impl Serialize for ListRef<'_> {
    /// The elements that are left.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_items(*self, serializer)
    }
}

impl Serialize for MapRef<'_> {
    /// The entries that are left.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for entry in *self {
            let (key, element) = entry.map_err(S::Error::custom)?;
            map.serialize_entry(key, &element)?;
        }
        map.end()
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

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Schema", 3)?;
        let descriptors: Vec<_> = self.descriptors().iter().map(|descriptor| &**descriptor).collect();
        fields.serialize_field("descriptors", &descriptors)?;
        fields.serialize_field("node_types", self.node_types())?;
        fields.serialize_field("edge_types", self.edge_types())?;
        fields.end()
    }
}
