//! What a seed stands for: the network, the settings of the session, the program.

use std::ops::RangeInclusive;
use std::time::Duration;

use tgdb_channel::Credentials;
use tgdb_channel::proto::SessionConfig;
use tgdb_channel::url::VersionCheck;
use tgdb_testkit::sim::{Chance, NetworkPlan, Rng};
use tgdb_testkit::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER};

/// What random numbers are for.
pub(crate) const SCENARIO: u64 = 100;
pub(crate) const DRIVER: u64 = 101;
pub(crate) const PROGRAM: u64 = 102;

pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) plan: NetworkPlan,
    pub(crate) config: SessionConfig,
    pub(crate) driver: DriverHabits,
    pub(crate) program: ProgramHabits,
    /// How long the program acts at most.
    pub(crate) length: Duration,
}

#[derive(Debug, Clone)]
pub(crate) struct DriverHabits {
    /// Probability that work is put off for a moment.
    pub(crate) laziness: f64,
    /// Gives attempts to connect up itself when their time is over.
    pub(crate) gives_up: bool,
    /// Probability that a write takes a part only.
    pub(crate) partial_writes: f64,
}

#[derive(Debug, Clone)]
pub(crate) struct ProgramHabits {
    /// Time between two actions.
    pub(crate) pause: RangeInclusive<Duration>,
    /// How often it acts at most.
    pub(crate) actions: usize,
    /// How many requests go in at once at most.
    pub(crate) burst: usize,
    /// Length of what is added to a request.
    pub(crate) padding: RangeInclusive<u64>,
    pub(crate) timeout: RangeInclusive<Duration>,
    /// Probabilities for one action each.
    pub(crate) cancel: f64,
    pub(crate) stop: f64,
    pub(crate) cut: f64,
    /// Probabilities for one request each.
    pub(crate) one_way: f64,
    pub(crate) resend: f64,
}

fn pick<T: Copy>(rng: &mut Rng, values: &[T]) -> T {
    values[rng.below(values.len())]
}

impl Scenario {
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut plan = NetworkPlan::from_seed(seed);
        let rng = &mut Rng::of(seed, SCENARIO, 0);
        if rng.chance(0.1) {
            // A changed byte after the login, which plans rarely have.
            plan.corrupt_to_client = Chance::new(0.5, 250..=2000);
        }
        let config = config(rng, plan.servers);
        let driver = DriverHabits {
            laziness: pick(rng, &[0.0, 0.3, 0.8]),
            gives_up: rng.chance(0.5),
            partial_writes: pick(rng, &[0.0, 0.0, 0.5]),
        };
        let mut program = program(rng);
        if *plan.piece.end() <= 3 {
            // Each piece takes time to simulate.
            program.padding = 0..=20;
            program.actions = 40;
        }
        Self { plan, config, driver, program, length: pick(rng, &[ms(1000), ms(4000), ms(10_000)]) }
    }

    /// Whether connecting must succeed once the network is calm: the slowest path needs
    /// 0.6 s for a connection, and up to 6 s for a login in pieces of the smallest window.
    pub(crate) fn must_connect_when_calm(&self) -> bool {
        self.plan.calm_after.is_some()
            && self.config.connect_timeout >= ms(700)
            && self.config.operation_timeout >= ms(8000)
            && self.config.send_timeout >= ms(2000)
    }
}

fn config(rng: &mut Rng, servers: usize) -> SessionConfig {
    let mut config = SessionConfig::new("server-0:8222");
    config.servers = (0..servers).map(|number| format!("server-{number}:8222")).collect();
    config.credentials = Credentials {
        user: DEFAULT_USER.into(),
        password: DEFAULT_PASSWORD.into(),
        database: Some(DEFAULT_DATABASE.into()),
        roles: None,
        client_id: "simulation".into(),
        inbox_addr: String::new(),
        ssl_mode: false,
        version_check: VersionCheck::Major,
    };
    config.retry_count = pick(rng, &[0, 1, 3, 10]);
    config.retry_interval = pick(rng, &[ms(0), ms(10), ms(200), ms(2000)]);
    let is_patient = rng.chance(0.6);
    let timeout = |rng: &mut Rng, hasty: [u64; 2], patient| ms(if is_patient { patient } else { pick(rng, &hasty) });
    config.connect_timeout = timeout(rng, [30, 300], 1000);
    config.operation_timeout = timeout(rng, [100, 1000], 10_000);
    config.send_timeout = timeout(rng, [50, 500], 5000);
    config.ping_interval = pick(rng, &[None, Some(ms(20)), Some(ms(200)), Some(ms(2000))]);
    config.max_in_flight = pick(rng, &[1, 3, 20, 1000]);
    config.max_outbox = pick(rng, &[100, 500, 4000, 1 << 20]);
    config
}

fn program(rng: &mut Rng) -> ProgramHabits {
    ProgramHabits {
        pause: ms(0)..=pick(rng, &[ms(20), ms(100), ms(500)]),
        actions: pick(rng, &[20, 50, 120]),
        burst: pick(rng, &[1, 3, 10]),
        padding: 0..=pick(rng, &[0, 100, 1000]),
        timeout: ms(0)..=pick(rng, &[ms(100), ms(1000), ms(10_000)]),
        cancel: pick(rng, &[0.0, 0.1, 0.3]),
        stop: pick(rng, &[0.0, 0.01, 0.1]),
        cut: pick(rng, &[0.0, 0.02, 0.2]),
        one_way: pick(rng, &[0.0, 0.1, 0.5]),
        resend: pick(rng, &[0.1, 0.4, 0.9]),
    }
}
