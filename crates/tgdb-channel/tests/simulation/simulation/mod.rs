//! One seed, from its start to its end.

mod counted;
mod end;

use std::time::Duration;

use tgdb_channel::proto::{Event, LinkId, LoginError};
use tgdb_channel::transport::TransportError;
use tgdb_channel::{ChannelError, LinkState, ResendMode, StopMethod};

use crate::coverage::Coverage;
use crate::driver::Driver;
use crate::links::Links;
use crate::program::Program;
use crate::requests::{Context, Requests};
use crate::scenario::{Scenario, ms};
use crate::{Check, Token, check};

/// So many steps at one instant are too many.
const MAX_STEPS: u32 = 20_000;

pub(crate) struct Simulation {
    pub(crate) scenario: Scenario,
    pub(crate) driver: Driver,
    pub(crate) program: Program,
    pub(crate) links: Links,
    pub(crate) requests: Requests,
    pub(crate) coverage: Coverage,
    /// How the last connect ended.
    connect_outcome: Option<Result<(), ChannelError>>,
    /// Steps since time moved.
    steps: u32,
    late_replies: u64,
    last_attempt: LinkId,
    trace: Option<Vec<String>>,
}

impl Simulation {
    pub(crate) fn new(seed: u64, is_traced: bool) -> Self {
        let mut scenario = Scenario::from_seed(seed);
        Self {
            driver: Driver::new(seed, &mut scenario),
            program: Program::new(seed, &scenario),
            links: Links::new(&scenario.config),
            requests: Requests::default(),
            coverage: Coverage::default(),
            connect_outcome: None,
            steps: 0,
            late_replies: 0,
            last_attempt: LinkId::default(),
            trace: is_traced.then(Vec::new),
            scenario,
        }
    }

    pub(crate) fn trace(&mut self, line: impl FnOnce() -> String) {
        let now = self.driver.now();
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now:>14.3?}  {}", line()));
        }
    }

    pub(crate) fn take_trace(&mut self) -> Vec<String> {
        self.trace.take().unwrap_or_default()
    }

    pub(crate) fn run(&mut self) -> Check {
        let calm_after = self.scenario.plan.calm_after;
        let chaos = calm_after.map_or(self.scenario.length, |calm| calm.max(self.scenario.length));
        let quiet_at = self.scenario.length;
        self.run_until(quiet_at, |sim| sim.program.is_quiet)?;
        self.program.is_quiet = true;
        if calm_after.is_some() {
            self.run_until(chaos, |_| false)?;
            self.recover()?;
        }
        self.end()
    }

    /// Runs until that time, or until something is so.
    fn run_until(&mut self, until: Duration, is_done: impl Fn(&Self) -> bool) -> Check {
        self.driver.wake();
        while self.driver.now() < until && !is_done(self) {
            self.step(until)?;
        }
        Ok(())
    }

    fn step(&mut self, until: Duration) -> Check {
        let before = self.driver.now();
        let wakes_at = [self.driver.wakes_at(), self.program.wakes_at()].into_iter().flatten().min();
        self.driver.advance_to(wakes_at.map_or(until, |time| time.min(until)));
        let now = self.driver.now();
        self.steps = if now == before { self.steps + 1 } else { 0 };
        check!(self.steps < MAX_STEPS, "the session is busy without an end");
        self.driver.read(&mut self.coverage)?;
        self.driver.handle_time();
        self.take_events()?;
        self.act()?;
        self.take_events()?;
        for (link, given) in self.driver.write(&mut self.coverage)? {
            self.trace(|| format!("{link:?} {given:?}"));
            self.requests.on_given_out(given, link, &mut self.coverage)?;
        }
        self.take_events()?;
        self.check(now)
    }

    /// Takes the session's events.
    pub(crate) fn take_events(&mut self) -> Check {
        while let Some(event) = self.driver.session.poll_event() {
            self.trace(|| format!("{event:?}"));
            self.driver.on_event(&event, &mut self.coverage);
            self.on_event(event)?;
        }
        for number in self.unwatched_ended() {
            self.end_request(number, None)?;
        }
        Ok(())
    }

    fn on_event(&mut self, event: Event<Token>) -> Check {
        match event {
            Event::LinkChanged { from, to } => self.on_link_changed(from, to)?,
            Event::Lost { cause } => {
                self.coverage.hit("lost");
                if matches!(*cause, TransportError::Timeout { operation: "send to", .. }) {
                    self.coverage.hit("sender stalled");
                }
                if let TransportError::Unresponsive { silence, .. } = *cause {
                    self.coverage.hit("lost: silent");
                    self.driver.silence.on_lost(self.driver.now(), silence)?;
                }
                self.requests.on_lost();
            }
            Event::Connect { link, server } => {
                self.last_attempt = link;
                self.links.on_attempt(self.driver.now(), server)?;
            }
            Event::AttemptFailed { error, .. } => {
                self.coverage.hit("attempt failed");
                if let ChannelError::Login { source, .. } = &error
                    && matches!(**source, LoginError::Terminated { .. })
                {
                    self.coverage.hit("login rejected for now");
                }
                self.links.on_attempt_ended(self.driver.now());
            }
            Event::LoggedIn { session, .. } => {
                self.links.on_attempt_ended(self.driver.now());
                // The connection can be gone again by now.
                let current = self.driver.session.session_number();
                check!(current.is_none_or(|current| current == session), "{session:?} is called {current:?}");
                self.requests.on_session(session, self.last_attempt)?;
            }
            Event::Resent { id, times, .. } => {
                self.coverage.hit("reported as resent");
                self.requests.on_resent(id, times)?;
            }
            Event::Dropped { request_id, is_late: true, .. } => {
                self.late_replies += 1;
                if self.scenario.plan.unknown_reply == 0.0 {
                    let session = &self.driver.session;
                    self.requests.on_late(request_id, session.link(), session.is_open(request_id))?;
                }
            }
            Event::Completed { waiter: Token::Request(number), .. } if self.requests.is_given_up(number) => {}
            Event::Completed { waiter: Token::Request(number), id } => {
                check!(self.requests.get(number).key == id, "request {number} is completed as {id}");
                self.end_request(number, Some(self.links.state))?;
            }
            Event::Completed { waiter, id } => return Err(format!("request {id} is completed for {waiter:?}")),
            Event::Room { waiter: Token::Room(number) } => self.on_room(number),
            Event::Room { waiter } => return Err(format!("there is room for {waiter:?}")),
            Event::ConnectEnded => {
                self.links.on_connect_ended()?;
                self.links.on_attempt_ended(self.driver.now());
                let number = self.driver.session.last_connect();
                let outcome = self.driver.session.take_connect_outcome(number);
                check!(outcome.is_some(), "a connect ended without outcome");
                let is_ok = matches!(outcome, Some(Ok(())));
                self.coverage.hit(if is_ok { "connect succeeded" } else { "connect failed" });
                if let Some(Err(ChannelError::Login { .. })) = outcome {
                    self.coverage.hit("login rejected");
                }
                self.connect_outcome = outcome;
            }
            _ => {}
        }
        Ok(())
    }

    fn on_link_changed(&mut self, from: LinkState, to: LinkState) -> Check {
        let now = self.driver.now();
        self.links.on_changed(now, from, to)?;
        if (from, to) == (LinkState::Connected, LinkState::Reconnecting) {
            self.requests.on_lost();
        }
        match (from, to) {
            (_, LinkState::FailedOnSend) => self.coverage.hit("lost: FailedOnSend"),
            (_, LinkState::FailedOnRecv) => self.coverage.hit("lost: FailedOnRecv"),
            (_, LinkState::FailedOnProcessing) => self.coverage.hit("lost: FailedOnProcessing"),
            (LinkState::Reconnecting, LinkState::Connected) => self.coverage.hit("reconnected"),
            (LinkState::Reconnecting, LinkState::Closed) => self.coverage.hit("reconnecting failed"),
            (LinkState::Connected, LinkState::Terminated) => self.coverage.hit("terminated by the server"),
            (LinkState::Closing, LinkState::Closed) => self.coverage.hit("drained"),
            _ => {}
        }
        Ok(())
    }

    fn end_request(&mut self, number: usize, state: Option<LinkState>) -> Check {
        let key = self.requests.get(number).key;
        let Some(ended) = self.driver.session.take(key) else {
            return Err(format!("request {number} is completed without outcome"));
        };
        check!(self.driver.session.take(key).is_none(), "request {number} has two outcomes");
        let context = Context {
            now: self.driver.now(),
            links: &self.links,
            state,
            session: self.driver.session.session_number(),
            may_not_decode: self.scenario.plan.bad_reply > 0.0,
            connection: &|link: LinkId| self.driver.connection(link),
        };
        self.requests.on_ended(number, ended, &context, &mut self.coverage)
    }

    fn check(&mut self, now: Duration) -> Check {
        let session = &mut self.driver.session;
        let (in_flight, bytes) = (session.in_flight(), session.outbox_bytes());
        check!(in_flight <= self.scenario.config.max_in_flight, "{in_flight} requests are in flight");
        let max = self.scenario.config.max_outbox;
        check!(
            bytes <= max || bytes <= max + self.requests.above_outbox(),
            "{bytes} bytes wait, which is above the bound"
        );
        check!(session.state() == self.links.state, "{:?}, but the events say {:?}", session.state(), self.links.state);
        check!(session.is_active() || !self.links.is_connecting(), "connecting ended without an event");
        let ids: Vec<i64> = session.requests().into_iter().map(|(id, ..)| id).collect();
        check!(ids == self.requests.open_keys(), "requests {ids:?}, but open are {:?}", self.requests.open_keys());
        self.links.check(now, self.driver.session.is_active())?;
        self.requests.check(now, in_flight)?;
        if self.links.take_changed() {
            self.requests.check_survivors(self.links.state, self.driver.session.link())?;
        }
        let may_submit = matches!(self.links.state, LinkState::Connected | LinkState::Reconnecting);
        let has_room = in_flight < self.scenario.config.max_in_flight && bytes == 0;
        self.program.check(now, may_submit, has_room)?;
        self.driver.check()?;
        let requests = &self.requests;
        self.driver.check_wire(|number| requests.maximum(number), |number| requests.link_of(number))
    }
}
