//! The TGDB connections of a capture.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::SystemTime;

use super::packets::{self, Ignored, Packet};
use super::reassembly::{Direction, Part};
use super::{Input, Sink};
use crate::exit::Failure;
use crate::record::{Event, Record, Settings, Side, Talk};

/// How many connections are followed at once. When there are more, all are given up.
const MAX_FLOWS: usize = 65_536;

/// The port of TGDB servers. It decides which end is the server where the capture lacks the start.
const PORT: u16 = 8222;

/// Content types of the TLS records that a connection begins with, and the major version.
const TLS_START: [u8; 2] = [0x16, 3];

/// A TCP connection.
struct Flow {
    /// Client and server.
    ends: [SocketAddr; 2],
    directions: [Direction; 2],
    talk: Talk,
    /// Nothing was shown of it, for no message has been found.
    silent: bool,
    is_tls: bool,
    ended: usize,
}

/// All connections of a capture.
struct Flows<'a, 'b> {
    open: HashMap<(SocketAddr, SocketAddr), Flow>,
    settings: Settings,
    sink: &'a mut Sink<'b>,
    /// How many had a message, or had none, and how many of these were TLS.
    found: u64,
    others: u64,
    tls: u64,
}

/// Decodes a capture.
pub(super) fn decode(input: Input, settings: Settings, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let path = input.path.clone();
    let mut ignored = Ignored::default();
    let mut flows = Flows { open: HashMap::new(), settings, sink, found: 0, others: 0, tls: 0 };
    let result = packets::read(input, &mut ignored, |packet| flows.push(packet));
    // A damaged end does not hide what came before.
    flows.finish()?;
    result?;
    let Flows { sink, found, others, tls, .. } = flows;
    if ignored.fragments > 0 {
        sink.note(format!("{} fragments of IP packets were not looked at", ignored.fragments))?;
    }
    if ignored.unknown_links > 0 {
        sink.note(format!("{} packets of unknown networks were not looked at", ignored.unknown_links))?;
    }
    if found == 0 {
        let reason = format!("no TGDB message in {others} TCP connections, of which {tls} are TLS");
        return Err(Failure::Data { path, reason });
    }
    if others > 0 {
        sink.note(format!("{others} other TCP connections, of which {tls} are TLS, have no TGDB message"))?;
    }
    Ok(())
}

/// The same for both directions.
fn key(packet: &Packet) -> (SocketAddr, SocketAddr) {
    (packet.from.min(packet.to), packet.from.max(packet.to))
}

/// Client and server of the connection of a packet.
fn ends(packet: &Packet) -> [SocketAddr; 2] {
    let (from, to) = (packet.from, packet.to);
    let from_client = match (packet.segment.syn, packet.acknowledgment) {
        (true, None) => true,
        (true, Some(_)) => false,
        // Clients have high ports.
        _ => to.port() == PORT || (from.port() != PORT && from.port() >= to.port()),
    };
    if from_client { [from, to] } else { [to, from] }
}

impl Flows<'_, '_> {
    fn push(&mut self, packet: Packet) -> Result<(), Failure> {
        let key = key(&packet);
        if packet.segment.syn && packet.acknowledgment.is_none() {
            let restarted =
                |flow: &Flow| flow.ends[0] != packet.from || flow.directions[0].is_restarted_by(packet.segment.number);
            if self.open.get(&key).is_some_and(restarted)
                && let Some(flow) = self.open.remove(&key)
            {
                self.close(flow, packet.time)?;
            }
        }
        if self.open.len() >= MAX_FLOWS && !self.open.contains_key(&key) {
            self.finish()?;
        }
        let mut flow = match self.open.remove(&key) {
            Some(flow) => flow,
            // The last acknowledgement of a connection that has ended, for instance.
            None if packet.segment.payload.is_empty() && !packet.segment.syn => return Ok(()),
            None => Flow::new(ends(&packet), self.settings),
        };
        let from = if packet.from == flow.ends[0] { Side::Client } else { Side::Server };
        let mut records = Vec::new();
        flow.push(from, packet, &mut records);
        self.show(&mut flow, records)?;
        if flow.ended < 2 {
            self.open.insert(key, flow);
            return Ok(());
        }
        self.close(flow, None)
    }

    /// Shows records of a connection in which a message has been found.
    fn show(&mut self, flow: &mut Flow, mut records: Vec<Record>) -> Result<(), Failure> {
        if flow.silent {
            let Some(first) = records.iter().find(|record| matches!(record.event, Event::Message(_))) else {
                return Ok(());
            };
            self.found += 1;
            flow.silent = false;
            flow.talk.number(self.found);
            let [client, server] = flow.ends;
            let opened = flow.talk.record(first.time, None, Event::Opened { client, server });
            records.iter_mut().for_each(|record| record.connection = Some(self.found));
            records.insert(0, opened);
        }
        self.sink.write(&mut records)
    }

    fn close(&mut self, mut flow: Flow, time: Option<SystemTime>) -> Result<(), Failure> {
        let mut records = Vec::new();
        flow.finish(time, &mut records);
        self.show(&mut flow, records)?;
        if flow.silent {
            self.others += 1;
            self.tls += u64::from(flow.is_tls);
            return Ok(());
        }
        let closed = flow.talk.record(time, None, Event::Closed);
        self.sink.write(&mut vec![closed])
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let mut flows: Vec<_> = std::mem::take(&mut self.open).into_values().collect();
        flows.sort_by_key(|flow| (flow.talk.connection(), flow.ends));
        flows.into_iter().try_for_each(|flow| self.close(flow, None))
    }
}

impl Flow {
    fn new(ends: [SocketAddr; 2], settings: Settings) -> Self {
        let talk = Talk::new(None, settings);
        Self { ends, directions: Default::default(), talk, silent: true, is_tls: false, ended: 0 }
    }

    fn push(&mut self, from: Side, packet: Packet, records: &mut Vec<Record>) {
        let time = packet.time;
        let (us, them) = (from as usize, 1 - from as usize);
        let mut parts = Vec::new();
        if let Some(acknowledgment) = packet.acknowledgment {
            self.directions[them].acknowledge(acknowledgment, &mut parts);
            let peer = Side::BOTH[them];
            parts.drain(..).for_each(|part| self.on_part(peer, part, time, records));
        }
        if packet.segment.reset {
            // It ends both.
            for side in Side::BOTH {
                self.directions[side as usize].finish(&mut parts);
                parts.drain(..).for_each(|part| self.on_part(side, part, time, records));
            }
            return;
        }
        self.directions[us].push(packet.segment, &mut parts);
        parts.drain(..).for_each(|part| self.on_part(from, part, time, records));
    }

    fn on_part(&mut self, from: Side, part: Part, time: Option<SystemTime>, records: &mut Vec<Record>) {
        match part {
            Part::Data(bytes) => {
                if self.silent {
                    self.is_tls |= bytes.starts_with(&TLS_START);
                    // Once; the search goes on until a message is found.
                    if !std::mem::replace(&mut self.directions[from as usize].has_start, true) {
                        self.talk.join(from);
                    }
                }
                self.talk.push(from, time, bytes, records);
            }
            Part::Missing(bytes) => self.talk.miss(from, time, bytes, records),
            Part::End => {
                self.ended += 1;
                self.talk.finish(from, time, records);
            }
        }
    }

    fn finish(&mut self, time: Option<SystemTime>, records: &mut Vec<Record>) {
        let mut parts = Vec::new();
        for side in Side::BOTH {
            self.directions[side as usize].finish(&mut parts);
            parts.drain(..).for_each(|part| self.on_part(side, part, time, records));
        }
    }
}
