//! What must be true of the state of the link, and of the time that changes of it take.

use std::time::Duration;

use tgdb_channel::proto::SessionConfig;
use tgdb_channel::{LinkState, StopMethod};

use crate::scenario::ms;
use crate::{Check, EPSILON, check};

/// How much later than the driver the session gives an attempt up.
const SLACK: Duration = ms(100);

pub(crate) struct Links {
    /// As the events say.
    pub(crate) state: LinkState,
    servers: u32,
    rounds: u32,
    attempt: Duration,
    interval: Duration,
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

impl Links {
    pub(crate) fn new(config: &SessionConfig) -> Self {
        let servers = u32::try_from(config.servers.len()).unwrap();
        Self {
            state: LinkState::NotConnected,
            servers,
            rounds: if servers > 1 { config.retry_count.max(1) } else { 1 },
            attempt: config.connect_timeout + SLACK + config.operation_timeout + EPSILON,
            interval: config.retry_interval,
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

    /// The bound of all attempts, with so many pauses.
    fn bound(&self, pauses: u32) -> Duration {
        self.attempt * (self.servers * self.rounds) + (self.interval + EPSILON) * pauses
    }

    /// What reconnecting takes at most.
    pub(crate) fn reconnect_bound(&self) -> Duration {
        self.bound(self.rounds)
    }

    pub(crate) fn on_connect(&mut self, now: Duration) {
        self.connects_until = Some(now + self.bound(self.rounds - 1));
        self.attempts = 0;
        self.stops_until = None;
        self.stops_requests_at = None;
        self.stopped = None;
        self.is_started = false;
    }

    pub(crate) fn on_attempt(&mut self, now: Duration) -> Check {
        let attempts = self.attempts;
        check!(attempts < self.servers * self.rounds, "an attempt to connect follows {attempts} others");
        let is_new_round = attempts > 0 && attempts.is_multiple_of(self.servers);
        let from = self.attempt_ended_at + if is_new_round { self.interval } else { ms(0) };
        check!(now >= from, "an attempt to connect is made before {from:?}");
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
                | (Connected, FailedOnSend | FailedOnRecv | FailedOnProcessing)
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
        self.state = to;
        self.has_changed = true;
        if to == LinkState::Reconnecting {
            self.attempts = 0;
        }
        self.reconnects_until = (to == LinkState::Reconnecting).then(|| now + self.bound(self.rounds));
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
