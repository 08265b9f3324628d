//! Reading the graph: schema, queries, entities by key.

use std::sync::Arc;

use tgdb_pdu::body::{EntityKey, GetEntityRequest, QueryRequest};
use tgdb_pdu::graph::{Answer, Found, Schema, Value};
use tgdb_pdu::{BodyError, BodyErrorKind, Verb};

use crate::call::{Asker, Waiting, ready};
use crate::proto::SessionNumber;
use crate::{ChannelError, RequestOptions, TgChannel};

/// The types of the graph.
///
/// Each session's schema is asked for once, when it is first needed; calls that need it at the
/// same time share one request. It is asked for again in a new session, after a commit of new
/// attribute descriptors, and when an answer names a descriptor that it does not have. A type of
/// nodes or edges that it does not have is no error in an answer, and so does not ask again.
impl TgChannel {
    /// The types of the graph, as this session has them.
    ///
    /// # Errors
    /// As [`TgChannel::call`].
    ///
    /// # Example
    /// ```no_run
    /// # use tgdb_channel::{ChannelError, TgChannel};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// for node_type in channel.schema()?.node_types() {
    ///     println!("{}", node_type.entity_type.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn schema(&self) -> Result<Arc<Schema>, ChannelError> {
        ready(Asker::new(self, Waiting::Thread, RequestOptions::default()).schema(None))
    }

    /// [`TgChannel::schema`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::call`].
    pub async fn schema_async(&self) -> Result<Arc<Schema>, ChannelError> {
        Asker::new(self, Waiting::Task, RequestOptions::default()).schema(None).await
    }

    /// Asks the server for the types of the graph again: somebody else has added some.
    ///
    /// # Errors
    /// As [`TgChannel::call`].
    pub fn refresh_schema(&self) -> Result<Arc<Schema>, ChannelError> {
        ready(Asker::new(self, Waiting::Thread, RequestOptions::default()).newer_schema(None))
    }

    /// [`TgChannel::refresh_schema`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::call`].
    pub async fn refresh_schema_async(&self) -> Result<Arc<Schema>, ChannelError> {
        Asker::new(self, Waiting::Task, RequestOptions::default()).newer_schema(None).await
    }
}

/// Queries and entities.
///
/// An answer is checked once when it arrives: if a part is malformed, the call fails. If it names a
/// descriptor that the schema does not have, the schema is asked for again, once, and only if that
/// does not have it either, the call fails. The timeout of the options is that of the whole call.
impl TgChannel {
    /// Executes a query: Gremlin text such as `g.V().has('code', 'MUC')`, text with a prefix for its
    /// language such as `tgql://`, or a [`QueryRequest`] with options.
    ///
    /// # Errors
    /// [`ChannelError::Server`] if the query failed, with a [`QueryStatus`](crate::pdu::call::QueryStatus)
    /// as its code; [`ChannelError::BadReply`] if the answer cannot be read. Else as
    /// [`TgChannel::call`].
    ///
    /// # Example
    /// ```no_run
    /// # use tgdb_channel::{ChannelError, TgChannel};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// for airport in channel.query("g.V().hasLabel('airport')")?.nodes() {
    ///     let airport = airport?;
    ///     println!("{} {}", airport.id(), airport.get::<&str>("name")?);
    /// }
    /// for name in channel.query("g.V().values('name')")?.values::<&str>() {
    ///     println!("{}", name?);
    /// }
    /// let count: Option<i64> = channel.query("g.V().count()")?.value()?;
    /// println!("{count:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(&self, query: impl Into<QueryRequest>) -> Result<Answer, ChannelError> {
        self.query_with(query, RequestOptions::default())
    }

    /// As [`TgChannel::query`], with options.
    ///
    /// # Errors
    /// As [`TgChannel::query`].
    pub fn query_with(&self, query: impl Into<QueryRequest>, options: RequestOptions) -> Result<Answer, ChannelError> {
        ready(Asker::new(self, Waiting::Thread, options).query(query.into()))
    }

    /// [`TgChannel::query_with`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::query`].
    pub async fn query_async(
        &self,
        query: impl Into<QueryRequest>,
        options: RequestOptions,
    ) -> Result<Answer, ChannelError> {
        let query = query.into();
        Asker::new(self, Waiting::Task, options).query(query).await
    }

    /// Gets the entity of that type with that key. For several, or without a type, call a
    /// [`GetEntityRequest`] and read the reply with [`Found::new`].
    ///
    /// # Errors
    /// [`ChannelError::Value`] if the graph does not have an attribute of the key, or it does not
    /// take the value; [`ChannelError::BadReply`] if the reply cannot be read. Else as
    /// [`TgChannel::call`].
    ///
    /// # Example
    /// ```no_run
    /// # use tgdb_channel::{ChannelError, TgChannel};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// let found = channel.get_entity("airport", [("iata", "MUC")])?;
    /// if let Some(munich) = found.entity()? {
    ///     println!("{} {}", munich.id(), munich.get::<&str>("name")?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_entity<'n, V: Into<Value>>(
        &self,
        type_name: &str,
        key: impl IntoIterator<Item = (&'n str, V)>,
    ) -> Result<Found, ChannelError> {
        self.get_entity_with(type_name, key, RequestOptions::default())
    }

    /// As [`TgChannel::get_entity`], with options.
    ///
    /// # Errors
    /// As [`TgChannel::get_entity`].
    pub fn get_entity_with<'n, V: Into<Value>>(
        &self,
        type_name: &str,
        key: impl IntoIterator<Item = (&'n str, V)>,
        options: RequestOptions,
    ) -> Result<Found, ChannelError> {
        ready(Asker::new(self, Waiting::Thread, options).get_entity(type_name, values(key)))
    }

    /// [`TgChannel::get_entity_with`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::get_entity`].
    pub async fn get_entity_async<'n, V: Into<Value>>(
        &self,
        type_name: &str,
        key: impl IntoIterator<Item = (&'n str, V)>,
        options: RequestOptions,
    ) -> Result<Found, ChannelError> {
        let key = values(key);
        Asker::new(self, Waiting::Task, options).get_entity(type_name, key).await
    }
}

/// The values of a key, owned, so that a call can keep them while it waits.
fn values<'n, V: Into<Value>>(key: impl IntoIterator<Item = (&'n str, V)>) -> Vec<(String, Value)> {
    key.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

impl Asker<'_> {
    pub(crate) async fn query(&self, query: QueryRequest) -> Result<Answer, ChannelError> {
        let command = query.command;
        let (result, session) = self.call(query).await?;
        let answer = Answer::new(command, result, self.schema(Some(session)).await?);
        let Some(schema) = self.schema_if_outdated(Verb::QUERY_REQUEST, session, answer.check()).await? else {
            return Ok(answer);
        };
        let answer = answer.with_schema(schema);
        answer.check().map_err(|source| ChannelError::BadReply { verb: Verb::QUERY_REQUEST, source })?;
        Ok(answer)
    }

    pub(crate) async fn get_entity(&self, type_name: &str, key: Vec<(String, Value)>) -> Result<Found, ChannelError> {
        self.check_session(Verb::GET_ENTITY_REQUEST)?;
        let schema = self.schema(None).await?;
        let key = key.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let key = EntityKey::new(&schema, Some(type_name), key)?;
        let verb = Verb::GET_ENTITY_REQUEST;
        let request = GetEntityRequest::by_key(&key).map_err(|source| ChannelError::Encode { verb, source })?;
        let command = request.command;
        let (reply, session) = self.call(request).await?;
        let found = Found::new(command, reply, self.schema(Some(session)).await?);
        let Some(schema) = self.schema_if_outdated(verb, session, found.check()).await? else {
            return Ok(found);
        };
        let found = found.with_schema(schema);
        found.check().map_err(|source| ChannelError::BadReply { verb, source })?;
        Ok(found)
    }

    /// A later schema if the answer has a descriptor that the one in use does not have.
    async fn schema_if_outdated(
        &self,
        verb: Verb,
        session: SessionNumber,
        checked: Result<(), BodyError>,
    ) -> Result<Option<Arc<Schema>>, ChannelError> {
        match checked {
            Ok(()) => Ok(None),
            Err(BodyError { kind: BodyErrorKind::UnknownDescriptor { .. }, .. }) => {
                self.newer_schema(Some(session)).await.map(Some)
            }
            Err(source) => Err(ChannelError::BadReply { verb, source }),
        }
    }
}
