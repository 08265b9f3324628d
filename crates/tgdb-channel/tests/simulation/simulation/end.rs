//! How a seed ends: what a calm network must give, and what a stop must leave.

use super::*;

impl Simulation {
    /// The network is calm: the session is connected again, or can be.
    pub(super) fn recover(&mut self) -> Check {
        let settled = |sim: &Self| {
            let session = &sim.driver.session;
            !sim.links.is_connecting() && !matches!(session.state(), LinkState::Reconnecting | LinkState::Closing)
        };
        // What was under way arrives, and requests of before end.
        let under_way = self.driver.now() + ms(1000);
        self.run_until(under_way, |_| false)?;
        let bound = self.driver.now() + self.links.reconnect_bound() + ms(11_000);
        self.run_until(bound, |sim| {
            settled(sim)
                && sim.requests.open_count() == 0
                && sim.driver.session.in_flight() == 0
                && !sim.program.waits_for_room()
        })?;
        if !self.scenario.must_connect_when_calm() {
            return Ok(());
        }
        let is_connected = self.driver.session.state() == LinkState::Connected;
        let is_corrupted = self.driver.conn().is_some_and(|conn| self.driver.network.is_corrupted(conn));
        // So much may wait for a slow path that nothing new gets through in time.
        let is_useless = is_corrupted || !self.driver.is_sent();
        if !is_connected || is_useless {
            if is_useless {
                self.stop(StopMethod::RemoteKill);
                let soon = self.driver.now() + ms(100);
                self.run_until(soon, |sim| !sim.driver.session.is_active())?;
            }
            check!(!self.driver.session.is_active(), "neither connected nor over: {:?}", self.driver.session.state());
            self.connect()?;
            let bound = self.driver.now() + ms(60_000);
            self.run_until(bound, |sim| !sim.links.is_connecting())?;
            let outcome = &self.connect_outcome;
            check!(matches!(outcome, Some(Ok(()))), "connecting over a calm network: {outcome:?}");
            self.coverage.hit("recovered by connect when calm");
        } else {
            self.coverage.hit("recovered when calm");
        }
        check!(self.start(), "cannot start: {:?}", self.driver.session.state());
        for mode in [ResendMode::ReconnectAndResend, ResendMode::DontReconnectAndIgnore] {
            let number = self.requests.next_number();
            let (mut request, text) = self.request(mode, ms(30_000), false, 0);
            request.session = self.driver.session.session_number();
            let now = self.driver.now();
            let not_taken = self.submit(None, request, text, now)?;
            check!(not_taken.is_none() && self.requests.next_number() > number, "not taken on a calm network");
            let bound = self.driver.now() + ms(31_000);
            self.run_until(bound, |sim| sim.requests.open_count() == 0)?;
            check!(self.requests.is_answered(number), "no reply over a calm network: {:?}", self.requests.get(number));
        }
        Ok(())
    }

    /// Stops the session: nothing is left.
    pub(super) fn end(&mut self) -> Check {
        let method = [StopMethod::Graceful, StopMethod::ClientForceful]
            [usize::from(self.requests.next_number().is_multiple_of(2))];
        self.stop(method);
        let bound = self.driver.now() + self.scenario.config.operation_timeout + ms(2000);
        self.run_until(bound, |sim| !sim.driver.session.is_active())?;
        // Those who wait look for the last time; what is under way arrives.
        let later = self.driver.now() + ms(500);
        self.run_until(later, |_| false)?;
        let session = &mut self.driver.session;
        check!(!session.is_active(), "the session is not over after a stop: {:?}", session.state());
        check!(session.in_flight() == 0, "{} requests in flight after the end", session.in_flight());
        check!(session.requests().is_empty(), "requests after the end: {:?}", session.requests());
        check!(session.poll_event().is_none(), "an event after the end");
        check!(session.poll_timeout().is_none(), "a timeout after the end");
        check!(session.outbox_bytes() == 0, "{} bytes wait after the end", session.outbox_bytes());
        check!(self.driver.is_sent(), "something to be sent after the end");
        check!(self.requests.open_count() == 0, "requests {:?} have no outcome", self.requests.open_keys());
        check!(!self.program.waits_for_room(), "somebody still waits for room");
        self.check_stats()?;
        self.coverage.add("session set up", self.driver.wire.setups);
        self.coverage.add("ping", self.driver.wire.pings);
        Ok(())
    }
}
