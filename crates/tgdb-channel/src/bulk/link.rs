//! Requests of one import or export: all in one session, one at a time.

use std::time::Duration;

use tgdb_pdu::Body;
use tgdb_transport::foreign::emit;

use super::{BulkError, BulkStep};
use crate::driver::observe::target;
use crate::{RequestOptions, ResendMode, SessionScope, TgChannel};

/// The channel, and the session that the import or export belongs to.
#[derive(Debug)]
pub(super) struct Link {
    channel: TgChannel,
    options: RequestOptions,
}

impl Link {
    pub(super) fn new(channel: &TgChannel, timeout: Option<Duration>) -> Self {
        let session = channel.session_number().map_or(SessionScope::Current, SessionScope::Of);
        // In another session none of it has a meaning, so there is nothing to wait for.
        let resend = Some(ResendMode::DontReconnectAndIgnore);
        let options = RequestOptions { timeout, resend, session: Some(session) };
        Self { channel: channel.clone(), options }
    }

    /// Sends a request and waits for its reply.
    pub(super) fn request(&self, body: impl Into<Body>, step: impl FnOnce() -> BulkStep) -> Result<Body, BulkError> {
        match self.channel.request_with(body, self.options) {
            Ok(reply) => Ok(reply.body),
            Err(error) => Err(BulkError::Request { step: step(), source: Box::new(error) }),
        }
    }

    /// Submits a request whose reply is of no interest. Does not wait.
    pub(super) fn submit(&self, body: Body) {
        let verb = body.verb();
        if let Err(error) = self.channel.try_submit_with(body, self.options) {
            emit(|| tracing::debug!(target: target::BULK, "{verb} was not sent: {error:#}"));
        }
    }

    /// Sends a message that has no reply.
    pub(super) fn send(&self, body: Body) {
        let verb = body.verb();
        if let Err(error) = self.channel.send_with(body, self.options) {
            emit(|| tracing::debug!(target: target::BULK, "{verb} was not sent: {error:#}"));
        }
    }
}
