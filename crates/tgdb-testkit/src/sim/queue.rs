//! What is going to happen, in the order of time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

use bytes::Bytes;
use tgdb_pdu::Message;

use super::event::{CloseKind, ConnId, ConnectFailure};

#[derive(Debug)]
pub(crate) enum Action {
    /// Faults end.
    CalmDown,
    StopServer(usize),
    StartServer(usize),
    Conn(ConnId, Step),
}

/// The next step of a connection.
#[derive(Debug)]
pub(crate) enum Step {
    Establish,
    FailConnect(ConnectFailure),
    /// Bytes arrive at the server.
    ToServer(Bytes),
    /// The path to the server is cut, and all bytes before the cut have arrived.
    CutToServer,
    /// The client sends no more.
    FinToServer,
    /// The server has read so many bytes, and the client knows.
    Acknowledge(usize),
    /// Bytes arrive at the client.
    ToClient(Bytes),
    EndToClient(CloseKind),
    /// The connection is cut, with all that is under way.
    Cut,
    Terminate,
    Stall(Activity),
    Resume(Activity),
    /// The server has done a request.
    Work(Box<Message>),
    Ping,
    Unasked,
}

/// What a server can stop doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    Reading,
    Answering,
}

/// What is due at the same time happens in the order in which it was put in.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    pushed: u64,
}

#[derive(Debug)]
struct Entry {
    key: (Duration, u64),
    action: Action,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Duration, action: Action) {
        self.pushed += 1;
        self.heap.push(Reverse(Entry { key: (at, self.pushed), action }));
    }

    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse(entry)| entry.key.0)
    }

    /// The first of what is due by that time, and when it is due.
    pub(crate) fn pop(&mut self, until: Duration) -> Option<(Duration, Action)> {
        self.next_at().filter(|at| *at <= until)?;
        self.heap.pop().map(|Reverse(entry)| (entry.key.0, entry.action))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Entry {}
