//! Encoded messages, and their bytes on the way to the socket.

use std::io::IoSlice;

use bytes::Bytes;
use tgdb_pdu::{Body, EncodeError, Frame, HEADER_LEN, Header, Secret};
use zeroize::Zeroize;

/// From this length on a payload is sent from where it is instead of being copied.
const LARGE: usize = 16 * 1024;
/// How many bytes of small messages go into one write.
const BATCH: usize = 64 * 1024;
/// What a buffer for sending keeps when nothing happens.
const KEEP: usize = 16 * 1024;

/// The encoded payload of a message. Wiped on drop if it holds a secret.
#[derive(Clone)]
pub struct Payload {
    bytes: Store,
    is_secret: bool,
}

#[derive(Clone)]
enum Store {
    /// Is copied into the buffer of a write.
    Small(Vec<u8>),
    /// The second part is written from where it is. A secret is wiped with the last
    /// clone.
    Large(Vec<u8>, Bytes),
}

impl Payload {
    /// Encodes a body.
    ///
    /// # Errors
    /// [`EncodeError`] if a field does not fit its encoding.
    pub fn encode(body: &Body) -> Result<Self, EncodeError> {
        let is_secret = body.is_secret();
        let (head, tail) = body.to_payload()?;
        let length = head.len() + tail.len();
        i32::try_from(length + HEADER_LEN).map_err(|_| EncodeError::MessageTooLarge { length })?;
        let bytes = match (head.len() < LARGE, is_secret) {
            (true, _) if tail.is_empty() => Store::Small(head),
            (false, true) => Store::Large(Vec::new(), Secret::new(head).into()),
            (false, false) if tail.is_empty() => Store::Large(Vec::new(), head.into()),
            _ => Store::Large(head, tail),
        };
        Ok(Self { bytes, is_secret })
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match &self.bytes {
            Store::Small(bytes) => bytes.len(),
            Store::Large(head, tail) => head.len() + tail.len(),
        }
    }

    /// Its bytes, one part after another.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        match &self.bytes {
            Store::Small(bytes) => [bytes, &[]],
            Store::Large(head, tail) => [head, tail],
        }
    }

    /// Whether it may hold a secret.
    pub(super) fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        if self.is_secret
            && let Store::Small(bytes) = &mut self.bytes
        {
            bytes.zeroize();
        }
    }
}

impl std::fmt::Debug for Payload {
    /// Shows the length only: it can hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes)", self.len())
    }
}

/// Bytes on their way to the socket: whole messages, of which a part can have gone.
/// Filled by [`Session::poll_transmit`](super::Session::poll_transmit).
#[derive(Debug, Default)]
pub struct Transmit {
    head: Vec<u8>,
    /// A large payload that follows `head`.
    body: Bytes,
    gone: usize,
    is_secret: bool,
}

impl Transmit {
    /// How many bytes are left to be sent.
    pub fn remaining(&self) -> usize {
        self.head.len() + self.body.len() - self.gone
    }

    /// The bytes left to be sent. The second part can be empty.
    pub fn parts(&self) -> [IoSlice<'_>; 2] {
        let head = &self.head[self.gone.min(self.head.len())..];
        let body = &self.body[self.gone.saturating_sub(self.head.len())..];
        [IoSlice::new(head), IoSlice::new(body)]
    }

    /// Gives the frames that are in it, of which no byte was sent, with their lengths. With their
    /// payloads if that is asked for, which it then says, and no secret is among them.
    pub(crate) fn for_each_frame(&self, with_payload: bool, mut give: impl FnMut(Frame, usize, bool)) {
        let with_payload = with_payload && !self.is_secret;
        let mut rest = &self.head[..];
        while let Some(start) = rest.first_chunk()
            && let Ok((header, verb, length)) = Header::read_from(start)
        {
            let here;
            (here, rest) = rest.split_at(length.min(rest.len()));
            let payload = match with_payload {
                // What is not here is the large payload at the end.
                true if length > here.len() => [&here[HEADER_LEN..], &self.body].concat(),
                true => here[HEADER_LEN..].to_vec(),
                false => Vec::new(),
            };
            give(Frame::new(header, verb, payload), length, with_payload);
        }
    }

    /// Takes off bytes that were sent.
    ///
    /// # Panics
    /// If `count` is more than [`Transmit::remaining`].
    pub fn advance(&mut self, count: usize) {
        assert!(count <= self.remaining(), "more was sent than was there");
        self.gone += count;
        if self.remaining() == 0 {
            self.clear();
        }
    }

    /// Drops what is left. The buffer is kept, and wiped if it held a secret.
    pub fn clear(&mut self) {
        if self.is_secret {
            self.head.zeroize();
        }
        self.head.clear();
        self.body = Bytes::new();
        self.gone = 0;
        self.is_secret = false;
    }

    /// Gives the buffer back if it is large and empty.
    pub fn shrink(&mut self) {
        self.head.shrink_to(KEEP);
    }

    /// Whether another message may be added.
    pub(super) fn has_room(&self) -> bool {
        self.body.is_empty() && self.head.len() < BATCH
    }

    /// Adds a message. Not after a large one; see [`Transmit::has_room`].
    pub(super) fn push(&mut self, header: &[u8; HEADER_LEN], payload: &Payload) {
        let (small, large) = match &payload.bytes {
            Store::Small(bytes) => (bytes, None),
            Store::Large(head, tail) => (head, Some(tail)),
        };
        if payload.is_secret || self.is_secret {
            self.make_room(HEADER_LEN + small.len());
            self.is_secret = true;
        }
        self.head.extend_from_slice(header);
        self.head.extend_from_slice(small);
        if let Some(large) = large {
            self.body = large.clone();
        }
    }

    /// A buffer that grows by itself leaves a copy of its bytes behind.
    fn make_room(&mut self, needed: usize) {
        if self.head.capacity() - self.head.len() < needed {
            let mut grown = Vec::with_capacity((self.head.len() + needed).max(2 * self.head.len()));
            grown.extend_from_slice(&self.head);
            if self.is_secret {
                self.head.zeroize();
            }
            self.head = grown;
        }
    }
}

impl Drop for Transmit {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use tgdb_pdu::body::{DecryptBufferRequest, DecryptBufferResponse};

    use super::*;

    fn payload(length: usize) -> Payload {
        Payload::encode(&DecryptBufferRequest { buffer: vec![7; length].into() }.into()).expect("it fits")
    }

    fn all(transmit: &Transmit) -> Vec<u8> {
        transmit.parts().iter().flat_map(|part| part.to_vec()).collect()
    }

    #[test]
    fn small_messages_share_a_write_and_a_large_one_ends_it() {
        let header = [1; HEADER_LEN];
        let mut transmit = Transmit::default();
        transmit.push(&header, &payload(3));
        transmit.push(&header, &payload(5));
        assert!(transmit.has_room());
        transmit.push(&header, &payload(LARGE));
        assert!(!transmit.has_room());
        let bytes = all(&transmit);
        assert_eq!(bytes.len(), 3 * HEADER_LEN + 7 + 9 + LARGE + 4);
        // However many bytes are sent at once, the rest stays in order.
        for step in [1, HEADER_LEN, 100, LARGE] {
            transmit.advance(step);
            assert_eq!(all(&transmit), bytes[bytes.len() - transmit.remaining()..]);
        }
        transmit.advance(transmit.remaining());
        assert!(transmit.remaining() == 0 && transmit.has_room());
    }

    #[test]
    fn a_buffer_with_a_secret_does_not_grow_by_itself_and_is_wiped() {
        let secret = Payload::encode(&DecryptBufferResponse { buffer: "tiger".into() }.into()).expect("it fits");
        assert!(secret.is_secret && !format!("{secret:?}").contains("tiger"));
        let mut transmit = Transmit::default();
        transmit.push(&[1; HEADER_LEN], &payload(1));
        transmit.push(&[1; HEADER_LEN], &secret);
        assert!(transmit.is_secret);
        // Messages that are added after the secret do not make the vector reallocate either.
        for _ in 0..10 {
            let (before, room) = (transmit.head.as_ptr(), transmit.head.capacity() - transmit.head.len());
            transmit.push(&[1; HEADER_LEN], &payload(200));
            let moved = transmit.head.as_ptr() != before;
            assert!(!moved || room < HEADER_LEN + 204, "it moved without need");
        }
        transmit.clear();
        assert!(!transmit.is_secret && transmit.remaining() == 0);
    }
}
