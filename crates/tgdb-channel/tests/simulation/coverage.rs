//! How often what happened, so that the simulation cannot become empty unnoticed.

use std::collections::BTreeMap;
use std::fmt;

/// What must happen at least once in 2,000 seeds.
pub(crate) const EXPECTED: &[&str] = &[
    "connect succeeded",
    "connect failed",
    "connect after another",
    "connect failed: active",
    "login rejected",
    "login rejected for now",
    "lost",
    "lost: silent",
    "attempt failed",
    "switched",
    "switch failed",
    "pinned",
    "session set up",
    "not taken: session gone",
    "failed: session gone",
    "attempt given up by the session",
    "attempt reported after its end",
    "lost: FailedOnSend",
    "lost: FailedOnRecv",
    "lost: FailedOnProcessing",
    "reconnected",
    "reconnecting failed",
    "terminated by the server",
    "submitted while reconnecting",
    "not taken: not started",
    "not taken: full",
    "not taken: state",
    "resent",
    "resent five times",
    "reply",
    "reply does not decode",
    "reply on a corrupted connection",
    "sent",
    "ignored",
    "timeout, sent",
    "timeout, not sent",
    "timeout while reconnecting",
    "failed: lost",
    "failed: not resent",
    "failed: reconnecting failed",
    "failed: terminated",
    "failed: stopped",
    "late reply",
    "unknown reply",
    "cancelled before it was sent",
    "cancelled after it was sent",
    "cancelled after its end",
    "waiter taken back",
    "waiter set later",
    "room: called",
    "room: called and full again",
    "room: time over",
    "room: left",
    "ping",
    "partial write",
    "window full",
    "message added to a partial write",
    "sender stalled",
    "write failed",
    "write failed, then read on",
    "stop: Graceful",
    "stop: ClientForceful",
    "stop: RemoteKill",
    "stop with requests in flight",
    "stop while connecting",
    "stop while reconnecting",
    "stop of a stop",
    "drained",
    "recovered when calm",
    "recovered by connect when calm",
];

#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<&'static str, u64>);

impl Coverage {
    pub(crate) fn hit(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn add(&mut self, what: &'static str, count: u64) {
        *self.0.entry(what).or_default() += count;
    }

    /// How often that happened.
    pub(crate) fn count(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|(what, count)| self.add(what, count));
    }

    /// What of [`EXPECTED`] did not happen.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        EXPECTED.iter().filter(|what| !self.0.contains_key(**what)).copied().collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, count)| writeln!(f, "{count:>12}  {what}"))
    }
}
