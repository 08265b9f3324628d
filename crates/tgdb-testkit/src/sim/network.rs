//! The network as a test holds it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::conn::Conn;
use super::event::{CloseKind, ConnId, Execution, Heard, NetEvent};
use super::plan::NetworkPlan;
use super::queue::{Action, Queue, Step};
use super::rng::Rng;
use super::world::World;
use crate::ServerConfig;

/// What random numbers are for, so that those of one thing do not depend on another.
const CONNECTIONS: u64 = 2;
const SERVERS: u64 = 3;
/// A server is up, and down, for at least that time.
const SHORTEST: Duration = Duration::from_micros(1);

/// Servers, connections and a clock; see the [module](super).
pub struct Network {
    seed: u64,
    conns: Vec<Conn>,
    /// Draw the restarts of each server.
    servers: Vec<Rng>,
    world: World,
}

impl Network {
    /// A network at time 0, with servers of the default configuration.
    pub fn new(seed: u64, plan: NetworkPlan) -> Self {
        Self::with_config(seed, plan, ServerConfig::default())
    }

    /// The same with a configuration of the servers: users, versions, and the script that
    /// answers. Its address and TLS are not used, and of its faults only those about
    /// messages (see [`ServerSession`](crate::ServerSession)).
    pub fn with_config(seed: u64, plan: NetworkPlan, config: ServerConfig) -> Self {
        // Clients of a simulation speak clear text.
        let config = Arc::new(ServerConfig { tls: None, ..config });
        let mut network = Self {
            seed,
            conns: Vec::new(),
            servers: (0..plan.servers).map(|number| Rng::of(seed, SERVERS, number)).collect(),
            world: World {
                now: Duration::ZERO,
                calm: false,
                config,
                up: vec![true; plan.servers],
                queue: Queue::default(),
                events: Vec::new(),
                executed: Vec::new(),
                heard: Vec::new(),
                plan,
            },
        };
        if let Some(at) = network.world.plan.calm_after {
            network.world.queue.push(at, Action::CalmDown);
        }
        for server in 0..network.servers.len() {
            network.schedule_restart(server);
        }
        network
    }

    /// The virtual time since the start. It never goes back.
    pub fn now(&self) -> Duration {
        self.world.now
    }

    /// When the network next has something to do, which may or may not concern the
    /// client; `None` if it waits for the client.
    pub fn next_event_at(&self) -> Option<Duration> {
        self.world.queue.next_at()
    }

    /// Moves the clock on to `until`, or to the first instant at which something comes for
    /// the client: then those events are returned, in their order. An empty answer means
    /// that it is now `until`. A time in the past counts as now.
    pub fn advance_to(&mut self, until: Duration) -> Vec<NetEvent> {
        let until = until.max(self.world.now);
        loop {
            // Once there are events, only what is due at the same instant joins them.
            let limit = if self.world.events.is_empty() { until } else { self.world.now };
            let Some((at, action)) = self.world.queue.pop(limit) else {
                self.world.now = limit;
                break;
            };
            log::trace!("{at:?}: {action:?}");
            self.world.now = self.world.now.max(at);
            self.perform(action);
        }
        std::mem::take(&mut self.world.events)
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::CalmDown => self.calm_down(),
            Action::StopServer(server) if !self.world.calm => {
                self.stop_server(server);
                let down = self.servers[server].time(&self.world.plan.down).max(SHORTEST);
                self.world.queue.push(self.world.now + down, Action::StartServer(server));
            }
            Action::StopServer(_) => {}
            Action::StartServer(server) => {
                self.start_server(server);
                self.schedule_restart(server);
            }
            Action::Conn(conn, step) => self.conns[conn.0].perform(step, &mut self.world),
        }
    }

    fn schedule_restart(&mut self, server: usize) {
        if let Some(every) = &self.world.plan.restart_every {
            let after = self.servers[server].time(every).max(SHORTEST);
            self.world.queue.push(self.world.now + after, Action::StopServer(server));
        }
    }
}

/// The client's sockets.
impl Network {
    /// Begins a connection. [`NetEvent::Connected`] or [`NetEvent::ConnectFailed`] follows.
    ///
    /// # Panics
    /// If there is no server of that number.
    pub fn connect(&mut self, server: usize) -> ConnId {
        assert!(server < self.servers.len(), "server {server} of {}", self.servers.len());
        let id = ConnId(self.conns.len());
        let rng = Rng::of(self.seed, CONNECTIONS, id.0);
        self.conns.push(Conn::connect(id, server, rng, &mut self.world));
        id
    }

    /// Sends as many of the bytes as the window has room for, and says how many. If those
    /// are not all, [`NetEvent::Writable`] follows once there is room. 0 on a connection
    /// that does not stand, or whose sending direction has ended.
    pub fn send(&mut self, conn: ConnId, bytes: &[u8]) -> usize {
        self.conns[conn.0].send(bytes, &mut self.world)
    }

    /// Ends the sending direction. The server executes what was sent before, and closes at
    /// once; it does not wait for replies that take longer.
    pub fn finish(&mut self, conn: ConnId) {
        self.conns[conn.0].finish(false, &mut self.world);
    }

    /// Closes the connection, or gives up making it. What was sent still arrives at the
    /// server, but nothing more at the client.
    pub fn close(&mut self, conn: ConnId) {
        self.conns[conn.0].finish(true, &mut self.world);
    }
}

/// Faults on demand, beside those of the plan.
impl Network {
    /// Cuts the connection now, with all that is under way in both directions. No
    /// effect on one that does not stand.
    pub fn cut(&mut self, conn: ConnId, kind: CloseKind) {
        self.conns[conn.0].cut(Some(kind), &mut self.world);
    }

    /// The server ends the session of that connection, with a message that says why.
    pub fn terminate(&mut self, conn: ConnId) {
        self.conns[conn.0].serve(Step::Terminate, &mut self.world);
    }

    /// Takes a server down: its connections are cut, and it refuses new ones.
    pub fn stop_server(&mut self, server: usize) {
        self.world.up[server] = false;
        for conn in self.conns.iter_mut().filter(|conn| conn.server == server) {
            conn.abort(None, &mut self.world);
        }
    }

    /// Starts a server that was taken down.
    pub fn start_server(&mut self, server: usize) {
        self.world.up[server] = true;
    }

    /// Ends all faults, as [`NetworkPlan::calm_after`] does.
    pub fn calm_down(&mut self) {
        self.world.calm = true;
        self.world.plan = self.world.plan.calmed();
        self.world.up.fill(true);
        for conn in &mut self.conns {
            conn.calm(&mut self.world);
        }
    }
}

/// What the servers saw.
impl Network {
    /// The requests executed, in order of time over all servers.
    pub fn executed(&self) -> &[Execution] {
        &self.world.executed
    }

    /// The frames read, in order of time over all servers.
    pub fn heard(&self) -> &[Heard] {
        &self.world.heard
    }

    /// Whether a byte of that connection was changed, so that texts need not match.
    pub fn is_corrupted(&self, conn: ConnId) -> bool {
        self.conns[conn.0].is_corrupted()
    }

    /// Whether the server is up.
    pub fn is_up(&self, server: usize) -> bool {
        self.world.up[server]
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("seed", &self.seed)
            .field("now", &self.world.now)
            .field("connections", &self.conns.len())
            .field("plan", &self.world.plan)
            .finish_non_exhaustive()
    }
}
