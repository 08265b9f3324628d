//! Which server is tried next, and when.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::{SessionConfig, later};

/// No pause between two rounds is shorter, and no time between two attempts at one server,
/// whatever the configuration says.
const MIN_INTERVAL: Duration = Duration::from_millis(10);

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

/// In which order servers are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LoadBalance {
    /// In that of the list.
    #[default]
    Disable,
    /// In a random one, another for each channel and each time.
    Random,
}

/// The attempts to connect over the list of servers.
///
/// Each round tries each server once; between rounds passes a pause that doubles from the
/// retry interval to its maximum, and up to a half more at random, so that many clients that
/// lost the same server do not come back at once. So a spare server is found at once, where
/// the vendor's clients try the dead one to the end first.
#[derive(Debug)]
pub(super) struct Failover {
    /// Indices of the servers in the order of this time.
    order: Vec<usize>,
    /// When each server was last tried. Those of one name share a place.
    tried: Vec<Tried>,
    rounds: u32,
    interval: Duration,
    max_interval: Duration,
    spread: Duration,
    load_balance: LoadBalance,
    random: Rng,
    /// Attempts made since the last `begin`.
    attempts: u32,
    /// The pause that has to pass before the next attempt.
    pause: Option<Duration>,
    /// Connections in a row that were lost at once, with nothing received after the login.
    short_lived: u32,
}

/// When a server was last tried. Entries of the same name share the time of the first.
#[derive(Debug, Clone, Copy)]
struct Tried {
    place: usize,
    at: Option<Instant>,
}

impl Failover {
    pub(super) fn new(config: &SessionConfig) -> Self {
        Self {
            order: (0..config.servers.len()).collect(),
            tried: places(&config.servers),
            rounds: config.retry_count.max(1),
            interval: config.retry_interval.max(MIN_INTERVAL),
            max_interval: config.max_retry_interval,
            spread: config.reconnect_spread,
            load_balance: config.load_balance,
            random: Rng::with_seed(config.seed),
            attempts: 0,
            pause: None,
            short_lived: 0,
        }
    }

    fn servers(&self) -> u32 {
        u32::try_from(self.order.len()).unwrap_or(u32::MAX)
    }

    /// Whether there is more than one server, so that a lost connection is made again.
    pub(super) fn is_enabled(&self) -> bool {
        self.order.len() > 1
    }

    /// How many attempts were made. Connections that were lost at once count if all were.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.max(self.short_lived)
    }

    /// Connects for the first time.
    pub(super) fn begin(&mut self) {
        self.short_lived = 0;
        self.restart(None);
    }

    /// Connects again after the connection to that server was lost, at a random time within
    /// the spread. Starts with that server, or with the next one if it was silent. But a
    /// connection that was closed at once after the login counts as a failed attempt: then the
    /// next server is tried, a pause follows each full round, and after the last round the
    /// attempts end.
    pub(super) fn begin_again(&mut self, server: usize, was_short_lived: bool, was_silent: bool) {
        self.short_lived = if was_short_lived { self.short_lived + 1 } else { 0 };
        if !was_short_lived {
            self.restart(Some((server + usize::from(was_silent)) % self.order.len()));
            self.pause = self.draw_time(self.spread);
            return;
        }
        self.restart(Some((server + 1) % self.order.len()));
        if self.short_lived.is_multiple_of(self.servers()) {
            self.pause = Some(self.draw_pause(self.short_lived / self.servers()));
        }
        if self.short_lived >= self.maximum() {
            self.attempts = self.maximum();
        }
    }

    /// Connects again to another server, because the program wants that: to that one, or to
    /// the one behind the current one in the list.
    pub(super) fn begin_switch(&mut self, from: usize, to: Option<usize>) {
        self.short_lived = 0;
        self.restart(Some(to.unwrap_or((from + 1) % self.order.len())));
    }

    /// Begins anew, with that server first if one is given.
    fn restart(&mut self, first: Option<usize>) {
        let servers = self.order.len();
        match self.load_balance {
            LoadBalance::Disable => {
                let first = first.unwrap_or(0);
                self.order = (0..servers).map(|offset| (first + offset) % servers).collect();
            }
            LoadBalance::Random => {
                self.random.shuffle(&mut self.order);
                if let Some(at) = self.order.iter().position(|server| Some(*server) == first) {
                    self.order.swap(0, at);
                }
            }
        }
        self.attempts = 0;
        self.pause = None;
    }

    fn maximum(&self) -> u32 {
        self.servers().saturating_mul(self.rounds)
    }

    /// The pause behind that round, counted from 1.
    fn draw_pause(&mut self, round: u32) -> Duration {
        let factor = 1u32.checked_shl(round - 1).unwrap_or(u32::MAX);
        let pause = self.interval.saturating_mul(factor).min(self.max_interval.max(self.interval));
        pause.saturating_add(self.draw_time(pause / 2).unwrap_or_default())
    }

    /// A random time below that; `None` if it is zero.
    fn draw_time(&mut self, below: Duration) -> Option<Duration> {
        (!below.is_zero()).then(|| below.mul_f64(self.random.f64()))
    }

    /// What to do next. Counts the attempt.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        if self.attempts >= self.maximum() {
            return Next::GiveUp;
        }
        if let Some(pause) = self.pause.take() {
            return Next::WaitUntil(later(now, pause));
        }
        let server = self.order[self.attempts as usize % self.order.len()];
        let place = self.tried[server].place;
        let free_at = self.tried[place].at.map(|at| later(at, MIN_INTERVAL));
        if let Some(time) = free_at.filter(|time| *time > now) {
            return Next::WaitUntil(time);
        }
        self.tried[place].at = Some(now);
        self.attempts += 1;
        if self.attempts.is_multiple_of(self.servers()) {
            self.pause = Some(self.draw_pause(self.attempts / self.servers()));
        }
        Next::Connect(server)
    }
}

/// Where the last attempt at each server is kept: with the first one of its name.
fn places(servers: &[String]) -> Vec<Tried> {
    let mut first = HashMap::new();
    let place = |(index, server)| *first.entry(server).or_insert(index);
    servers.iter().enumerate().map(place).map(|place| Tried { place, at: None }).collect()
}

#[cfg(test)]
mod tests;
