//! What all connections of a network share.

use std::sync::Arc;
use std::time::Duration;

use super::event::{ConnId, Execution, Heard, NetEvent};
use super::plan::NetworkPlan;
use super::queue::{Action, Queue, Step};
use crate::ServerConfig;

pub(crate) struct World {
    pub(crate) now: Duration,
    /// The faults of now: none once the network is calm.
    pub(crate) plan: NetworkPlan,
    pub(crate) calm: bool,
    pub(crate) config: Arc<ServerConfig>,
    /// Which servers are up.
    pub(crate) up: Vec<bool>,
    pub(crate) queue: Queue,
    /// For the client, at this instant.
    pub(crate) events: Vec<NetEvent>,
    pub(crate) executed: Vec<Execution>,
    pub(crate) heard: Vec<Heard>,
}

impl World {
    /// A step that is to come at that time.
    pub(crate) fn push(&mut self, at: Duration, conn: ConnId, step: Step) {
        self.queue.push(at, Action::Conn(conn, step));
    }
}
