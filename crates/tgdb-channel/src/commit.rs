//! Commits.

use tgdb_pdu::Verb;
use tgdb_pdu::graph::{ChangeSet, CommitIds};

use crate::call::{Asker, Waiting, ready};
use crate::{ChannelError, RequestOptions, SessionScope, TgChannel};

/// Commits without a transaction, as the vendor's clients send them.
impl TgChannel {
    /// Commits changes, all or none, without a [`Transaction`](crate::Transaction). Without changes
    /// nothing is sent, as in Java. Gives the real ids of what was added, and the new versions of what was changed.
    ///
    /// # Errors
    /// [`ChannelError::Server`] if the server does not commit, with a
    /// [`TransactionStatus`](crate::pdu::body::TransactionStatus) as its code;
    /// [`ChannelError::TransactionOpen`], as the changes would belong to that transaction;
    /// [`ChannelError::Encode`]. Else as [`TgChannel::call`]: above all [`ChannelError::Timeout`],
    /// [`ChannelError::Lost`] and [`ChannelError::NotResent`], after which the server may or may not
    /// have committed.
    ///
    /// # Example
    /// ```no_run
    /// use tgdb_channel::pdu::graph::Changes;
    /// # use tgdb_channel::{ChannelError, TgChannel};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// let schema = channel.schema()?;
    /// let mut changes = Changes::new(&schema);
    /// let munich = changes.add_node(Some("airport"))?;
    /// changes.set(munich, "iata", "MUC")?;
    /// let ids = channel.commit(&changes)?;
    /// println!("{:?}", ids.entity(munich));
    /// # Ok(())
    /// # }
    /// ```
    pub fn commit(&self, changes: impl AsRef<ChangeSet>) -> Result<CommitIds, ChannelError> {
        self.commit_with(changes, RequestOptions::default())
    }

    /// As [`TgChannel::commit`], with options. Without a session in them any will do.
    ///
    /// # Errors
    /// As [`TgChannel::commit`].
    pub fn commit_with(
        &self,
        changes: impl AsRef<ChangeSet>,
        options: RequestOptions,
    ) -> Result<CommitIds, ChannelError> {
        ready(self.commit_waiting(Waiting::Thread, changes.as_ref(), options))
    }

    /// [`TgChannel::commit_with`] for a task. Once it is polled, dropping the future takes nothing
    /// back.
    ///
    /// # Errors
    /// As [`TgChannel::commit`].
    pub async fn commit_async(
        &self,
        changes: impl AsRef<ChangeSet>,
        options: RequestOptions,
    ) -> Result<CommitIds, ChannelError> {
        self.commit_waiting(Waiting::Task, changes.as_ref(), options).await
    }

    async fn commit_waiting(
        &self,
        waiting: Waiting,
        changes: &ChangeSet,
        options: RequestOptions,
    ) -> Result<CommitIds, ChannelError> {
        if changes.is_empty() {
            return Ok(CommitIds::default());
        }
        if self.shared().has_transaction() {
            return Err(ChannelError::TransactionOpen { operation: "commit" });
        }
        let session = Some(options.session.unwrap_or(SessionScope::Any));
        Asker::new(self, waiting, RequestOptions { session, ..options }).commit(changes).await
    }
}

impl Asker<'_> {
    pub(crate) async fn commit(&self, changes: &ChangeSet) -> Result<CommitIds, ChannelError> {
        let verb = Verb::COMMIT_TRANSACTION_REQUEST;
        let request = changes.to_request().map_err(|source| ChannelError::Encode { verb, source })?;
        let (reply, _) = self.call(request).await?;
        if !changes.descriptors.is_empty() {
            self.channel.shared().expire_schema();
        }
        Ok(CommitIds::from(&reply))
    }
}
