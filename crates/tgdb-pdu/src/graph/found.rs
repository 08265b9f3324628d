//! Entities found by key: the reply with the schema that reads it.

use std::sync::Arc;

use super::{Context, Entities, EntityMap, EntityRef, Layout, Schema};
use crate::BodyError;
use crate::body::{GetEntityCommand, GetEntityResponse};

/// The reply to a request for entities, owned. What it holds is decoded when it is asked for,
/// without copies.
///
/// ```
/// use tgdb_pdu::graph::{AttributeError, Found};
///
/// fn show(found: &Found) -> Result<(), AttributeError> {
///     match found.entity()? {
///         Some(airport) => println!("{} {}", airport.id(), airport.get::<&str>("name")?),
///         None => println!("there is none"),
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Found {
    reply: GetEntityResponse,
    command: GetEntityCommand,
    schema: Arc<Schema>,
    layout: Layout,
}

impl Found {
    /// The reply to a request of that command, read with that schema, in the layout that Java and
    /// Go read.
    pub fn new(command: GetEntityCommand, reply: GetEntityResponse, schema: Arc<Schema>) -> Self {
        Self { reply, command, schema, layout: Layout::default() }
    }

    /// This reply, read in another layout.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// This reply, read with another schema.
    #[must_use]
    pub fn with_schema(mut self, schema: Arc<Schema>) -> Self {
        self.schema = schema;
        self
    }

    /// The reply as it came.
    pub fn reply(&self) -> &GetEntityResponse {
        &self.reply
    }

    /// The schema that reads it.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// All entities of the reply: what was asked for, and what is near it.
    ///
    /// # Errors
    /// [`BodyError`] if there cannot be as many as the reply says. What is malformed comes up when
    /// it is reached.
    pub fn entities(&self) -> Result<Entities<'_>, BodyError> {
        self.reply.found(self.command, Context { schema: &self.schema, layout: self.layout })
    }

    /// The entity that was asked for, or `None` if there is none: the first result of the reply,
    /// as in Java. (Python takes the first whose attributes equal the key.)
    ///
    /// # Errors
    /// [`BodyError`] if the reply is malformed so far.
    pub fn entity(&self) -> Result<Option<EntityRef<'_>>, BodyError> {
        for found in self.entities()? {
            let found = found?;
            if found.is_result {
                return Ok(Some(found.entity));
            }
        }
        Ok(None)
    }

    /// All entities of the reply, owned, each once.
    ///
    /// # Errors
    /// [`BodyError`] if one is malformed, or they take too much memory; see [`EntityMap`].
    pub fn to_map(&self) -> Result<EntityMap, BodyError> {
        EntityMap::read(self.entities()?)
    }

    /// Goes over the whole reply once, without decoding values.
    ///
    /// # Errors
    /// [`BodyError`] if a part is malformed, or its descriptor is not in the schema.
    pub fn check(&self) -> Result<(), BodyError> {
        self.entities()?.try_for_each(|entity| entity.map(drop))
    }
}
