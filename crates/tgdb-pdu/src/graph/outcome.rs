//! From the bodies of replies to their graph data.

use bytes::Bytes;

use super::{AnnotationError, AttributeError, Attributes, Context, ElementType, Entities, Input, ListRef, ResultType};
use super::{Attribute, Layout, Schema, Value};
use crate::body::{
    CommitBlock, CommitOpcode, CommitOutcome, CommitTransactionResponse, EntityKey, GetEntityCommand,
    GetEntityResponse, QueryResult, Remainder,
};
use crate::{BodyError, BodyErrorKind, Verb, Writer};

impl QueryResult {
    /// Where the results start in the payload: behind length, checksum, result, id, syntax,
    /// annotation and counts.
    fn input(&self) -> Input<'_> {
        let counts = if self.total_count.is_some() { 8 } else { 4 };
        Input::new(Verb::QUERY_RESPONSE, &self.entities, 12 + 8 + 1 + 2 + self.annotation.len() + counts)
    }

    /// The type of the result, from its annotation.
    ///
    /// # Errors
    /// [`AnnotationError`] if the annotation is empty or unknown; the result can be read without.
    pub fn result_type(&self) -> Result<ResultType, AnnotationError> {
        self.annotation.parse()
    }

    /// The results of a Gremlin query (commands 3, 4 and 7).
    ///
    /// # Errors
    /// [`BodyError`] if the result is no list (the vendor's readers give no results then). What is
    /// malformed inside the list comes up when it is reached.
    /// ```
    /// use tgdb_pdu::body::{MetadataResponse, QueryResult, Remainder};
    /// use tgdb_pdu::graph::{ElementRef, Schema};
    ///
    /// # fn show(schema: &Schema, result: &QueryResult) -> Result<(), Box<dyn std::error::Error>> {
    /// for element in result.elements(schema)? {
    ///     if let ElementRef::Entity(airport) = element? {
    ///         let name: &str = airport.get("name")?;
    ///         println!("{} {name}", airport.id());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn elements<'a>(&'a self, context: impl Into<Context<'a>>) -> Result<ListRef<'a>, BodyError> {
        let (mut input, context) = (self.input(), context.into());
        if self.result_count <= 0 {
            return Ok(ListRef::empty(input, context));
        }
        let start = input;
        match ElementType(input.i8("element type")?) {
            ElementType::LIST => ListRef::open(&mut input, false, context, 1),
            ElementType(other) => Err(start.error("element type", BodyErrorKind::UnknownValue(other.into()))),
        }
    }

    /// The entities of a TGQL query (command 2): results, and what is near them.
    ///
    /// Java makes a result of each node among them, though the reply has a count of its own.
    ///
    /// # Errors
    /// [`BodyError`] if there cannot be as many as the reply says. What is malformed comes up when
    /// it is reached.
    pub fn entities<'a>(&'a self, context: impl Into<Context<'a>>) -> Result<Entities<'a>, BodyError> {
        Entities::new(self.input(), self.total_count.unwrap_or(0), false, context.into())
    }
}

impl GetEntityResponse {
    /// The entities found: what was asked for, and what is near it.
    ///
    /// `command` is that of the request, for the reply to
    /// [`GET_MULTIPLES`](GetEntityCommand::GET_MULTIPLES) marks its results: `i32` count of results,
    /// then before each entity a bool. Python has no reader for it.
    ///
    /// # Errors
    /// [`BodyError`] if there cannot be as many as the reply says. What is malformed comes up when
    /// it is reached.
    pub fn found<'a>(
        &'a self,
        command: GetEntityCommand,
        context: impl Into<Context<'a>>,
    ) -> Result<Entities<'a>, BodyError> {
        let mut input = Input::new(Verb::GET_ENTITY_RESPONSE, &self.entities, 8);
        let with_marks = command == GetEntityCommand::GET_MULTIPLES && self.total_count > 0;
        if with_marks {
            input.i32("result_count")?;
        }
        Entities::new(input, self.total_count, with_marks, context.into())
    }
}

impl CommitTransactionResponse {
    /// The entities that a server in debug mode sends behind the blocks; `None` if it sent none.
    ///
    /// # Errors
    /// [`BodyError`] if there cannot be as many as the reply says.
    pub fn debug_entities<'a>(&'a self, context: impl Into<Context<'a>>) -> Result<Option<Entities<'a>>, BodyError> {
        let CommitOutcome::Committed(blocks) = &self.outcome else { return Ok(None) };
        // Offset of the blocks: length, checksum and status come before.
        let mut offset = 12;
        for block in blocks {
            let items = match block {
                CommitBlock::AttributeDescriptors(ids) => ids.len() * 8,
                CommitBlock::Added(entities) => entities.len() * 24,
                CommitBlock::Updated(entities) => entities.len() * 16,
                CommitBlock::Removed(ids) => ids.len() * 8,
                CommitBlock::Other(CommitOpcode::ENTITIES, bytes) => {
                    let mut input = Input::new(Verb::COMMIT_TRANSACTION_RESPONSE, bytes, offset + 2);
                    let count = input.i32("count")?;
                    return Entities::new(input, count, false, context.into()).map(Some);
                }
                CommitBlock::Other(..) => return Ok(None),
            };
            offset += 2 + 4 + items;
        }
        Ok(None)
    }
}

impl EntityKey {
    /// The key of those attributes, in that order.
    ///
    /// Without a type the server looks in all; Python demands one.
    ///
    /// # Errors
    /// [`AttributeError`] if the schema does not have an attribute, or a value does not fit it.
    /// ```
    /// # use tgdb_pdu::{body::EntityKey, graph::*};
    /// # fn key(schema: &Schema) -> Result<EntityKey, AttributeError> {
    /// EntityKey::new(schema, Some("airport"), [("code", Value::from("MUC"))])
    /// # }
    /// ```
    pub fn new<'n>(
        schema: &Schema,
        type_name: Option<&str>,
        attributes: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Result<Self, AttributeError> {
        let mut w = Writer::default();
        let mut attribute_count = 0i16;
        for (name, value) in attributes {
            let unknown = || AttributeError::Unknown { attribute: name.to_owned() };
            let attribute = Attribute::new(schema.descriptor(name).ok_or_else(unknown)?.clone(), value)?;
            attribute.encode(&mut w, Layout::Request)?;
            attribute_count = attribute_count.saturating_add(1);
        }
        let attributes = Remainder(Bytes::from(w.into_vec()));
        Ok(Self { type_name: type_name.map(str::to_owned), attribute_count, attributes })
    }

    /// Its attributes, as a server reads them.
    ///
    /// # Errors
    /// [`BodyError`] if one is malformed, or the schema does not have it. Offsets count from the
    /// start of the key.
    pub fn attributes<'a>(&'a self, schema: &'a Schema) -> Result<Attributes<'a>, BodyError> {
        let head = 1 + self.type_name.as_ref().map_or(0, |name| 2 + name.len()) + 2;
        let mut input = Input::new(Verb::GET_ENTITY_REQUEST, &self.attributes, head);
        let count = input
            .checked_count(self.attribute_count.into(), super::attribute::MIN_ATTRIBUTE_LEN)
            .map_err(|kind| input.error("attribute_count", kind))?;
        Attributes::read(&mut input, count, (schema, Layout::Request).into())
    }
}
