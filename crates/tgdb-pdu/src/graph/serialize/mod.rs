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

mod entity;
mod result;
mod value;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Schema;

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
