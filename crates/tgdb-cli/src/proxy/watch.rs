//! From the relay to the output: a bounded queue, and the thread at its end.
//!
//! The relay never waits for the queue. When it is full the bytes are relayed all the same, but
//! neither decoded nor saved, and the next bytes that find room say how many were missed.
//! The queue holds at most [`QUEUE`] pieces, each of at most [`super::relay::PIECE`] bytes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::exit::Failure;
use crate::output::Output;
use crate::pcap::{Capture, Conversation};
use crate::record::{Event, Record, Settings, Side, Talk};

/// How many pieces can wait.
const QUEUE: usize = 256;

/// After so many sightings the connections that have ended unseen are forgotten.
const SWEEP: u64 = 1024;

/// A connection of the proxy.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) number: u64,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
    /// Bytes from each side that found no room since the last that did.
    missed: [AtomicU64; 2],
}

impl Peers {
    pub(super) fn new(number: u64, client: SocketAddr, server: SocketAddr) -> Self {
        Self { number, client, server, missed: Default::default() }
    }
}

/// What the relay saw.
#[derive(Debug)]
struct Sighting {
    peers: Arc<Peers>,
    time: SystemTime,
    what: What,
}

#[derive(Debug)]
enum What {
    Opened,
    Data { from: Side, missed: u64, bytes: Bytes },
    Finished { from: Side },
    Event { from: Option<Side>, event: Event },
    Closed,
}

/// The relay's end of the queue.
#[derive(Debug, Clone)]
pub(super) struct Watcher(Sender<Sighting>);

impl Watcher {
    pub(super) fn opened(&self, peers: &Arc<Peers>) {
        self.send(peers, What::Opened);
    }

    /// Bytes from a side are about to be passed on.
    pub(super) fn data(&self, peers: &Arc<Peers>, from: Side, bytes: Bytes) {
        let missed = &peers.missed[from as usize];
        let before = missed.swap(0, Ordering::Relaxed);
        let length = bytes.len() as u64;
        if !self.send(peers, What::Data { from, missed: before, bytes }) {
            missed.fetch_add(before + length, Ordering::Relaxed);
        }
    }

    /// A side has sent all it will.
    pub(super) fn finished(&self, peers: &Arc<Peers>, from: Side) {
        self.send(peers, What::Finished { from });
    }

    pub(super) fn event(&self, peers: &Arc<Peers>, from: Option<Side>, event: Event) {
        self.send(peers, What::Event { from, event });
    }

    pub(super) fn closed(&self, peers: &Arc<Peers>) {
        self.send(peers, What::Closed);
    }

    /// Whether there was room; also if nobody watches any more.
    fn send(&self, peers: &Arc<Peers>, what: What) -> bool {
        let sighting = Sighting { peers: peers.clone(), time: SystemTime::now(), what };
        !matches!(self.0.try_send(sighting), Err(TrySendError::Full(_)))
    }
}

/// The queue.
pub(super) fn queue() -> (Watcher, Watched) {
    let (sender, receiver) = crossbeam_channel::bounded(QUEUE);
    (Watcher(sender), Watched(receiver))
}

/// The other end of the queue.
pub(super) struct Watched(Receiver<Sighting>);

/// What is known of a connection.
struct Seen {
    peers: Arc<Peers>,
    talk: Talk,
    saved: Option<Conversation>,
}

/// Shows and saves what the relay sees.
pub(super) struct Watch {
    pub(super) output: Output,
    pub(super) settings: Settings,
    /// The file and its name, if there is one.
    pub(super) capture: Option<(Capture, String)>,
}

impl Watch {
    /// Until there are no senders any more, or the output is closed.
    pub(super) fn run(mut self, queue: &Watched) -> Result<(), Failure> {
        let mut open: HashMap<u64, Seen> = HashMap::new();
        let mut count = 0_u64;
        loop {
            let sighting = match queue.0.try_recv() {
                Ok(sighting) => sighting,
                Err(_) => {
                    self.flush()?;
                    match queue.0.recv() {
                        Ok(sighting) => sighting,
                        Err(_) => break,
                    }
                }
            };
            self.on_sighting(sighting, &mut open)?;
            count += 1;
            if count.is_multiple_of(SWEEP) {
                // Only this thread still knows of them: their end found no room in the queue.
                let gone: Vec<_> =
                    open.iter().filter(|(_, seen)| Arc::strong_count(&seen.peers) == 1).map(|(id, _)| *id).collect();
                gone.into_iter().filter_map(|id| open.remove(&id)).try_for_each(|seen| self.close(seen))?;
            }
        }
        open.into_values().try_for_each(|seen| self.close(seen))?;
        self.flush()
    }

    fn on_sighting(&mut self, sighting: Sighting, open: &mut HashMap<u64, Seen>) -> Result<(), Failure> {
        let Sighting { peers, time, what } = sighting;
        let number = peers.number;
        let seen = match open.entry(number) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let saved = match &mut self.capture {
                    None => None,
                    Some((capture, path)) => {
                        let saved = capture.open(peers.client, peers.server, time);
                        Some(saved.map_err(|source| Failure::Write { path: path.clone(), source })?)
                    }
                };
                entry.insert(Seen { peers, talk: Talk::new(Some(number), self.settings), saved })
            }
        };
        let mut records: Vec<Record> = Vec::new();
        let moment = Some(time);
        match what {
            What::Opened => {
                let event = Event::Opened { client: seen.peers.client, server: seen.peers.server };
                records.push(seen.talk.record(moment, None, event));
            }
            What::Data { from, missed, bytes } => {
                if missed > 0 {
                    seen.talk.miss(from, moment, missed, &mut records);
                }
                if let (Some((capture, path)), Some(saved)) = (&mut self.capture, &mut seen.saved) {
                    saved.skip(from, missed);
                    let saved = capture.data(saved, from, time, &bytes);
                    saved.map_err(|source| Failure::Write { path: path.clone(), source })?;
                }
                seen.talk.push(from, moment, bytes, &mut records);
            }
            What::Finished { from } => {
                let missed = seen.peers.missed[from as usize].swap(0, Ordering::Relaxed);
                if missed > 0 {
                    seen.talk.miss(from, moment, missed, &mut records);
                }
                seen.talk.finish(from, moment, &mut records);
                if let (Some((capture, path)), Some(saved)) = (&mut self.capture, &mut seen.saved) {
                    saved.skip(from, missed);
                    let saved = capture.finish(saved, from, time);
                    saved.map_err(|source| Failure::Write { path: path.clone(), source })?;
                }
            }
            What::Event { from, event } => records.push(seen.talk.record(moment, from, event)),
            What::Closed => {
                if let Some(seen) = open.remove(&number) {
                    self.close(seen)?;
                }
            }
        }
        records.iter().try_for_each(|record| self.output.write(record))
    }

    fn close(&mut self, mut seen: Seen) -> Result<(), Failure> {
        let time = Some(SystemTime::now());
        let mut records = Vec::new();
        for side in Side::BOTH {
            let missed = seen.peers.missed[side as usize].load(Ordering::Relaxed);
            if missed > 0 {
                seen.talk.miss(side, time, missed, &mut records);
            }
            seen.talk.finish(side, time, &mut records);
        }
        records.push(seen.talk.record(time, None, Event::Closed));
        records.iter().try_for_each(|record| self.output.write(record))
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.output.flush()?;
        match &mut self.capture {
            None => Ok(()),
            Some((capture, path)) => capture.flush().map_err(|source| Failure::Write { path: path.clone(), source }),
        }
    }
}
