//! What a script sees and says.

use tgdb_pdu::version::PROTOCOL;
use tgdb_pdu::{Body, Header, Message};

use super::{Phase, ServerSession};

/// What a script needs.
impl ServerSession {
    /// The session's id; 0 before the login.
    pub fn id(&self) -> i64 {
        self.session_id
    }

    /// The user logged in.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The database logged in to, if the client named one.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Answers a request. Sent when the script returns.
    ///
    /// # Panics
    /// As [`send`](Self::send).
    pub fn reply(&mut self, request: &Message, body: impl Into<Body>) {
        self.reply_to(request.header.request_id, body);
    }

    /// Sends a message with that request id.
    ///
    /// # Panics
    /// If the message cannot be expressed on the wire, which is the test's fault.
    pub fn send(&mut self, request_id: i64, body: impl Into<Body>) {
        let header = Header {
            sequence_no: self.sequence_no,
            timestamp: i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX),
            request_id,
            auth_token: self.auth_token,
            session_id: self.session_id,
            tenant_id: 0,
        };
        self.sequence_no += 1;
        let encoded = Message::new(header, body.into()).encode();
        let mut bytes = encoded.unwrap_or_else(|error| panic!("the script's message: {error}"));
        let version = self.faults.protocol_version.unwrap_or(PROTOCOL.to_wire());
        bytes[8..10].copy_from_slice(&version.to_be_bytes());
        self.send_raw(&bytes);
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        if !self.faults.mute {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Ends the connection once all was sent.
    pub fn close(&mut self) {
        self.phase = Phase::Over;
    }

    pub(super) fn reply_to(&mut self, request_id: i64, body: impl Into<Body>) {
        let offset = if self.is_logged_in() { self.faults.request_id_offset } else { 0 };
        self.send(request_id.wrapping_add(offset), body);
    }
}
