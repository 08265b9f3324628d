//! The claim on the session's transaction: dropped before the end, it rolls the transaction back.

use std::sync::atomic::{AtomicBool, Ordering};

use tgdb_pdu::Body;
use tgdb_transport::foreign::emit;

use crate::driver::observe::target;
use crate::proto::SessionNumber;
use crate::{ChannelError, RequestOptions, SessionScope, TgChannel};

/// The session's transaction. Dropping it rolls that back unless it is over.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) channel: TgChannel,
    token: u64,
    /// `None` while it is being begun.
    session: Option<SessionNumber>,
    is_used: AtomicBool,
    /// Its commit failed.
    pub(crate) has_failed: bool,
    pub(crate) is_over: bool,
}

impl Claim {
    pub(crate) fn new(channel: &TgChannel) -> Result<Self, ChannelError> {
        let token = channel.shared().claim_transaction();
        let token = token.ok_or(ChannelError::TransactionOpen { operation: "begin" })?;
        let is_used = AtomicBool::new(false);
        Ok(Self { channel: channel.clone(), token, session: None, is_used, has_failed: false, is_over: false })
    }

    /// A request of the transaction is sent.
    pub(crate) fn use_it(&self) {
        self.is_used.store(true, Ordering::Relaxed);
    }

    /// It has begun, in that session.
    pub(crate) fn set_session(&mut self, session: SessionNumber) {
        self.session = Some(session);
        self.channel.shared().set_transaction_session(self.token, session);
    }

    /// Sends the rollback, without waiting.
    fn roll_back(&self) {
        // If the session is not known, the default takes the one in which the last transaction was begun.
        let options = RequestOptions { session: self.session.map(SessionScope::Of), ..RequestOptions::default() };
        let sent = self.channel.encode(Body::RollbackTransactionRequest, options);
        let session = self.session.map_or_else(String::new, |session| format!(" of session {session}"));
        let result = sent.and_then(|request| self.channel.shared().submit_unwatched(request));
        let is_used = self.is_used.load(Ordering::Relaxed);
        emit(|| match result {
            Ok(()) if self.has_failed => {
                tracing::debug!(target: target::TRANSACTION, "the transaction{session} is rolled back, as its commit failed");
            }
            Ok(()) if is_used => {
                tracing::warn!(target: target::TRANSACTION, "the transaction{session} was dropped before it was committed; it is rolled back");
            }
            Ok(()) => {
                tracing::debug!(target: target::TRANSACTION, "the transaction{session} was dropped before it was used; it is rolled back")
            }
            // Without the session there is no transaction.
            Err(error) => {
                tracing::debug!(target: target::TRANSACTION, "the transaction{session} was dropped, and is not rolled back: {error:#}")
            }
        });
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.is_over {
            self.roll_back();
        }
        // Only now, so that the rollback is sent before the next transaction begins.
        self.channel.shared().release_transaction(self.token);
    }
}
