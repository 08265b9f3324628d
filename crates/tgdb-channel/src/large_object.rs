//! Downloading large objects.

use bytes::Bytes;
use tgdb_pdu::Verb;
use tgdb_pdu::body::{Chunks, GetLargeObjectRequest};

use crate::{ChannelError, RequestOptions, TgChannel};

/// Large objects. Their ids are those of the [`LargeObject`](crate::pdu::graph::LargeObject) values
/// of entities that were read; a commit does not give them.
impl TgChannel {
    /// Gets the bytes of a BLOB or CLOB.
    ///
    /// # Errors
    /// [`ChannelError::Server`] if the server does not give it; its codes have no names. Else as
    /// [`TgChannel::call`].
    ///
    /// # Example
    /// ```no_run
    /// # use tgdb_channel::pdu::graph::LargeObject;
    /// # use tgdb_channel::{ChannelError, TgChannel};
    /// # fn example(channel: &TgChannel) -> Result<(), ChannelError> {
    /// let found = channel.get_entity("airport", [("iata", "MUC")])?;
    /// if let Some(munich) = found.entity()? {
    ///     let plan: LargeObject = munich.get("plan")?;
    ///     println!("{} bytes", channel.get_large_object(plan.id)?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_large_object(&self, id: i64) -> Result<Chunks, ChannelError> {
        self.get_large_object_with(id, RequestOptions::default())
    }

    /// As [`TgChannel::get_large_object`], with options.
    ///
    /// # Errors
    /// As [`TgChannel::get_large_object`].
    pub fn get_large_object_with(&self, id: i64, options: RequestOptions) -> Result<Chunks, ChannelError> {
        self.call_with(GetLargeObjectRequest { entity_id: id, decrypt: false }, options)
    }

    /// [`TgChannel::get_large_object_with`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::get_large_object`].
    pub async fn get_large_object_async(&self, id: i64, options: RequestOptions) -> Result<Chunks, ChannelError> {
        self.call_async(GetLargeObjectRequest { entity_id: id, decrypt: false }, options).await
    }

    /// Gets the clear bytes of a BLOB or CLOB of an encrypted attribute: the server decrypts it, and
    /// the [obfuscation](crate::pdu::obfuscation) in which it sends it is removed here. Only TLS
    /// protects it on its way. (As Java; in Python it is an error.)
    ///
    /// # Errors
    /// As [`TgChannel::get_large_object`], and [`ChannelError::BadReply`] if the bytes are not
    /// obfuscated.
    pub fn get_encrypted_large_object(&self, id: i64) -> Result<Bytes, ChannelError> {
        self.get_encrypted_large_object_with(id, RequestOptions::default())
    }

    /// As [`TgChannel::get_encrypted_large_object`], with options.
    ///
    /// # Errors
    /// As [`TgChannel::get_encrypted_large_object`].
    pub fn get_encrypted_large_object_with(&self, id: i64, options: RequestOptions) -> Result<Bytes, ChannelError> {
        clear(self.call_with(GetLargeObjectRequest { entity_id: id, decrypt: true }, options)?)
    }

    /// [`TgChannel::get_encrypted_large_object_with`] for a task.
    ///
    /// # Errors
    /// As [`TgChannel::get_encrypted_large_object`].
    pub async fn get_encrypted_large_object_async(
        &self,
        id: i64,
        options: RequestOptions,
    ) -> Result<Bytes, ChannelError> {
        clear(self.call_async(GetLargeObjectRequest { entity_id: id, decrypt: true }, options).await?)
    }
}

fn clear(object: Chunks) -> Result<Bytes, ChannelError> {
    object.reveal().map_err(|source| ChannelError::BadReply { verb: Verb::GET_LARGE_OBJECT_REQUEST, source })
}
