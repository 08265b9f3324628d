//! Replies with graph data, as a server writes them: for test servers and proxies.
//!
//! The layouts are those that Java reads; `outcome.rs` reads them.

use super::{Element, Entity, Layout, ResultType, Schema};
use crate::body::{
    CommitBlock, CommitOutcome, CommitTransactionResponse, GetEntityCommand, GetEntityResponse, MetadataResponse,
    QueryOutcome, QueryResponse, QueryResult, Remainder, TransactionStatus, TypeGroup,
};
use crate::{EncodeError, Wire, Writer};

impl QueryResult {
    /// The result of a Gremlin query: the elements as a list, which can be of one type only.
    ///
    /// `query_id` is that of a prepared query, else 0. Without elements nothing follows the counts,
    /// and the annotation is empty. Java fails on metadata of an empty annotation, but does not look
    /// at it then.
    ///
    /// # Errors
    /// [`EncodeError`] if the elements are of several types, or a value does not fit its descriptor
    /// or the layout.
    /// ```
    /// use tgdb_pdu::body::QueryResult;
    /// use tgdb_pdu::graph::{Entity, Element, ElementRef, Layout, Node, ResultType, Schema};
    ///
    /// let node = Node { id: 100, ..Node::default() };
    /// let found = vec![Element::Entity(Entity::Node(node))];
    /// let result = QueryResult::of_elements(0, &ResultType::Node, found, Layout::Reply)?;
    /// assert_eq!((result.annotation.as_str(), result.result_count), ("[V]", 1));
    ///
    /// let schema = Schema::default();
    /// let mut elements = result.elements(&schema)?;
    /// assert!(matches!(elements.next(), Some(Ok(ElementRef::Entity(node))) if node.id() == 100));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_elements(
        query_id: i64,
        item_type: &ResultType,
        elements: Vec<Element>,
        layout: Layout,
    ) -> Result<Self, EncodeError> {
        let mut w = Writer::default();
        let result_count = count("elements", elements.len())?;
        let mut annotation = String::new();
        if let Some(first) = elements.first() {
            annotation = format!("[{item_type}]");
            Element::List(first.element_type(), elements).encode_typed(&mut w, layout)?;
        }
        let entities = Remainder(w.into_vec().into());
        Ok(Self { query_hash_id: query_id, syntax: 0, annotation, result_count, total_count: None, entities })
    }

    /// The result of a TGQL query: the entities found, then others near them.
    ///
    /// Java makes a result of each node among them.
    ///
    /// # Errors
    /// [`EncodeError`] if a value does not fit its descriptor or the layout.
    pub fn of_entities(query_id: i64, found: &[Entity], near: &[Entity], layout: Layout) -> Result<Self, EncodeError> {
        let mut w = Writer::default();
        found.iter().chain(near).try_for_each(|entity| write_entity(entity, &mut w, layout))?;
        Ok(Self {
            query_hash_id: query_id,
            syntax: 1,
            annotation: String::new(),
            result_count: count("found", found.len())?,
            total_count: Some(count("entities", found.len() + near.len())?),
            entities: Remainder(w.into_vec().into()),
        })
    }
}

impl QueryResponse {
    /// The reply with a result. Its length is that of the payload in bytes, its checksum 0.
    ///
    /// # Errors
    /// [`EncodeError`] if the result is too long.
    pub fn succeeded(result: QueryResult) -> Result<Self, EncodeError> {
        Self { length: 0, checksum: 0, outcome: QueryOutcome::Success(result) }.with_length()
    }

    /// The reply that the query failed: behind the result (8100 to 8120, see
    /// [`QueryOutcome::Failed`]) an `i64` id 0, an `i8` syntax 0, the text, an empty annotation and
    /// an `i32` count 0, as Java and Go read it. Python finds an empty text there.
    ///
    /// # Errors
    /// [`EncodeError`] if the text is too long, or `result` is 0.
    /// ```
    /// let reply = tgdb_pdu::body::QueryResponse::failed(8103, "step drop() is not supported")?;
    /// assert_eq!(reply.outcome.message().as_deref(), Some("step drop() is not supported"));
    /// # Ok::<(), tgdb_pdu::EncodeError>(())
    /// ```
    pub fn failed(result: i32, text: &str) -> Result<Self, EncodeError> {
        let mut w = Writer::default();
        w.i64(0);
        w.i8(0);
        w.utf("text", text)?;
        w.utf("annotation", "")?;
        w.i32(0);
        let detail = Remainder(w.into_vec().into());
        Self { length: 0, checksum: 0, outcome: QueryOutcome::Failed { result, detail } }.with_length()
    }

    fn with_length(self) -> Result<Self, EncodeError> {
        Ok(Self { length: payload_length(&self)?, ..self })
    }
}

impl GetEntityResponse {
    /// The entities found by that command, then others near them. `result_id` continues or closes
    /// the result; 0 if there is no more.
    ///
    /// # Errors
    /// [`EncodeError`] if a value does not fit its descriptor or the layout.
    pub fn of_entities(
        command: GetEntityCommand,
        result_id: i32,
        found: &[Entity],
        near: &[Entity],
        layout: Layout,
    ) -> Result<Self, EncodeError> {
        let mut w = Writer::default();
        let with_marks = command == GetEntityCommand::GET_MULTIPLES;
        if with_marks {
            w.i32(count("found", found.len())?);
        }
        let marked = found.iter().map(|entity| (true, entity)).chain(near.iter().map(|entity| (false, entity)));
        for (is_result, entity) in marked {
            if with_marks {
                w.bool(is_result);
            }
            write_entity(entity, &mut w, layout)?;
        }
        let total_count = count("entities", found.len() + near.len())?;
        Ok(Self { result_id, total_count, entities: Remainder(w.into_vec().into()) })
    }
}

impl CommitTransactionResponse {
    /// The reply to a commit that succeeded. Its length is that of the payload in bytes, its
    /// checksum 0.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long.
    pub fn committed(blocks: Vec<CommitBlock>) -> Result<Self, EncodeError> {
        Self { length: 0, checksum: 0, outcome: CommitOutcome::Committed(blocks) }.with_length()
    }

    /// The reply to a commit that failed.
    ///
    /// # Errors
    /// [`EncodeError`] if the text is too long, or the status is success.
    pub fn failed(status: TransactionStatus, text: &str) -> Result<Self, EncodeError> {
        let outcome = CommitOutcome::Failed { status, message: Some(text.to_owned()) };
        Self { length: 0, checksum: 0, outcome }.with_length()
    }

    fn with_length(self) -> Result<Self, EncodeError> {
        Ok(Self { length: payload_length(&self)?, ..self })
    }
}

impl From<&Schema> for MetadataResponse {
    /// Descriptors, then node types, then edge types; no group for a kind without any.
    fn from(schema: &Schema) -> Self {
        let descriptors = schema.descriptors().iter().map(|descriptor| (**descriptor).clone()).collect();
        let mut groups = vec![
            TypeGroup::AttributeDescriptors(descriptors),
            TypeGroup::NodeTypes(schema.node_types().to_vec()),
            TypeGroup::EdgeTypes(schema.edge_types().to_vec()),
        ];
        groups.retain(|group| !group.is_empty());
        Self { groups }
    }
}

/// Kind, id and entity, as [`Entities`](super::Entities) reads them.
fn write_entity(entity: &Entity, w: &mut Writer, layout: Layout) -> Result<(), EncodeError> {
    w.i8(entity.kind().0);
    w.i64(entity.id());
    entity.encode(w, layout)
}

fn count(field: &'static str, count: usize) -> Result<i32, EncodeError> {
    let maximum = i32::MAX as u64;
    i32::try_from(count).map_err(|_| EncodeError::TooMany { field, length: count, maximum })
}

fn payload_length(body: &impl Wire) -> Result<i32, EncodeError> {
    let mut w = Writer::default();
    body.encode("body", &mut w)?;
    count("payload", w.len())
}
