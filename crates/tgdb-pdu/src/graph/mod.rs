//! Graph data: what the bodies of queries, commits, keys and found entities hold.
//!
//! The bodies in [`crate::body`] keep graph data as bytes, because how long an attribute is
//! depends on the types of the graph. With a [`Schema`], made from a
//! [`MetadataResponse`](crate::body::MetadataResponse), they can be read and written.
//!
//! | to read | call | to get |
//! |---|---|---|
//! | a Gremlin result | [`QueryResult::elements`] | [`ListRef`], an iterator of [`ElementRef`] |
//! | a TGQL result | [`QueryResult::entities`] | [`Entities`], an iterator of [`EntityRef`] |
//! | entities found | [`GetEntityResponse::found`] | [`Entities`] |
//! | either, with its schema, owned | [`Answer`], [`Found`] | [`Elements`], [`Entities`] |
//! | a key | [`EntityKey::attributes`] | [`Attributes`] |
//! | a commit | [`ChangeSet::from_request`] | [`ChangeSet`] |
//! | the reply to a commit | [`CommitIds::from`] | [`CommitIds`] |
//!
//! | to write | make | with |
//! |---|---|---|
//! | a commit | [`Changes`] | [`Changes::to_request`] |
//! | a key | [`EntityKey::new`] | |
//! | a reply to a query | [`Element`], [`Entity`] | [`QueryResult::of_elements`], [`QueryResult::of_entities`] |
//! | entities found | [`Entity`] | [`GetEntityResponse::of_entities`] |
//!
//! # Borrowed and owned
//! Types whose name ends in `Ref` borrow the message that they came in: reading them copies and
//! allocates nothing, and goes over the bytes once. Each has an owned form without `Ref`
//! (`to_entity`, `to_element`, `to_value`). [`EntityMap`] makes entities that come twice one.
//!
//! # Hostile peers
//! Counts and lengths are checked against the bytes that are left. Lists and maps can be nested
//! [`MAX_NESTING`] deep. Owned forms of a whole reply take its length and
//! [`DECODE_ALLOWANCE`](crate::DECODE_ALLOWANCE) in memory at most. Errors are [`BodyError`]s, with
//! the offset in the payload.
//!
//! # Example
//! ```
//! use tgdb_pdu::body::{GetEntityCommand, GetEntityResponse};
//! use tgdb_pdu::graph::{EntityMap, Schema};
//!
//! # fn read(schema: &Schema, reply: &GetEntityResponse) -> Result<(), Box<dyn std::error::Error>> {
//! // One after another, without copies.
//! for found in reply.found(GetEntityCommand::GET, schema)? {
//!     let entity = found?.entity;
//!     let name: Option<&str> = entity.get("name")?;
//!     println!("{} {name:?}", entity.id());
//! }
//! // All of them, each once.
//! let map = EntityMap::read(reply.found(GetEntityCommand::GET, schema)?)?;
//! for edge in map.iter().filter_map(|entity| map.edge(entity.id())) {
//!     if let (Some(from), Some(to)) = (map.node(edge.from), map.node(edge.to)) {
//!         println!("{} -> {}", from.get::<&str>("name")?, to.get::<&str>("name")?);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`QueryResult::elements`]: crate::body::QueryResult::elements
//! [`QueryResult::of_elements`]: crate::body::QueryResult::of_elements
//! [`QueryResult::of_entities`]: crate::body::QueryResult::of_entities
//! [`GetEntityResponse::of_entities`]: crate::body::GetEntityResponse::of_entities
//! [`QueryResult::entities`]: crate::body::QueryResult::entities
//! [`GetEntityResponse::found`]: crate::body::GetEntityResponse::found
//! [`EntityKey::attributes`]: crate::body::EntityKey::attributes
//! [`EntityKey::new`]: crate::body::EntityKey::new
//! [`BodyError`]: crate::BodyError

mod annotation;
mod answer;
mod attribute;
mod attribute_list;
mod attributes;
mod budget;
mod change_set;
mod changes;
mod cipher;
mod codec;
mod convert;
mod element;
mod element_map;
#[cfg(feature = "encryption")]
mod encryption;
mod entity;
mod error;
mod fit;
mod found;
mod input;
mod map;
mod number;
mod outcome;
mod owned;
mod owned_element;
mod reply;
mod schema;
#[cfg(feature = "serde")]
mod serialize;
mod serving;
mod time;
mod value;

pub use annotation::{AnnotationError, ResultType};
pub use answer::{Answer, Elements};
pub use attribute::{Attribute, AttributeRef, Context};
pub use attribute_list::AttributeList;
pub use attributes::Attributes;
pub use change_set::{ChangeSet, CommitIds};
pub use changes::{Changes, EdgeEnd};
pub use cipher::{Cipher, CipherRef};
pub use codec::Layout;
pub use convert::{ConvertError, FromValue};
pub use element::{ElementRef, ElementType, ListRef};
pub use element_map::MapRef;
#[cfg(feature = "encryption")]
pub use encryption::{EncryptionError, Encryptor};
pub use entity::{EdgeRef, EntityKind, EntityRef, NodeRef};
pub use error::{AttributeError, ChangeError};
pub use found::Found;
pub use map::{EntityMap, Shell};
pub use number::{Number, NumberRef};
pub use owned::{Edge, Entity, Node};
pub use owned_element::Element;
pub use reply::{Entities, ReplyEntity};
pub use schema::Schema;
pub use time::{Date, Era, Time, Timestamp, Zone};
pub use value::{Char, LargeObject, LargeObjectRef, Value, ValueRef};

use input::Input;

/// How deep lists and maps of a result can be nested. No vendor's client has a bound.
pub const MAX_NESTING: usize = 32;

/// How many bytes of modified UTF-8 a String attribute can have, as Java counts them
/// (`StringAttribute.java`). Python has no bound. Large texts go to a Clob.
pub const MAX_STRING_LEN: usize = 997;
