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

/// A server's last attempt, or whose place says that.
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
    /// the spread. Starts with that server, or with the next one if it had fallen silent. But a connection that was closed at once after the
    /// login counts as a failed attempt: then the next server is tried, a pause follows each
    /// full round, and so many rounds end it.
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
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    fn failover(servers: usize, rounds: u32) -> Failover {
        Failover::new(&SessionConfig {
            servers: (0..servers).map(|number| number.to_string()).collect(),
            retry_count: rounds,
            retry_interval: INTERVAL,
            max_retry_interval: 3 * INTERVAL,
            reconnect_spread: Duration::ZERO,
            ..SessionConfig::new("a server")
        })
    }

    /// The servers tried and the pauses between, as a text.
    fn trace(failover: &mut Failover, now: &mut Instant) -> String {
        *now += MIN_INTERVAL;
        let (mut trace, mut pauses) = (String::new(), [1, 2, 3, 3, 3].into_iter());
        loop {
            match failover.next(*now) {
                Next::Connect(server) => trace += &server.to_string(),
                Next::WaitUntil(time) => {
                    let least = pauses.next().expect("so many rounds are not tried here") * INTERVAL;
                    assert!((least..least * 3 / 2).contains(&(time - *now)), "{:?}", time - *now);
                    *now = time;
                    trace += "-";
                }
                Next::GiveUp => return trace,
            }
        }
    }

    #[test]
    fn each_round_tries_each_server_once_and_pauses_grow() {
        let mut now = Instant::now();
        let mut failover = failover(3, 2);
        failover.begin();
        assert_eq!(trace(&mut failover, &mut now), "012-012");
        assert_eq!(failover.attempts(), 6);
        failover.begin_again(2, false, false);
        assert_eq!(trace(&mut failover, &mut now), "201-201", "the lost server is tried first");
        failover.begin_again(2, false, true);
        assert_eq!(trace(&mut failover, &mut now), "012-012", "unless it was silent");
        failover.begin_switch(2, None);
        assert_eq!(trace(&mut failover, &mut now), "012-012", "the one behind it");
        failover.begin_switch(2, Some(1));
        assert_eq!(trace(&mut failover, &mut now), "120-120");
        failover.rounds = 5;
        failover.begin();
        assert_eq!(trace(&mut failover, &mut now), "012-012-012-012-012");
    }

    #[test]
    fn a_server_that_hangs_up_after_the_login_is_passed_over() {
        let mut now = Instant::now();
        let mut failover = failover(2, 2);
        failover.begin();
        assert_eq!(failover.next(now), Next::Connect(0));
        failover.begin_again(0, true, false);
        assert_eq!(failover.next(now), Next::Connect(1));
        failover.begin_again(1, true, false);
        let Next::WaitUntil(time) = failover.next(now) else { panic!("a round is over") };
        assert!(time >= now + INTERVAL);
        now = time;
        assert_eq!(failover.next(now), Next::Connect(0));
        failover.begin_again(0, true, false);
        assert_eq!(failover.next(now), Next::Connect(1));
        failover.begin_again(1, true, false);
        assert_eq!(failover.next(now), Next::GiveUp);
        assert_eq!(failover.attempts(), 4);
    }

    #[test]
    fn one_server_and_no_count_is_one_attempt() {
        let mut failover = failover(1, 0);
        assert!(!failover.is_enabled());
        assert_eq!(trace(&mut failover, &mut Instant::now()), "0");
    }

    #[test]
    fn no_interval_is_not_no_pause() {
        let now = Instant::now();
        let mut failover =
            Failover::new(&SessionConfig { retry_interval: Duration::ZERO, ..SessionConfig::new("a server") });
        failover.begin();
        assert_eq!(failover.next(now), Next::Connect(0));
        assert!(matches!(failover.next(now), Next::WaitUntil(time) if time >= now + MIN_INTERVAL));
    }

    #[test]
    fn no_server_is_tried_twice_within_the_minimum() {
        let now = Instant::now();
        let mut failover = Failover::new(&SessionConfig {
            servers: vec!["a".into(), "b".into(), "a".into()],
            reconnect_spread: Duration::ZERO,
            ..SessionConfig::new("a")
        });
        failover.begin();
        assert_eq!(failover.next(now), Next::Connect(0));
        let soon = now + MIN_INTERVAL / 2;
        failover.begin_again(0, false, false);
        assert_eq!(failover.next(soon), Next::WaitUntil(now + MIN_INTERVAL), "it answered something and hung up");
        assert_eq!(failover.next(now + MIN_INTERVAL), Next::Connect(0));
        assert_eq!(failover.next(now + MIN_INTERVAL), Next::Connect(1), "another one is tried at once");
        assert_eq!(failover.next(now + MIN_INTERVAL), Next::WaitUntil(now + 2 * MIN_INTERVAL), "the same by name");
    }

    #[test]
    fn many_that_lose_a_server_come_back_spread() {
        let now = Instant::now();
        let mut tenths = [0; 10];
        for seed in 0..1000 {
            let mut failover = failover(2, 1);
            (failover.random, failover.spread) = (Rng::with_seed(seed), Duration::from_secs(1));
            failover.begin_again(0, false, false);
            let Next::WaitUntil(time) = failover.next(now) else { panic!("at once") };
            tenths[(time - now).as_millis() as usize / 100] += 1;
            assert_eq!(failover.next(now), Next::Connect(0));
        }
        assert!(tenths.iter().all(|count| (60..140).contains(count)), "{tenths:?}");
    }

    #[test]
    fn a_random_order_is_even() {
        let mut now = Instant::now();
        let mut firsts = [0; 3];
        for seed in 0..900 {
            let mut failover = failover(3, 1);
            (failover.random, failover.load_balance) = (Rng::with_seed(seed), LoadBalance::Random);
            failover.begin();
            let mut order = trace(&mut failover, &mut now).into_bytes();
            firsts[usize::from(order[0] - b'0')] += 1;
            order.sort_unstable();
            assert_eq!(order, b"012", "each is tried");
            failover.begin_again(1, false, false);
            assert!(trace(&mut failover, &mut now).starts_with('1'), "the lost server is tried first");
        }
        assert!(firsts.iter().all(|count| (240..360).contains(count)), "{firsts:?}");
    }
}
