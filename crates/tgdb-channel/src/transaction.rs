//! Transactions.

use tgdb_pdu::body::QueryRequest;
use tgdb_pdu::call::{BeginTransaction, Request, RollbackTransaction};
use tgdb_pdu::graph::{Answer, ChangeSet, CommitIds, Found, Value};

use crate::call::{Asker, Waiting, ready};
use crate::claim::Claim;
use crate::proto::SessionNumber;
use crate::{ChannelError, RequestOptions, ResendMode, SessionScope, TgChannel};

/// Transactions.
///
/// The vendor's clients know no other transaction than a commit: they collect changes, send all of
/// them in one commit, and forget them on a rollback. [`TgChannel::commit`] does that. They have
/// messages to begin and to roll back, but never send them, so that what a server does with a
/// [`TgChannel::begin`] was not seen: by the names of its errors
/// ([`ALREADY_IN_PROGRESS`](crate::pdu::body::TransactionStatus::ALREADY_IN_PROGRESS),
/// [`NOT_IN_TRANSACTION`](crate::pdu::body::TransactionStatus::NOT_IN_TRANSACTION)) a session has one
/// transaction at a time.
impl TgChannel {
    /// Begins a transaction in the current session.
    ///
    /// # Errors
    /// [`ChannelError::TransactionOpen`] if another [`Transaction`] of this channel is not over;
    /// [`ChannelError::Server`] if the server does not begin one. Else as [`TgChannel::call`].
    ///
    /// # Example
    /// ```no_run
    /// use tgdb_channel::pdu::graph::{Changes, Node};
    /// # use tgdb_channel::{ChannelError, TgChannel};
    /// # fn example(channel: &TgChannel, munich: &Node) -> Result<(), ChannelError> {
    /// let transaction = channel.begin()?;
    /// let routes: Option<i64> = transaction.query("g.V().has('iata', 'MUC').out().count()")?.value()?;
    /// let schema = channel.schema()?;
    /// let mut changes = Changes::new(&schema);
    /// changes.update_node(munich);
    /// changes.set(munich.id, "routes", routes)?;
    /// transaction.commit(&changes)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn begin(&self) -> Result<Transaction, ChannelError> {
        self.begin_with(RequestOptions::default())
    }

    /// As [`TgChannel::begin`], with options. Without a [`ResendMode`] in them it is sent again after
    /// a reconnection, as a transaction of a lost session is gone with it.
    ///
    /// # Errors
    /// As [`TgChannel::begin`].
    pub fn begin_with(&self, options: RequestOptions) -> Result<Transaction, ChannelError> {
        ready(self.begin_waiting(Waiting::Thread, options))
    }

    /// [`TgChannel::begin_with`] for a task. Dropping the future rolls back what has begun.
    ///
    /// # Errors
    /// As [`TgChannel::begin`].
    pub async fn begin_async(&self, options: RequestOptions) -> Result<Transaction, ChannelError> {
        self.begin_waiting(Waiting::Task, options).await
    }

    async fn begin_waiting(&self, waiting: Waiting, options: RequestOptions) -> Result<Transaction, ChannelError> {
        let mut claim = Claim::new(self)?;
        let resend = Some(options.resend.unwrap_or(ResendMode::ReconnectAndResend));
        let asker = Asker::new(self, waiting, RequestOptions { resend, ..options });
        match asker.call(BeginTransaction).await {
            Ok((reply, session)) => {
                claim.set_session(session);
                Ok(Transaction { claim, id: reply.transaction_id, session })
            }
            Err(error) => {
                claim.is_over = !may_have_begun(&error);
                Err(error)
            }
        }
    }
}

/// Whether the server may have begun a transaction, though there is no reply that says so.
fn may_have_begun(error: &ChannelError) -> bool {
    matches!(
        error,
        ChannelError::Timeout { was_sent: true, .. }
            | ChannelError::WrongReply(_)
            | ChannelError::BadReply { .. }
            | ChannelError::ReplyTooLarge { .. }
    )
}

/// A transaction of a session. It belongs to that session: after a reconnection its requests fail
/// with [`ChannelError::SessionGone`], and nothing of it is sent in another session.
///
/// When it is dropped, the server is asked to roll it back. That does not wait, neither for room nor
/// for the reply, and is logged: as a warning if the transaction was used. The value is a handle of
/// its channel, too: see [`TgChannel`] for what dropping the last one does.
///
/// The protocol does not say which requests belong to a transaction. What other threads send on the
/// same channel meanwhile goes to the same session, and so may be part of it. A program that wants
/// transactions side by side, or queries beside one, takes a channel for each.
///
/// See [`TgChannel::begin`] for an example, and for what is not known about servers.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    claim: Claim,
    id: i64,
    session: SessionNumber,
}

impl Transaction {
    /// The id that the server gave it.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Its session.
    pub fn session(&self) -> SessionNumber {
        self.session
    }

    /// The options of a request of this transaction.
    fn pinned(&self, options: RequestOptions) -> RequestOptions {
        self.claim.use_it();
        options.with_session(SessionScope::Of(self.session))
    }

    fn asker(&self, waiting: Waiting, options: RequestOptions) -> Asker<'_> {
        Asker::new(&self.claim.channel, waiting, self.pinned(options))
    }

    /// [`TgChannel::call_with`] in this transaction. The session of the options does not count.
    ///
    /// # Errors
    /// As [`TgChannel::call`], and [`ChannelError::SessionGone`].
    pub fn call<R: Request>(&self, request: R, options: RequestOptions) -> Result<R::Reply, ChannelError> {
        self.claim.channel.call_with(request, self.pinned(options))
    }

    /// [`TgChannel::call_async`] in this transaction. The session of the options does not count.
    ///
    /// # Errors
    /// As [`TgChannel::call`], and [`ChannelError::SessionGone`].
    pub async fn call_async<R: Request>(&self, request: R, options: RequestOptions) -> Result<R::Reply, ChannelError> {
        let call = self.claim.channel.call_async(request, self.pinned(options));
        call.await
    }

    /// [`TgChannel::query`] in this transaction.
    ///
    /// # Errors
    /// As [`TgChannel::query`], and [`ChannelError::SessionGone`].
    pub fn query(&self, query: impl Into<QueryRequest>) -> Result<Answer, ChannelError> {
        self.query_with(query, RequestOptions::default())
    }

    /// [`TgChannel::query_with`] in this transaction. The session of the options does not count.
    ///
    /// # Errors
    /// As [`TgChannel::query`], and [`ChannelError::SessionGone`].
    pub fn query_with(&self, query: impl Into<QueryRequest>, options: RequestOptions) -> Result<Answer, ChannelError> {
        ready(self.asker(Waiting::Thread, options).query(query.into()))
    }

    /// [`TgChannel::query_async`] in this transaction. The session of the options does not count.
    ///
    /// # Errors
    /// As [`TgChannel::query`], and [`ChannelError::SessionGone`].
    pub async fn query_async(
        &self,
        query: impl Into<QueryRequest>,
        options: RequestOptions,
    ) -> Result<Answer, ChannelError> {
        let query = query.into();
        self.asker(Waiting::Task, options).query(query).await
    }

    /// [`TgChannel::get_entity`] in this transaction.
    ///
    /// # Errors
    /// As [`TgChannel::get_entity`], and [`ChannelError::SessionGone`].
    pub fn get_entity<'n, V: Into<Value>>(
        &self,
        type_name: &str,
        key: impl IntoIterator<Item = (&'n str, V)>,
    ) -> Result<Found, ChannelError> {
        self.claim.channel.get_entity_with(type_name, key, self.pinned(RequestOptions::default()))
    }

    /// [`TgChannel::get_entity_async`] in this transaction. The session of the options does not
    /// count.
    ///
    /// # Errors
    /// As [`TgChannel::get_entity`], and [`ChannelError::SessionGone`].
    pub async fn get_entity_async<'n, V: Into<Value>>(
        &self,
        type_name: &str,
        key: impl IntoIterator<Item = (&'n str, V)>,
        options: RequestOptions,
    ) -> Result<Found, ChannelError> {
        self.claim.channel.get_entity_async(type_name, key, self.pinned(options)).await
    }

    /// Commits these changes, and ends the transaction. It is sent even if there are none. If it
    /// fails, the transaction is rolled back, as by dropping it.
    ///
    /// # Errors
    /// As [`TgChannel::commit`], and [`ChannelError::SessionGone`].
    pub fn commit(self, changes: impl AsRef<ChangeSet>) -> Result<CommitIds, ChannelError> {
        self.commit_with(changes, RequestOptions::default())
    }

    /// As [`Transaction::commit`], with options. The session of the options does not count.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub fn commit_with(
        self,
        changes: impl AsRef<ChangeSet>,
        options: RequestOptions,
    ) -> Result<CommitIds, ChannelError> {
        ready(self.commit_waiting(Waiting::Thread, changes.as_ref(), options))
    }

    /// [`Transaction::commit_with`] for a task. Once it is polled, dropping the future takes nothing
    /// back.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit_async(
        self,
        changes: impl AsRef<ChangeSet>,
        options: RequestOptions,
    ) -> Result<CommitIds, ChannelError> {
        self.commit_waiting(Waiting::Task, changes.as_ref(), options).await
    }

    async fn commit_waiting(
        mut self,
        waiting: Waiting,
        changes: &ChangeSet,
        options: RequestOptions,
    ) -> Result<CommitIds, ChannelError> {
        let result = self.asker(waiting, options).commit(changes).await;
        self.claim.is_over = result.is_ok();
        self.claim.has_failed = result.is_err();
        result
    }

    /// Rolls back, and ends the transaction.
    ///
    /// # Errors
    /// As [`TgChannel::call`], and [`ChannelError::SessionGone`]: then there is nothing to roll back.
    pub fn rollback(self) -> Result<(), ChannelError> {
        self.rollback_with(RequestOptions::default())
    }

    /// As [`Transaction::rollback`], with options. The session of the options does not count.
    ///
    /// # Errors
    /// As [`Transaction::rollback`].
    pub fn rollback_with(self, options: RequestOptions) -> Result<(), ChannelError> {
        ready(self.rollback_waiting(Waiting::Thread, options))
    }

    /// [`Transaction::rollback_with`] for a task.
    ///
    /// # Errors
    /// As [`Transaction::rollback`].
    pub async fn rollback_async(self, options: RequestOptions) -> Result<(), ChannelError> {
        self.rollback_waiting(Waiting::Task, options).await
    }

    async fn rollback_waiting(mut self, waiting: Waiting, options: RequestOptions) -> Result<(), ChannelError> {
        let result = self.asker(waiting, options).call(RollbackTransaction).await;
        // A rollback that failed is not tried again when the claim is dropped.
        self.claim.is_over = true;
        result.map(|((), _)| ())
    }
}
