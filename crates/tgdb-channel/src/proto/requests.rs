//! The table of requests: who waits for which reply, until when, and what becomes of it.

use std::time::{Duration, Instant};

use tgdb_pdu::{Frame, Verb};

use super::SessionNumber;
use super::entry::{Closed, Entry, Stage};
use super::payload::Payload;
use super::request::{Ended, Outcome, Reply, Request, Tracked};
use super::room::RoomQueue;
use super::table::Table;
use super::timers::{Deadlines, Target};
use crate::{ResendMode, WaiterStatus};

/// The requests of a session by key. The key of a request is its id; that of a message
/// without reply is negative. Both are drawn from one counter, so that the order of the
/// absolute values is the order of submission.
#[derive(Debug)]
pub(super) struct Requests<W> {
    entries: Table<Entry<W>>,
    deadlines: Deadlines,
    last: i64,
    /// How many have no outcome yet.
    open: usize,
    /// Who waits for room.
    pub(super) room: RoomQueue<W>,
}

/// A message that was just sent.
pub(super) struct Sent {
    pub(super) verb: Verb,
    /// Of the payload.
    pub(super) length: usize,
    /// How often it was sent again; 0 for the first time.
    pub(super) resends: u8,
}

/// A request whose reply came.
pub(super) struct Answered<W> {
    /// What it leaves behind.
    pub(super) closed: Closed<W>,
    /// When the program made the request.
    pub(super) made: Option<Instant>,
}

impl<W> Requests<W> {
    pub(super) fn new() -> Self {
        Self { entries: Table::new(), deadlines: Deadlines::default(), last: 0, open: 0, room: RoomQueue::new() }
    }

    /// How many requests have no outcome yet.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// How many were ever taken in.
    pub(super) fn submitted(&self) -> i64 {
        self.last
    }

    /// Whether a request with that id was ever made.
    pub(super) fn was_given_out(&self, id: i64) -> bool {
        (1..=self.last).contains(&id)
    }

    /// Takes a request in and returns its key.
    pub(super) fn insert(&mut self, request: Request<W>) -> i64 {
        self.last += 1;
        let key = if request.is_one_way { -self.last } else { self.last };
        let deadline = request.deadline;
        self.entries.insert(key.unsigned_abs(), Entry::new(request));
        self.open += 1;
        self.watch(deadline, Target::Request(key));
        key
    }

    fn watch(&mut self, deadline: Instant, target: Target) {
        self.deadlines.push(deadline, target);
        let (entries, room) = (&self.entries, &self.room);
        self.deadlines.sweep(self.open + room.len(), |due, target| is_alive(entries, room, due, target));
    }

    /// Queues for room for so many bytes until that deadline, with the ticket of an earlier
    /// turn if there was one. Returns the ticket, and the waiter that it had.
    pub(super) fn wait_for_room(
        &mut self,
        ticket: Option<u64>,
        length: usize,
        deadline: Instant,
        waiter: W,
    ) -> (u64, Option<W>) {
        let (ticket, before) = self.room.join(ticket, length, waiter);
        // After `join`: a ticket that is not in the queue would be swept out as dead.
        self.watch(deadline, Target::Room(ticket));
        (ticket, before)
    }

    pub(super) fn get(&self, key: i64) -> Option<&Entry<W>> {
        self.entries.get(key.unsigned_abs()).filter(|entry| entry.is_one_way == (key < 0))
    }

    pub(super) fn get_mut(&mut self, key: i64) -> Option<&mut Entry<W>> {
        self.entries.get_mut(key.unsigned_abs()).filter(|entry| entry.is_one_way == (key < 0))
    }

    /// Whether a message waits to be sent.
    pub(super) fn is_queued(&self, key: i64) -> bool {
        self.get(key).is_some_and(|entry| matches!(entry.stage, Stage::Queued { .. }))
    }

    /// Whether a message was ever sent, on whichever connection.
    pub(super) fn was_sent(&self, key: i64) -> bool {
        self.get(key).is_some_and(|entry| match &entry.stage {
            Stage::Queued { again, .. } => *again || entry.resends > 0,
            _ => true,
        })
    }

    /// The connection is lost: queues again what may be sent again. Returns all that is
    /// queued then, in the order of submission, with the lengths of the payloads.
    pub(super) fn requeue(&mut self) -> Vec<(i64, usize)> {
        for entry in self.entries.values_mut() {
            if let Stage::Sent { payload } = &mut entry.stage
                && let Some(payload) = payload.take()
            {
                entry.stage = Stage::Queued { payload, again: true };
            }
        }
        let queued = self.keys(|entry| matches!(entry.stage, Stage::Queued { .. }));
        let length = |key| match &self.get(key)?.stage {
            Stage::Queued { payload, .. } => Some((key, payload.len())),
            _ => None,
        };
        queued.into_iter().filter_map(length).collect()
    }

    /// Sends a queued message by way of `write`, and returns what it was.
    pub(super) fn send(&mut self, key: i64, write: impl FnOnce(Verb, &Payload)) -> Option<Sent> {
        let entry = self.get_mut(key)?;
        let Stage::Queued { payload, again } = &entry.stage else { return None };
        entry.resends += u8::from(*again);
        write(entry.verb, payload);
        let sent = Sent { verb: entry.verb, length: payload.len(), resends: if *again { entry.resends } else { 0 } };
        let (keeps, is_abandoned) = (entry.may_be_resent(), entry.is_abandoned);
        let queued = std::mem::replace(&mut entry.stage, Stage::Sent { payload: None });
        if let (true, Stage::Queued { payload, .. }) = (keeps, queued) {
            entry.stage = Stage::Sent { payload: Some(payload) };
        }
        if is_abandoned {
            self.remove(key);
        }
        Some(sent)
    }

    fn remove(&mut self, key: i64) {
        if let Some(entry) = self.entries.remove(key.unsigned_abs()) {
            self.open -= usize::from(entry.is_open());
        }
    }

    /// Gives back memory that is not in use.
    pub(super) fn shrink(&mut self) {
        self.entries.shrink();
        if self.open == 0 && self.room.is_empty() {
            // All that is in it was met.
            self.deadlines = Deadlines::default();
        }
    }

    /// Gives an open request its outcome. Does nothing if it has one, or is unknown.
    pub(super) fn close(&mut self, key: i64, outcome: Outcome) -> Option<Closed<W>> {
        let entry = self.get_mut(key).filter(|entry| entry.is_open())?;
        let closed = entry.close(outcome);
        let is_abandoned = entry.is_abandoned;
        self.open -= 1;
        if is_abandoned {
            self.remove(key);
        }
        Some(closed)
    }

    /// Gives a frame to the request that waits for it, and returns what that leaves behind; the
    /// frame if there is none.
    pub(super) fn reply(&mut self, session: SessionNumber, frame: Frame) -> Result<Answered<W>, Frame> {
        let id = frame.header.request_id;
        match self.get_mut(id) {
            Some(entry) if !entry.is_one_way && entry.is_sent() => {
                let closed = entry.close(Outcome::Reply(Reply::new(frame, session)));
                let made = entry.deadline.checked_sub(entry.timeout);
                self.open -= 1;
                Ok(Answered { closed, made })
            }
            _ => Err(frame),
        }
    }

    /// Takes a request with an outcome out.
    pub(super) fn take(&mut self, key: i64) -> Option<Ended> {
        self.get(key).filter(|entry| !entry.is_open())?;
        let Entry { verb, timeout, stage, .. } = self.entries.remove(key.unsigned_abs())?;
        match stage {
            Stage::Done(outcome) => Some(Ended { verb, timeout, outcome }),
            Stage::Queued { .. } | Stage::Sent { .. } => None,
        }
    }

    /// The waiter is gone. A message that was not sent yet still is; nobody gets the reply.
    pub(super) fn abandon(&mut self, key: i64) -> Option<Closed<W>> {
        let entry = self.get_mut(key)?;
        let tracked = entry.tracker.take().map(|tracker| Tracked::given_up(*tracker));
        let closed = Closed { waiter: entry.waiter.take(), unsent: None, tracked };
        if matches!(entry.stage, Stage::Queued { .. }) {
            entry.is_abandoned = true;
        } else {
            self.remove(key);
        }
        Some(closed)
    }

    pub(super) fn status(&self, key: i64) -> Option<WaiterStatus> {
        self.get(key).map(Entry::status)
    }

    /// The open requests with a reply: id, verb, mode and status, by id.
    pub(super) fn list(&self) -> Vec<(i64, Verb, ResendMode, WaiterStatus)> {
        let is_listed = |entry: &Entry<W>| !entry.is_one_way && entry.is_open() && !entry.is_abandoned;
        let open = self.entries.iter().filter(|(_, entry)| is_listed(entry));
        open.map(|(key, entry)| (entry.key(key), entry.verb, entry.mode, entry.status())).collect()
    }

    /// The keys of open requests of that kind, in the order of submission.
    pub(super) fn keys(&self, which: impl Fn(&Entry<W>) -> bool) -> Vec<i64> {
        let wanted = self.entries.iter().filter(|(_, entry)| entry.is_open() && which(entry));
        wanted.map(|(key, entry)| entry.key(key)).collect()
    }

    /// The longest timeout of those that wait for a reply.
    pub(super) fn longest_timeout(&self) -> Duration {
        let waiting = self.entries.iter().filter(|(_, entry)| entry.is_sent() && !entry.is_one_way);
        waiting.map(|(_, entry)| entry.timeout).max().unwrap_or_default()
    }

    /// When the next deadline is.
    pub(super) fn next_deadline(&mut self) -> Option<Instant> {
        let (entries, room) = (&self.entries, &self.room);
        self.deadlines.next(|due, target| is_alive(entries, room, due, target))
    }

    /// The next whose deadline is there.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Target> {
        loop {
            let (due, target) = self.deadlines.pop_due(now)?;
            if is_alive(&self.entries, &self.room, due, target) {
                return Some(target);
            }
        }
    }
}

/// Whether something still waits for that deadline.
fn is_alive<W>(entries: &Table<Entry<W>>, room: &RoomQueue<W>, due: Instant, target: Target) -> bool {
    match target {
        Target::Request(key) => {
            entries.get(key.unsigned_abs()).is_some_and(|entry| entry.is_open() && entry.deadline == due)
        }
        Target::Room(ticket) => room.contains(ticket),
    }
}
