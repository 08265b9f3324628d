//! What must be true of the state of the link, and of the time that changes of it take.

use std::time::Duration;

use tgdb_channel::proto::SessionConfig;
use tgdb_channel::{LinkState, StopMethod};

use crate::scenario::ms;
use crate::{Check, EPSILON, check};

/// How much later than the driver the session gives an attempt up.
const SLACK: Duration = ms(100);
/// Between two attempts at one server, and behind each round.
const MIN_INTERVAL: Duration = ms(10);

pub(crate) struct Links {
    /// As the events say.
    pub(crate) state: LinkState,
    servers: u32,
    rounds: u32,
    attempt: Duration,
    /// The shortest pause behind each round.
    pauses: Vec<Duration>,
    spread: Duration,
    /// When each server was last tried.
    tried: Vec<Option<Duration>>,
    /// The program switched: the next attempt is to go to that server.
    switches_to: Option<usize>,
    operation_timeout: Duration,
    /// When connecting must have ended.
    connects_until: Option<Duration>,
    reconnects_until: Option<Duration>,
    /// How many were made since the program connects, or the connection was lost.
    attempts: u32,
    attempt_ended_at: Duration,
    /// When the attempt to connect must have ended.
    attempt_until: Option<Duration>,
    /// When the session must be over.
    stops_until: Option<Duration>,
    /// From when on a stop ends requests.
    stops_requests_at: Option<Duration>,
    /// The state changed in this step.
    has_changed: bool,
    /// The last method with which the session was stopped, until the next connect.
    pub(crate) stopped: Option<StopMethod>,
    /// Requests are allowed, since the last connect.
    pub(crate) is_started: bool,
}

/// The shortest pauses behind the rounds: they double up to a maximum.
fn pauses(config: &SessionConfig) -> Vec<Duration> {
    let first = config.retry_interval.max(MIN_INTERVAL);
    let doubled = std::iter::successors(Some(first), |pause| Some(*pause * 2));
    let rounds = usize::try_from(config.retry_count.max(1)).unwrap();
    doubled.map(|pause| pause.min(config.max_retry_interval.max(first))).take(rounds).collect()
}

impl Links {
    pub(crate) fn new(config: &SessionConfig) -> Self {
        let servers = u32::try_from(config.servers.len()).unwrap();
        Self {
            state: LinkState::NotConnected,
            servers,
            rounds: if servers > 1 { config.retry_count.max(1) } else { 1 },
            attempt: config.connect_timeout + SLACK + config.operation_timeout + EPSILON,
            pauses: pauses(config),
            spread: config.reconnect_spread,
            tried: vec![None; config.servers.len()],
            switches_to: None,
            operation_timeout: config.operation_timeout,
            connects_until: None,
            reconnects_until: None,
            attempts: 0,
            attempt_ended_at: ms(0),
            attempt_until: None,
            stops_until: None,
            stops_requests_at: None,
            has_changed: false,
            stopped: None,
            is_started: false,
        }
    }

    pub(crate) fn has_failover(&self) -> bool {
        self.servers > 1
    }

    /// The bound of all attempts.
    fn connect_bound(&self) -> Duration {
        let rounds = usize::try_from(self.rounds).unwrap();
        // Up to a half is added at random. And a server can be tried again a moment later only.
        let pauses: Duration = self.pauses[..rounds - 1].iter().map(|pause| *pause * 3 / 2 + EPSILON).sum();
        (self.attempt + MIN_INTERVAL + EPSILON) * (self.servers * self.rounds) + pauses
    }

    /// What reconnecting takes at most: a pause can come first, if connections were lost at
    /// once after the login.
    pub(crate) fn reconnect_bound(&self) -> Duration {
        let longest = self.pauses.last().copied().unwrap_or_default() * 3 / 2;
        self.connect_bound() + longest.max(self.spread) + EPSILON
    }

    pub(crate) fn on_connect(&mut self, now: Duration) {
        self.connects_until = Some(now + self.connect_bound());
        self.switches_to = None;
        self.attempts = 0;
        self.stops_until = None;
        self.stops_requests_at = None;
        self.stopped = None;
        self.is_started = false;
    }

    /// The program switches from that server, to another one if it names one.
    pub(crate) fn on_switch(&mut self, from: usize, to: Option<usize>) {
        self.switches_to = Some(to.unwrap_or((from + 1) % self.tried.len()));
    }

    pub(crate) fn on_attempt(&mut self, now: Duration, server: usize) -> Check {
        let attempts = self.attempts;
        check!(attempts < self.servers * self.rounds, "an attempt to connect follows {attempts} others");
        let is_new_round = attempts > 0 && attempts.is_multiple_of(self.servers);
        let round = usize::try_from(attempts / self.servers).unwrap();
        let from = self.attempt_ended_at + if is_new_round { self.pauses[round - 1] } else { ms(0) };
        check!(now >= from, "an attempt to connect is made before {from:?}");
        if let Some(last) = self.tried[server].replace(now) {
            check!(now >= last + MIN_INTERVAL, "server {server} is tried again although it was at {last:?}");
        }
        if let Some(wanted) = self.switches_to.take() {
            check!(server == wanted, "a switch to server {wanted} tries {server}");
        }
        self.attempts += 1;
        self.attempt_until = Some(now + self.attempt);
        Ok(())
    }

    pub(crate) fn on_attempt_ended(&mut self, now: Duration) {
        self.attempt_until = None;
        self.attempt_ended_at = now;
    }

    pub(crate) fn on_connect_ended(&mut self) -> Check {
        check!(self.connects_until.take().is_some(), "a connect ended that had not begun");
        Ok(())
    }

    pub(crate) fn is_connecting(&self) -> bool {
        self.connects_until.is_some()
    }

    pub(crate) fn on_stop(&mut self, now: Duration, method: StopMethod, was_established: bool) {
        let bound = match method {
            _ if !was_established => ms(0),
            StopMethod::Graceful => self.operation_timeout + ms(1000),
            StopMethod::ClientForceful => ms(100),
            StopMethod::RemoteKill => ms(0),
        };
        let until = now + bound;
        let waits = if was_established && method == StopMethod::Graceful { self.operation_timeout } else { ms(0) };
        let at = now + waits;
        self.stops_requests_at = Some(self.stops_requests_at.map_or(at, |earlier| earlier.min(at)));
        self.stops_until = Some(self.stops_until.map_or(until, |earlier| earlier.min(until)));
        self.stopped = Some(method);
    }

    /// Whether a stop may end requests by now.
    pub(crate) fn stops_requests(&self, now: Duration) -> bool {
        self.stops_requests_at.is_some_and(|at| at <= now)
    }

    /// Whether the state changed since the last question.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// The arrows of the diagram.
    fn is_arrow(from: LinkState, to: LinkState) -> bool {
        use LinkState::*;
        matches!(
            (from, to),
            (NotConnected | Closed | Terminated | FailedOnSend | FailedOnRecv | FailedOnProcessing, Connected)
                | (Connected, FailedOnSend | FailedOnRecv | FailedOnProcessing | Reconnecting)
                | (FailedOnSend | FailedOnRecv | FailedOnProcessing, Reconnecting | Closed)
                | (Reconnecting, Connected | Closed)
                | (Connected | Reconnecting, Closing)
                | (Closing, Closed | Terminated)
                | (Connected, Terminated)
        )
    }

    pub(crate) fn on_changed(&mut self, now: Duration, from: LinkState, to: LinkState) -> Check {
        check!(from == self.state, "an event says {from:?} -> {to:?}, but the state was {:?}", self.state);
        check!(Self::is_arrow(from, to), "there is no arrow {from:?} -> {to:?}");
        check!(to != LinkState::Reconnecting || self.has_failover(), "reconnects without a failover list");
        check!(
            to != LinkState::Closing || self.stopped.is_some(),
            "the link is closed, but the program did not stop it"
        );
        let is_switch = from == LinkState::Connected && to == LinkState::Reconnecting;
        check!(!is_switch || self.switches_to.is_some(), "the server is left, but the program did not want that");
        if to != LinkState::Reconnecting {
            self.switches_to = None;
        }
        self.state = to;
        self.has_changed = true;
        if to == LinkState::Reconnecting {
            self.attempts = 0;
        }
        self.reconnects_until = (to == LinkState::Reconnecting).then(|| now + self.reconnect_bound());
        Ok(())
    }

    /// After each step.
    pub(crate) fn check(&mut self, now: Duration, is_active: bool) -> Check {
        if !is_active {
            self.stops_until = None;
            self.attempt_until = None;
        }
        for (what, until) in [
            ("connect", self.connects_until),
            ("reconnecting", self.reconnects_until),
            ("an attempt to connect", self.attempt_until),
            ("stop", self.stops_until),
        ] {
            if let Some(until) = until {
                check!(now <= until + EPSILON, "{what} was to end at {until:?}");
            }
        }
        Ok(())
    }
}
