//! Messages that wait to be sent.

use std::collections::VecDeque;

use tgdb_pdu::{HEADER_LEN, Verb};

use super::payload::Payload;

/// Messages in the order in which they will be sent.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Messages of the session itself, for the current connection. They go first.
    own: VecDeque<(Verb, Payload)>,
    /// Keys of requests. One that does not wait any more is passed over.
    keys: VecDeque<i64>,
    /// Requests that wait, and their bytes.
    waiting: usize,
    bytes: usize,
}

impl Outbox {
    /// Adds the message of a request of that length.
    pub(super) fn push_request(&mut self, key: i64, length: usize) {
        self.keys.push_back(key);
        self.waiting += 1;
        self.bytes += length + HEADER_LEN;
    }

    /// A message of a request was sent, or is not to be sent any more.
    pub(super) fn forget_request(&mut self, length: usize) {
        self.waiting -= 1;
        self.bytes -= length + HEADER_LEN;
    }

    /// Takes the key of the next request that may wait.
    pub(super) fn pop_request(&mut self) -> Option<i64> {
        self.keys.pop_front()
    }

    /// Gives back memory that is not in use.
    pub(super) fn shrink(&mut self) {
        self.keys.shrink_to(64);
    }

    /// Drops the keys of requests that do not wait any more, if they are many.
    pub(super) fn sweep(&mut self, waits: impl Fn(i64) -> bool) {
        if self.keys.len() > 64 + 2 * self.waiting {
            self.keys.retain(|key| waits(*key));
        }
    }

    /// Drops all requests.
    pub(super) fn clear_requests(&mut self) {
        self.keys.clear();
        self.waiting = 0;
        self.bytes = 0;
    }

    /// Whether a request waits.
    pub(super) fn has_requests(&self) -> bool {
        self.waiting > 0
    }

    /// Bytes of requests that wait, headers included.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a message of the session itself.
    pub(super) fn push_own(&mut self, verb: Verb, payload: Payload) {
        self.own.push_back((verb, payload));
    }

    /// Takes the next message of the session itself.
    pub(super) fn pop_own(&mut self) -> Option<(Verb, Payload)> {
        self.own.pop_front()
    }

    /// Whether a message of the session itself waits.
    pub(super) fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// Drops the messages of the session itself: their connection is gone.
    pub(super) fn clear_own(&mut self) {
        self.own.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_do_not_wait_any_more_do_not_pile_up() {
        let mut outbox = Outbox::default();
        for key in 0..100_000 {
            outbox.push_request(key, 10);
            outbox.forget_request(10);
            outbox.sweep(|waiting| waiting > key);
            assert!(outbox.keys.len() <= 65);
        }
        assert!(outbox.bytes() == 0 && !outbox.has_requests());
    }
}
