//! Getting entities (`GetEntityRequest.java`, `GetEntityResponse.java`).

use bytes::Bytes;

use crate::wire::{wire_code, wire_struct};
use crate::{BodyError, EncodeError, Reader, Wire, Writer};

use super::{FetchOptions, Remainder};

wire_code! {
    /// How to get entities. Two bytes.
    pub struct GetEntityCommand(i16) {
        /// One, by key.
        GET = 0,
        /// One, by id.
        GET_BY_ID = 1,
        /// Many, by key.
        GET_MULTIPLES = 2,
        /// More of a result.
        CONTINUE = 10,
        /// Close a result.
        CLOSE = 20,
    }
}

impl GetEntityCommand {
    fn takes_key(self) -> bool {
        matches!(self, Self::GET | Self::GET_BY_ID | Self::GET_MULTIPLES)
    }
}

/// Gets entities: `i16` command, `i32` result id, and for the commands that take
/// a key [`FetchOptions`] and the key as a byte string.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GetEntityRequest {
    /// What to do.
    pub command: GetEntityCommand,
    /// The result to continue or close; 0 otherwise.
    pub result_id: i32,
    /// How much to send, and the key, an encoded [`EntityKey`]; there if and only
    /// if the command takes a key (Python writes a key with every command).
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex_of_key"))]
    pub key: Option<(FetchOptions, Bytes)>,
}

impl GetEntityRequest {
    /// Gets one entity by key, with default options.
    ///
    /// # Errors
    /// [`EncodeError`] if the type's name is too long.
    pub fn by_key(key: &EntityKey) -> Result<Self, EncodeError> {
        Self::with_key(GetEntityCommand::GET, key)
    }

    /// Gets all entities that a key fits, with default options.
    ///
    /// # Errors
    /// [`EncodeError`] if the type's name is too long.
    pub fn all_by_key(key: &EntityKey) -> Result<Self, EncodeError> {
        Self::with_key(GetEntityCommand::GET_MULTIPLES, key)
    }

    fn with_key(command: GetEntityCommand, key: &EntityKey) -> Result<Self, EncodeError> {
        let mut w = Writer::default();
        key.encode("key", &mut w)?;
        Ok(Self { command, result_id: 0, key: Some((FetchOptions::default(), w.into_vec().into())) })
    }
}

impl Wire for GetEntityRequest {
    const MIN_LEN: usize = 6;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        self.command.encode("command", w)?;
        w.i32(self.result_id);
        match &self.key {
            Some((options, key)) if self.command.takes_key() => {
                options.encode("options", w)?;
                w.shared_bytes("key", key)
            }
            None if !self.command.takes_key() => Ok(()),
            _ => Err(EncodeError::Inconsistent { field: "key", reason: "does not go with the command" }),
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let command = GetEntityCommand::decode("command", r)?;
        let result_id = r.i32("result_id")?;
        let key = if command.takes_key() { Some((FetchOptions::decode("options", r)?, r.bytes("key")?)) } else { None };
        Ok(Self { command, result_id, key })
    }
}

/// The key of an entity: bool "has a type", the type's name if it has, `i16`
/// count of attributes, the attributes (`CompositeKeyImpl.java`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EntityKey {
    /// The node type to look in.
    pub type_name: Option<String>,
    /// How many attributes there are.
    pub attribute_count: i16,
    /// Each `i32` descriptor id, bool "is null", value. How long a value is
    /// depends on its descriptor in the graph's metadata. Read them with
    /// [`attributes`](Self::attributes).
    pub attributes: Remainder,
}

impl Wire for EntityKey {
    const MIN_LEN: usize = 3;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.bool(self.type_name.is_some());
        if let Some(name) = &self.type_name {
            w.utf("type_name", name)?;
        }
        w.i16(self.attribute_count);
        self.attributes.encode("attributes", w)
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(Self {
            type_name: if r.bool("has_type")? { Some(r.utf("type_name")?) } else { None },
            attribute_count: r.i16("attribute_count")?,
            attributes: Remainder::decode("attributes", r)?,
        })
    }
}

wire_struct! {
    /// The entities found: `i32` result id, `i32` count, entities.
    ///
    /// The default is what a reply without a payload stands for: nothing was found.
    #[derive(Eq, Default)]
    pub struct GetEntityResponse {
        /// Id of the result, to continue or close it.
        pub result_id: i32,
        /// How many entities there are.
        pub total_count: i32,
        /// The entities; their layout depends on the graph's metadata. Read them with
        /// [`found`](Self::found).
        pub entities: Remainder,
    }
}
