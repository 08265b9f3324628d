//! What the program does with the session.

mod room;
mod submit;

use std::collections::BTreeMap;
use std::time::Duration;

use tgdb_channel::pdu::body::{QueryCommand, QueryRequest};
use tgdb_channel::pdu::{Body, Verb};
use tgdb_channel::proto::{Payload, Request, SessionNumber, SubmitError};
use tgdb_channel::{LinkState, ResendMode, StopMethod};
use tgdb_testkit::sim::{CloseKind, Rng};

use crate::scenario::{PROGRAM, ProgramHabits, Scenario, ms};
use crate::simulation::Simulation;
use crate::{Check, EPSILON, Token, check};
use room::Room;

pub(crate) struct Program {
    rng: Rng,
    habits: ProgramHabits,
    /// It acts no more, except for what the simulation wants of it.
    pub(crate) is_quiet: bool,
    acts_at: Duration,
    /// Open requests without a waiter.
    unwatched: Vec<usize>,
    rooms: BTreeMap<usize, Room>,
    rooms_made: usize,
}

impl Program {
    pub(crate) fn new(seed: u64, scenario: &Scenario) -> Self {
        Self {
            rng: Rng::of(seed, PROGRAM, 0),
            habits: scenario.program.clone(),
            is_quiet: false,
            acts_at: Duration::ZERO,
            unwatched: Vec::new(),
            rooms: BTreeMap::new(),
            rooms_made: 0,
        }
    }

    pub(crate) fn wakes_at(&self) -> Option<Duration> {
        let acts = (!self.is_quiet).then_some(self.acts_at);
        self.rooms.values().filter_map(|room| room.looks_at).chain(acts).min()
    }
}

/// The program's turn.
impl Simulation {
    pub(crate) fn act(&mut self) -> Check {
        let now = self.driver.now();
        self.look_for_room(now)?;
        if self.program.is_quiet || self.program.acts_at > now {
            return Ok(());
        }
        let ProgramHabits { pause, stop, cut, switch, cancel, burst, .. } = self.program.habits.clone();
        self.program.habits.actions -= 1;
        self.program.is_quiet = self.program.habits.actions == 0;
        self.program.acts_at = now + self.program.rng.time(&pause);
        let chance = |sim: &mut Self, probability| sim.program.rng.chance(probability);
        if !self.driver.session.is_active() || chance(self, 0.01) {
            self.connect()?;
        }
        if chance(self, 0.5) {
            let is_usable = matches!(self.driver.session.state(), LinkState::Connected | LinkState::Reconnecting);
            let is_ok = self.start();
            check!(is_ok == is_usable, "start in {:?}: {is_ok}", self.links.state);
        }
        if chance(self, stop) {
            let methods = [StopMethod::Graceful, StopMethod::ClientForceful, StopMethod::RemoteKill];
            let method = methods[self.program.rng.below(3)];
            self.stop(method);
        }
        if chance(self, cut) {
            let kind = if chance(self, 0.5) { CloseKind::End } else { CloseKind::Reset };
            self.driver.cut(kind);
        }
        if chance(self, switch) {
            self.switch()?;
        }
        if chance(self, cancel) {
            self.cancel_one();
        }
        if chance(self, 0.1) {
            self.change_waiter()?;
        }
        let is_usable = matches!(self.driver.session.state(), LinkState::Connected | LinkState::Reconnecting);
        let most = if is_usable || chance(self, 0.05) { burst } else { 0 };
        for _ in 0..self.program.rng.below(most + 1) {
            self.submit_one()?;
        }
        Ok(())
    }

    pub(crate) fn connect(&mut self) -> Check {
        self.take_events()?;
        let (now, was_active) = (self.driver.now(), self.driver.session.is_active());
        let result = self.driver.session.connect(self.driver.at(now));
        check!(result.is_err() == was_active, "connect, active {was_active}: {result:?}");
        if was_active {
            self.coverage.hit("connect failed: active");
            return Ok(());
        }
        if self.links.stopped.is_some() || self.links.state != LinkState::NotConnected {
            self.coverage.hit("connect after another");
        }
        self.links.on_connect(now);
        Ok(())
    }

    /// Allows requests. Whether that was possible.
    pub(crate) fn start(&mut self) -> bool {
        let is_ok = self.driver.session.start().is_ok();
        self.links.is_started |= is_ok;
        is_ok
    }

    /// Leaves the server for another one.
    fn switch(&mut self) -> Check {
        self.take_events()?;
        let servers = self.scenario.config.servers.len();
        let rng = &mut self.program.rng;
        let to = rng.chance(0.5).then(|| rng.below(servers + 1));
        let session = &mut self.driver.session;
        let (state, from) = (session.state(), session.server());
        let must_be = servers > 1 && to.is_none_or(|to| to < servers) && state == LinkState::Connected;
        let now = self.driver.now();
        let is_switched = self.driver.session.switch_server(self.driver.at(now), to);
        self.trace(|| format!("switch from {from} to {to:?}: {is_switched}"));
        check!(is_switched == must_be, "switch to {to:?} in {state:?}: {is_switched}");
        self.coverage.hit(if is_switched { "switched" } else { "switch failed" });
        if is_switched {
            self.links.on_switch(from, to);
        }
        Ok(())
    }

    pub(crate) fn stop(&mut self, method: StopMethod) {
        self.trace(|| format!("stop {method:?}"));
        let session = &mut self.driver.session;
        let (state, in_flight) = (session.state(), session.in_flight());
        let what = match (method, self.links.is_connecting(), state) {
            (_, true, _) => "stop while connecting",
            (_, _, LinkState::Reconnecting) => "stop while reconnecting",
            (_, _, LinkState::Closing) => "stop of a stop",
            (_, _, state) if state != LinkState::Connected => "stop of nothing",
            (StopMethod::Graceful, ..) => "stop: Graceful",
            (StopMethod::ClientForceful, ..) => "stop: ClientForceful",
            (StopMethod::RemoteKill, ..) => "stop: RemoteKill",
        };
        self.coverage.hit(what);
        if state == LinkState::Connected && in_flight > 0 {
            self.coverage.hit("stop with requests in flight");
        }
        let was_established = matches!(state, LinkState::Connected | LinkState::Closing);
        let now = self.driver.now();
        self.driver.session.close(self.driver.at(now), method);
        self.links.on_stop(now, method, was_established);
    }

    /// Drops a waiter: of an open request, or one that waits for room.
    fn cancel_one(&mut self) {
        let rng = &mut self.program.rng;
        let now = self.driver.now();
        if rng.chance(0.2) && !self.program.rooms.is_empty() {
            let number = *self.program.rooms.keys().nth(rng.below(self.program.rooms.len())).unwrap();
            let room = self.program.rooms.remove(&number).unwrap();
            self.driver.session.leave_room(room.ticket);
            self.coverage.hit("room: left");
            return;
        }
        let number = match self.requests.open_count() {
            _ if rng.chance(0.1) && self.requests.next_number() > 0 => rng.below(self.requests.next_number()),
            0 => return,
            length => self.requests.open_numbers().nth(rng.below(length)).unwrap(),
        };
        self.trace(|| format!("cancel {number}"));
        let key = self.requests.get(number).key;
        let has_outcome = !self.driver.session.is_open(key);
        self.driver.session.cancel(self.driver.at(now), key);
        self.requests.cancel(number, has_outcome, &mut self.coverage);
        self.program.unwatched.retain(|unwatched| *unwatched != number);
    }

    /// Takes a waiter back, or sets one.
    fn change_waiter(&mut self) -> Check {
        let length = self.requests.open_count();
        if length == 0 {
            return Ok(());
        }
        let number = self.requests.open_numbers().nth(self.program.rng.below(length)).unwrap();
        let key = self.requests.get(number).key;
        if let Some(at) = self.program.unwatched.iter().position(|unwatched| *unwatched == number) {
            // If it comes back at once the outcome is there, and is found like the others'.
            if self.driver.session.set_waiter(key, Token::Request(number)).is_none() {
                self.program.unwatched.remove(at);
                self.coverage.hit("waiter set later");
            }
        } else if let Some(waiter) = self.driver.session.take_waiter(key) {
            check!(waiter == Token::Request(number), "the waiter of request {number} was {waiter:?}");
            self.program.unwatched.push(number);
            self.coverage.hit("waiter taken back");
        }
        Ok(())
    }

    /// Open requests without a waiter that have their outcome by now.
    pub(crate) fn unwatched_ended(&mut self) -> Vec<usize> {
        let (session, requests) = (&self.driver.session, &self.requests);
        self.program.unwatched.extract_if(.., |number| !session.is_open(requests.get(*number).key)).collect()
    }
}
