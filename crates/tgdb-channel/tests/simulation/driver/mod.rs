//! The driver of the session: sockets of the simulated network, and the clock.

mod read;
mod write;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use tgdb_channel::pdu::FrameDecoder;
use tgdb_channel::proto::{Event, LinkId, Session, Transmit};
use tgdb_channel::transport::TransportError;
use tgdb_channel::{ChannelError, ChannelStats};
use tgdb_testkit::sim::{CloseKind, ConnId, ConnectFailure, NetEvent, Network, Rng};

use crate::coverage::Coverage;
use crate::scenario::{DRIVER, DriverHabits, Scenario, ms};
use crate::silence::Silence;
use crate::wire::{GivenOut, Tap, Wire};
use crate::{Check, EPSILON, Token, check};

/// How long work is put off at most, and for how long at once.
const LAZY_FOR: Duration = ms(2);
const LAZY_STEP: Duration = Duration::from_micros(700);
/// How long what arrived before a failed write may take to be read.
const GRACE: Duration = ms(100);
/// The time of headers at the start.
const EPOCH: i64 = 1_700_000_000_000;

/// Work that can be put off.
#[derive(Debug, Clone, Copy)]
enum Work {
    Read,
    Time,
    Write,
}

struct Attempt {
    link: LinkId,
    conn: ConnId,
    gives_up_at: Option<Duration>,
    is_cancelled: bool,
}

struct Open {
    link: LinkId,
    conn: ConnId,
    decoder: FrameDecoder,
    tap: Tap,
}

pub(crate) struct Driver {
    pub(crate) network: Network,
    pub(crate) session: Session<Token>,
    pub(crate) wire: Wire,
    start: Instant,
    rng: Rng,
    habits: DriverHabits,
    put_off: [Option<Duration>; 3],
    attempts: Vec<Attempt>,
    open: Option<Open>,
    /// What must be true of silent servers.
    pub(crate) silence: Silence,
    /// Each connection, and how many bytes the system took.
    sent: HashMap<LinkId, (ConnId, u64)>,
    inbox: VecDeque<NetEvent>,
    transmit: Transmit,
    is_blocked: bool,
    /// Bytes wait, and none went since then.
    stalled_since: Option<Duration>,
    /// After a failed write, reading ends then.
    read_ends: Option<(Duration, LinkId)>,
}

fn io_error(operation: &'static str, kind: io::ErrorKind) -> TransportError {
    TransportError::Io { operation, peer: "a server".into(), source: kind.into() }
}

impl Driver {
    pub(crate) fn new(seed: u64, scenario: &mut Scenario) -> Self {
        Self {
            network: Network::new(seed, scenario.plan.clone()),
            session: Session::new(scenario.config.clone()),
            wire: Wire::new(scenario.config.ping_interval),
            start: Instant::now(),
            rng: Rng::of(seed, DRIVER, 0),
            habits: scenario.driver.clone(),
            put_off: [None; 3],
            attempts: Vec::new(),
            open: None,
            silence: Silence::new(&scenario.config, *scenario.program.timeout.end()),
            sent: HashMap::new(),
            inbox: VecDeque::new(),
            transmit: Transmit::default(),
            is_blocked: false,
            stalled_since: None,
            read_ends: None,
        }
    }

    /// The virtual time, and the same as the session takes it.
    pub(crate) fn now(&self) -> Duration {
        self.network.now()
    }

    pub(crate) fn at(&self, time: Duration) -> Instant {
        self.start + time
    }

    fn instant(&self) -> Instant {
        self.at(self.now())
    }

    /// The connection that is open, if it is that of the session.
    pub(crate) fn conn(&self) -> Option<ConnId> {
        self.open.as_ref().filter(|open| self.session.link() == Some(open.link)).map(|open| open.conn)
    }

    /// How many bytes the system took of a connection, and whether it is corrupted.
    pub(crate) fn connection(&self, link: LinkId) -> (u64, bool) {
        self.sent.get(&link).map_or((0, false), |(conn, taken)| (*taken, self.network.is_corrupted(*conn)))
    }

    /// What the session counted, and how many bytes the system took of all connections.
    pub(crate) fn stats(&self) -> (ChannelStats, u64) {
        (self.session.stats(self.instant()), self.sent.values().map(|(_, taken)| taken).sum())
    }

    /// Whether to put work off, that is there to be done.
    fn puts_off(&mut self, work: Work) -> bool {
        let now = self.now();
        let since = *self.put_off[work as usize].get_or_insert(now);
        if now < since + LAZY_FOR && self.rng.chance(self.habits.laziness) {
            return true;
        }
        self.put_off[work as usize] = None;
        false
    }

    /// Something was done to the session: there can be events, and messages to be sent.
    pub(crate) fn wake(&mut self) {
        let now = self.now();
        self.put_off[Work::Write as usize].get_or_insert(now);
    }

    pub(crate) fn wakes_at(&mut self) -> Option<Duration> {
        let timeout = self.session.poll_timeout().filter(|_| self.put_off[Work::Time as usize].is_none());
        let timeout = timeout.map(|due| due.saturating_duration_since(self.start));
        let is_lazy = self.put_off.iter().any(Option::is_some);
        let lazy = is_lazy.then(|| self.now() + LAZY_STEP);
        let attempts = self.attempts.iter().filter_map(|attempt| attempt.gives_up_at);
        let read_ends = self.read_ends.as_ref().map(|(time, _)| *time);
        attempts.chain(timeout).chain(lazy).chain(read_ends).min()
    }

    /// Moves on to that time, or to what comes first.
    pub(crate) fn advance_to(&mut self, until: Duration) {
        self.inbox.extend(self.network.advance_to(until));
    }

    /// Calls `handle_timeout` if the session asked for it.
    pub(crate) fn handle_time(&mut self) {
        let now = self.instant();
        if self.session.poll_timeout().is_some_and(|due| due <= now) && !self.puts_off(Work::Time) {
            self.session.handle_timeout(now);
        }
    }

    /// Does what an event of the session asks for.
    pub(crate) fn on_event(&mut self, event: &Event<Token>, coverage: &mut Coverage) {
        match event {
            Event::Connect { link, server } => {
                let gives_up = self.habits.gives_up.then(|| self.now() + self.session.config().connect_timeout);
                let conn = self.network.connect(*server);
                self.attempts.push(Attempt { link: *link, conn, gives_up_at: gives_up, is_cancelled: false });
            }
            Event::CancelConnect { link } => {
                coverage.hit("attempt given up by the session");
                let Some(at) = self.attempts.iter().position(|attempt| attempt.link == *link) else { return };
                if self.rng.chance(0.5) {
                    // It cannot be stopped, as some name resolution, and is reported when it ends.
                    self.attempts[at].is_cancelled = true;
                } else {
                    let attempt = self.attempts.remove(at);
                    self.network.close(attempt.conn);
                }
            }
            Event::Finish { link } => {
                if let Some(open) = self.open.as_ref().filter(|open| open.link == *link) {
                    self.network.finish(open.conn);
                }
            }
            Event::Close { link } => {
                self.silence.on_closed();
                if let Some(open) = self.open.take_if(|open| open.link == *link) {
                    self.network.close(open.conn);
                }
                self.transmit.clear();
                self.is_blocked = false;
                self.stalled_since = None;
                if self.read_ends.take().is_some() {
                    coverage.hit("write failed, then read on");
                }
            }
            _ => {}
        }
    }

    /// Cuts the connection.
    pub(crate) fn cut(&mut self, kind: CloseKind) {
        if let Some(open) = &self.open {
            self.network.cut(open.conn, kind);
        }
    }
}
