//! A connection: the client's end, and the way to the server's.

use std::time::Duration;

use super::event::{CloseKind, ConnId, ConnectFailure, NetEvent};
use super::path::{Arrival, Path};
use super::plan::NetworkPlan;
use super::queue::{Activity, Step};
use super::rng::Rng;
use super::server_end::ServerEnd;
use super::world::World;
use crate::{Faults, LoginFault};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClientEnd {
    Connecting,
    Open,
    /// Sends no more, but receives.
    Finished,
    Gone,
}

pub(crate) struct Conn {
    pub(super) id: ConnId,
    pub(super) server: usize,
    pub(super) rng: Rng,
    client: ClientEnd,
    /// From the connection until the server closes it or it is cut.
    pub(super) server_end: Option<ServerEnd>,
    /// Of messages, for the session to commit.
    pub(super) faults: Faults,
    /// What happens so long after the connection is made.
    timed: Vec<(Duration, Step)>,
    to_server: Path,
    to_client: Path,
    /// Nothing under way to the client arrives any more.
    severed: bool,
    /// The end of the stream is under way to the client.
    ending: bool,
    /// Bytes of the client that the server has not read, as far as the client knows.
    under_way: usize,
    /// The client waits for room.
    blocked: bool,
}

impl Conn {
    pub(crate) fn connect(id: ConnId, server: usize, mut rng: Rng, world: &mut World) -> Self {
        let plan = &world.plan;
        let to_client = Path::drawn(&plan.cut_to_client, &plan.corrupt_to_client, &mut rng);
        let to_server = Path::drawn(&plan.cut_to_server, &plan.corrupt_to_server, &mut rng);
        let timed = [
            (plan.cut_after.draw(&mut rng), Step::Cut),
            (plan.terminate.draw(&mut rng), Step::Terminate),
            (plan.stop_reading.draw(&mut rng), Step::Stall(Activity::Reading)),
            (plan.stop_answering.draw(&mut rng), Step::Stall(Activity::Answering)),
        ];
        let faults = session_faults(world.config.faults.clone(), plan, &mut rng);
        let round_trip = rng.time(&plan.latency) + rng.time(&plan.latency);
        let (after, outcome) = if rng.chance(plan.dns_failure) {
            (round_trip, Step::FailConnect(ConnectFailure::NameNotFound))
        } else if rng.chance(plan.unanswered) {
            (plan.connect_timeout, Step::FailConnect(ConnectFailure::TimedOut))
        } else if rng.chance(plan.refused) {
            (round_trip, Step::FailConnect(ConnectFailure::Refused))
        } else {
            (round_trip, Step::Establish)
        };
        world.push(world.now + after, id, outcome);
        Self {
            id,
            server,
            rng,
            client: ClientEnd::Connecting,
            server_end: None,
            faults,
            timed: timed.into_iter().filter_map(|(after, step)| Some((after?, step))).collect(),
            to_server,
            to_client,
            severed: false,
            ending: false,
            under_way: 0,
            blocked: false,
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8], world: &mut World) -> usize {
        if self.client != ClientEnd::Open {
            return 0;
        }
        let count = bytes.len().min(world.plan.window.max(1).saturating_sub(self.under_way));
        self.blocked = count < bytes.len();
        self.under_way += count;
        for (at, arrival) in self.to_server.carry(&bytes[..count], world.now, &world.plan, &mut self.rng) {
            let step = match arrival {
                Arrival::Piece(piece) => Step::ToServer(piece),
                Arrival::Cut => Step::CutToServer,
            };
            world.push(at, self.id, step);
        }
        count
    }

    /// Ends the client's direction, or both.
    pub(crate) fn finish(&mut self, both: bool, world: &mut World) {
        let was = self.client;
        if both {
            self.client = ClientEnd::Gone;
        } else if was == ClientEnd::Open {
            self.client = ClientEnd::Finished;
        }
        if was == ClientEnd::Open {
            let at = self.to_server.arrival(world.now, &world.plan, &mut self.rng);
            world.push(at, self.id, Step::FinToServer);
        }
    }

    pub(crate) fn perform(&mut self, step: Step, world: &mut World) {
        match step {
            Step::Establish if self.client == ClientEnd::Connecting => self.establish(world),
            Step::FailConnect(failure) if self.client == ClientEnd::Connecting => {
                self.client = ClientEnd::Gone;
                world.events.push(NetEvent::ConnectFailed(self.id, failure));
            }
            Step::Establish | Step::FailConnect(_) => {}
            Step::ToClient(bytes) => {
                if !self.severed && self.is_receiving() {
                    world.events.push(NetEvent::Received(self.id, bytes));
                }
            }
            Step::EndToClient(kind) => {
                self.server_end = None;
                if self.is_receiving() {
                    self.client = ClientEnd::Gone;
                    world.events.push(NetEvent::Closed(self.id, kind));
                }
            }
            Step::Acknowledge(count) => {
                self.under_way -= count;
                if self.client == ClientEnd::Open && std::mem::take(&mut self.blocked) {
                    world.events.push(NetEvent::Writable(self.id));
                }
            }
            Step::CutToServer => self.abort(None, world),
            // A fault that was to come after the network calmed down.
            Step::Cut | Step::Terminate | Step::Stall(_) if world.calm => {}
            Step::Cut => self.cut(None, world),
            step => self.serve(step, world),
        }
    }

    fn establish(&mut self, world: &mut World) {
        if !world.up[self.server] {
            return self.perform(Step::FailConnect(ConnectFailure::Refused), world);
        }
        self.client = ClientEnd::Open;
        world.events.push(NetEvent::Connected(self.id));
        for (after, step) in std::mem::take(&mut self.timed) {
            world.push(world.now + after, self.id, step);
        }
        self.server_end = Some(ServerEnd::new(self.id, self.faults.clone(), world));
        self.transmit(world);
    }

    /// Sends what the session has to say, and its end.
    pub(super) fn transmit(&mut self, world: &mut World) {
        let Some((out, over)) = self.server_end.as_mut().and_then(ServerEnd::poll_transmit) else { return };
        if !out.is_empty() {
            for (at, arrival) in self.to_client.carry(&out, world.now, &world.plan, &mut self.rng) {
                match arrival {
                    Arrival::Piece(piece) => world.push(at, self.id, Step::ToClient(piece)),
                    // The server does not know, and works on until the client does.
                    Arrival::Cut => self.end_to_client(None, world),
                }
            }
        }
        if over {
            self.abort(Some(CloseKind::End), world);
        }
    }

    /// The server's end is gone. The client hears of it after all that is under way.
    pub(crate) fn abort(&mut self, kind: Option<CloseKind>, world: &mut World) {
        if self.server_end.take().is_some() {
            self.end_to_client(kind, world);
        }
    }

    /// The connection is gone, with all that is under way.
    pub(crate) fn cut(&mut self, kind: Option<CloseKind>, world: &mut World) {
        self.severed |= self.server_end.is_some();
        self.abort(kind, world);
    }

    fn end_to_client(&mut self, kind: Option<CloseKind>, world: &mut World) {
        if std::mem::replace(&mut self.ending, true) {
            return;
        }
        let reset = self.rng.chance(world.plan.reset);
        let kind = kind.unwrap_or(if reset { CloseKind::Reset } else { CloseKind::End });
        let at = self.to_client.arrival(world.now, &world.plan, &mut self.rng);
        world.push(at, self.id, Step::EndToClient(kind));
    }

    /// The client's next knowledge of bytes that the server has read.
    pub(super) fn acknowledge(&mut self, count: usize, world: &mut World) {
        let at = world.now + self.rng.time(&world.plan.latency);
        world.push(at, self.id, Step::Acknowledge(count));
    }

    fn is_receiving(&self) -> bool {
        matches!(self.client, ClientEnd::Open | ClientEnd::Finished)
    }

    pub(crate) fn is_corrupted(&self) -> bool {
        self.to_client.is_corrupted() || self.to_server.is_corrupted()
    }

    /// Takes back what has not happened yet.
    pub(crate) fn calm(&mut self, world: &mut World) {
        self.to_client.calm();
        self.to_server.calm();
        for activity in [Activity::Reading, Activity::Answering] {
            self.perform(Step::Resume(activity), world);
        }
    }
}

fn session_faults(mut faults: Faults, plan: &NetworkPlan, rng: &mut Rng) -> Faults {
    if rng.chance(plan.server_full) {
        faults.terminate = Some("the server is full".into());
    }
    if rng.chance(plan.wrong_protocol) {
        faults.protocol_version = Some(0x0200);
    }
    for (probability, fault) in [
        (plan.wrong_version, LoginFault::Version),
        (plan.rejected, LoginFault::Rejected),
        (plan.login_exception, LoginFault::Exception),
    ] {
        if rng.chance(probability) {
            faults.login = Some(fault);
        }
    }
    faults
}
