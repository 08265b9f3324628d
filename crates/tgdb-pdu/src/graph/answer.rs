//! The answer to a query: its reply with the schema that reads it.

use std::sync::Arc;

use super::{
    AnnotationError, AttributeError, Context, EdgeRef, ElementRef, Entities, EntityRef, FromValue, Layout, ListRef,
    NodeRef, ResultType, Schema,
};
use crate::BodyError;
use crate::body::{QueryCommand, QueryResult};

/// The answer to a query, owned. What it holds is decoded when it is asked for, without copies.
///
/// ```
/// use tgdb_pdu::graph::{Answer, AttributeError};
///
/// fn show(airports: &Answer) -> Result<(), AttributeError> {
///     for node in airports.nodes() {
///         let node = node?;
///         println!("{} {}", node.id(), node.get::<&str>("name")?);
///     }
///     Ok(())
/// }
///
/// fn names(names: &Answer) -> Result<Vec<&str>, AttributeError> {
///     names.values().collect()
/// }
///
/// fn how_many(count: &Answer) -> Result<Option<i64>, AttributeError> {
///     count.value()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Answer {
    result: QueryResult,
    schema: Arc<Schema>,
    layout: Layout,
    is_gremlin: bool,
}

impl Answer {
    /// The answer to a query of that command, read with that schema, in the layout that Java and
    /// Go read.
    pub fn new(command: QueryCommand, result: QueryResult, schema: Arc<Schema>) -> Self {
        // A prepared query can be in either language; only replies to TGQL have the total count.
        let is_gremlin = match command {
            QueryCommand::EXECUTE_GREMLIN | QueryCommand::EXECUTE_GREMLIN_STR | QueryCommand(7) => true,
            QueryCommand::EXECUTE => false,
            _ => result.total_count.is_none(),
        };
        Self { result, schema, layout: Layout::default(), is_gremlin }
    }

    /// This answer, read in another layout.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// This answer, read with another schema.
    #[must_use]
    pub fn with_schema(mut self, schema: Arc<Schema>) -> Self {
        self.schema = schema;
        self
    }

    /// The reply.
    pub fn result(&self) -> &QueryResult {
        &self.result
    }

    /// The schema that reads it.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The type of the result, as the server announces it.
    ///
    /// # Errors
    /// [`AnnotationError`] if the annotation is empty or unknown; the result can be read without.
    pub fn result_type(&self) -> Result<ResultType, AnnotationError> {
        self.result.result_type()
    }

    /// Goes over the whole answer once, without decoding values.
    ///
    /// # Errors
    /// [`BodyError`] if a part is malformed, or its descriptor is not in the schema.
    pub fn check(&self) -> Result<(), BodyError> {
        self.elements().try_for_each(|element| element.map(drop))
    }

    /// What the query gave, one after another: the elements of the result of a Gremlin query, the
    /// entities of a TGQL query. The first malformed element is the last item.
    pub fn elements(&self) -> Elements<'_> {
        let context = Context { schema: &self.schema, layout: self.layout };
        let opened = match self.is_gremlin {
            true => self.result.elements(context).map(Source::Gremlin),
            false => self.result.entities(context).map(Source::Tgql),
        };
        Elements { source: opened.unwrap_or_else(|error| Source::Failed(Some(error))) }
    }

    /// The nodes and edges among the [elements](Self::elements). Those inside lists, paths and maps
    /// are not looked for.
    pub fn entities(&self) -> impl Iterator<Item = Result<EntityRef<'_>, BodyError>> {
        self.elements().filter_map(|element| match element {
            Ok(ElementRef::Entity(entity)) => Some(Ok(entity)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// The nodes among the [elements](Self::elements).
    pub fn nodes(&self) -> impl Iterator<Item = Result<NodeRef<'_>, BodyError>> {
        self.entities().filter_map(|entity| match entity {
            Ok(EntityRef::Node(node)) => Some(Ok(node)),
            Ok(EntityRef::Edge(_)) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// The edges among the [elements](Self::elements).
    pub fn edges(&self) -> impl Iterator<Item = Result<EdgeRef<'_>, BodyError>> {
        self.entities().filter_map(|entity| match entity {
            Ok(EntityRef::Edge(edge)) => Some(Ok(edge)),
            Ok(EntityRef::Node(_)) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// The [elements](Self::elements) as values of that type, as of `values("name")` or `count()`.
    /// `Option<T>` takes null.
    ///
    /// An element that is no value is an [`AttributeError::NoValue`], one of another type an
    /// [`AttributeError::WrongType`]; the iterator goes on behind both.
    pub fn values<'a, T: FromValue<'a>>(&'a self) -> impl Iterator<Item = Result<T, AttributeError>> {
        self.elements().map(|element| match element? {
            ElementRef::Attribute(attribute)
            | ElementRef::AttributeValue(attribute)
            | ElementRef::TransientValue(attribute) => attribute.get(),
            other => Err(AttributeError::NoValue { found: other.what() }),
        })
    }

    /// The first of the [values](Self::values), or `None` if the query gave nothing.
    ///
    /// # Errors
    /// As the items of [`values`](Self::values).
    pub fn value<'a, T: FromValue<'a>>(&'a self) -> Result<Option<T>, AttributeError> {
        self.values().next().transpose()
    }
}

impl ElementRef<'_> {
    /// What it is, in messages to people.
    fn what(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::Attribute(_) | Self::AttributeValue(_) | Self::TransientValue(_) => "value",
            Self::Entity(EntityRef::Node(_)) => "node",
            Self::Entity(EntityRef::Edge(_)) => "edge",
            Self::Map(_) => "map",
            Self::Void => "void",
        }
    }
}

/// What a query gave, borrowed from its [`Answer`]. An iterator, which takes no memory.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    source: Source<'a>,
}

#[derive(Debug, Clone)]
enum Source<'a> {
    Gremlin(ListRef<'a>),
    Tgql(Entities<'a>),
    /// It cannot be opened. The error is the only item.
    Failed(Option<BodyError>),
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<ElementRef<'a>, BodyError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            Source::Gremlin(list) => list.next(),
            Source::Tgql(entities) => Some(entities.next()?.map(|found| ElementRef::Entity(found.entity))),
            Source::Failed(error) => error.take().map(Err),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.source {
            Source::Gremlin(list) => list.size_hint(),
            Source::Tgql(entities) => entities.size_hint(),
            Source::Failed(error) => (0, Some(error.iter().len())),
        }
    }
}

impl std::iter::FusedIterator for Elements<'_> {}
