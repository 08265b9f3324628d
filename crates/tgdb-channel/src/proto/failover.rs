//! Which server is tried next, and when.

use std::time::{Duration, Instant};

use super::{SessionConfig, later};

/// What to do next in order to be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Connect to the server of that index.
    Connect(usize),
    /// Ask again at that time.
    WaitUntil(Instant),
    /// All attempts were made.
    GiveUp,
}

/// The attempts to connect over the list of servers.
///
/// Each round tries each server once, from the first one on; between rounds passes the
/// retry interval. So a spare server is found at once, where the vendor's clients try the
/// dead one to the end first.
#[derive(Debug)]
pub(super) struct Failover {
    servers: usize,
    rounds: u32,
    interval: Duration,
    first: usize,
    /// Attempts made since the last [`Failover::begin`].
    attempts: u32,
    /// The interval has to pass before the next attempt.
    must_wait: bool,
    /// Connections in a row that were lost at once, with nothing received after the login.
    short_lived: u32,
}

impl Failover {
    pub(super) fn new(config: &SessionConfig) -> Self {
        Self {
            servers: config.servers.len(),
            rounds: config.retry_count.max(1),
            interval: config.retry_interval,
            first: 0,
            attempts: 0,
            must_wait: false,
            short_lived: 0,
        }
    }

    /// Whether there is more than one server, so that a lost connection is made again.
    pub(super) fn is_enabled(&self) -> bool {
        self.servers > 1
    }

    /// How many attempts were made. Connections that were lost at once count if all were.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.max(self.short_lived)
    }

    /// Connects for the first time.
    pub(super) fn begin(&mut self) {
        self.short_lived = 0;
        self.restart(0);
    }

    /// Connects again after the connection to that server was lost. Starts with that
    /// server. But a connection that was closed at once after the login counts as a
    /// failed attempt: then the next server is tried, the interval passes after each full
    /// round, and so many rounds end it.
    pub(super) fn begin_again(&mut self, server: usize, was_short_lived: bool) {
        if !was_short_lived {
            self.short_lived = 0;
            self.restart(server);
            return;
        }
        self.short_lived += 1;
        self.restart((server + 1) % self.servers);
        self.must_wait = self.is_round_over(self.short_lived);
        if self.short_lived >= self.maximum() {
            self.attempts = self.maximum();
        }
    }

    fn restart(&mut self, first: usize) {
        self.first = first;
        self.attempts = 0;
        self.must_wait = false;
    }

    fn maximum(&self) -> u32 {
        u32::try_from(self.servers).unwrap_or(u32::MAX).saturating_mul(self.rounds)
    }

    fn is_round_over(&self, attempts: u32) -> bool {
        attempts > 0 && (attempts as usize).is_multiple_of(self.servers)
    }

    /// What to do next. Counts the attempt.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        if self.attempts >= self.maximum() {
            return Next::GiveUp;
        }
        if std::mem::take(&mut self.must_wait) {
            return Next::WaitUntil(later(now, self.interval));
        }
        let server = (self.first + self.attempts as usize) % self.servers;
        self.attempts += 1;
        self.must_wait = self.is_round_over(self.attempts);
        Next::Connect(server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    fn failover(servers: usize, rounds: u32) -> Failover {
        Failover { servers, rounds, interval: INTERVAL, first: 0, attempts: 0, must_wait: false, short_lived: 0 }
    }

    /// The servers tried and the pauses between, as a text.
    fn trace(failover: &mut Failover, now: Instant) -> String {
        let mut trace = String::new();
        loop {
            match failover.next(now) {
                Next::Connect(server) => trace += &server.to_string(),
                Next::WaitUntil(time) => {
                    assert_eq!(time, now + INTERVAL);
                    trace += "-";
                }
                Next::GiveUp => return trace,
            }
        }
    }

    #[test]
    fn each_round_tries_each_server_once() {
        let now = Instant::now();
        let mut failover = failover(3, 2);
        failover.begin();
        assert_eq!(trace(&mut failover, now), "012-012");
        assert_eq!(failover.attempts(), 6);
        failover.begin_again(2, false);
        assert_eq!(trace(&mut failover, now), "201-201", "the lost server is tried first");
    }

    #[test]
    fn a_server_that_hangs_up_after_the_login_is_passed_over() {
        let now = Instant::now();
        let mut failover = failover(2, 2);
        failover.begin();
        assert_eq!(failover.next(now), Next::Connect(0));
        failover.begin_again(0, true);
        assert_eq!(failover.next(now), Next::Connect(1));
        failover.begin_again(1, true);
        assert_eq!(failover.next(now), Next::WaitUntil(now + INTERVAL), "a round is over");
        assert_eq!(failover.next(now), Next::Connect(0));
        failover.begin_again(0, true);
        assert_eq!(failover.next(now), Next::Connect(1));
        failover.begin_again(1, true);
        assert_eq!(failover.next(now), Next::GiveUp);
        assert_eq!(failover.attempts(), 4);
    }

    #[test]
    fn one_server_and_no_count_is_one_attempt() {
        let config = |retry_count| Failover { rounds: 1u32.max(retry_count), ..failover(1, 1) };
        assert!(!config(0).is_enabled());
        assert_eq!(trace(&mut config(0), Instant::now()), "0");
    }
}
