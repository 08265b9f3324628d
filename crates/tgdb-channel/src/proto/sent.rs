//! A request as it leaves, for a trace.

use tgdb_pdu::{AuthToken, HEADER_LEN, Header, Verb};

use super::payload::Payload;

/// A copy of a request that leaves; of [`Event::Sent`](super::Event::Sent). Large payloads are
/// shared, not copied. The auth token in its header, which is a secret, is 0.
#[derive(Debug, Clone)]
pub struct SentRequest {
    header: [u8; HEADER_LEN],
    payload: Payload,
}

impl SentRequest {
    pub(crate) fn new(header: &Header, verb: Verb, payload: &Payload) -> Self {
        let mut bytes = [0; HEADER_LEN];
        Header { auth_token: AuthToken::NONE, ..*header }.write_to(&mut bytes, verb, payload.len());
        Self { header: bytes, payload: payload.clone() }
    }

    /// Length of the message in bytes, which is the number at its start, too.
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN + self.payload.len()
    }

    /// The bytes of the message, one part after another. Parts can be empty.
    pub fn parts(&self) -> [&[u8]; 3] {
        let [head, tail] = self.payload.parts();
        [&self.header, head, tail]
    }
}
