//! Plans made from a seed.

use std::time::Duration;

use super::plan::{Chance, NetworkPlan};
use super::rng::Rng;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Bytes of a login and a few requests.
const EARLY: u64 = 2000;

impl NetworkPlan {
    /// A scenario: one to four servers, and some of the faults, each more or less likely.
    /// One seed in eight has no faults; half of the others calm down after 2 to 20 s. Of
    /// the faults of the login only [`server_full`](Self::server_full) is common: the
    /// others are answers for the user, after which a client need not try again.
    pub fn from_seed(seed: u64) -> Self {
        let mut rng = Rng::of(seed, 1, 0);
        let mut plan = Self::calm(1 + rng.below(4));
        plan.path_from(&mut rng);
        if rng.chance(0.125) {
            return plan;
        }
        if rng.chance(0.5) {
            plan.calm_after = Some(rng.time(&(ms(2000)..=ms(20_000))));
        }
        plan.connects_from(&mut rng);
        plan.streams_from(&mut rng);
        plan.servers_from(&mut rng);
        plan.replies_from(&mut rng);
        plan
    }

    fn path_from(&mut self, rng: &mut Rng) {
        self.latency = match rng.below(4) {
            0 => Duration::ZERO..=Duration::ZERO,
            1 => ms(0)..=ms(1),
            2 => ms(1)..=ms(30),
            _ => ms(0)..=ms(300),
        };
        self.piece = match rng.below(4) {
            0 => 1..=3,
            1 => 1..=80,
            2 => 1..=20_000,
            _ => u64::MAX..=u64::MAX,
        };
        self.window = [200, 4096, 64 * 1024, 1 << 20][rng.below(4)];
    }

    fn connects_from(&mut self, rng: &mut Rng) {
        self.dns_failure = some(rng, 0.5);
        self.refused = some(rng, 0.5);
        self.unanswered = some(rng, 0.5);
        self.connect_timeout = [ms(3000), ms(127_000)][rng.below(2)];
        self.server_full = some(rng, 0.5);
        for fault in [&mut self.wrong_protocol, &mut self.wrong_version, &mut self.rejected, &mut self.login_exception]
        {
            *fault = if rng.chance(0.1) { some(rng, 0.3) } else { 0.0 };
        }
    }

    fn streams_from(&mut self, rng: &mut Rng) {
        let reach = if rng.chance(0.5) { EARLY } else { 100 * EARLY };
        self.cut_to_client = Chance::new(some(rng, 1.0), 0..=reach);
        self.cut_to_server = Chance::new(some(rng, 1.0), 0..=reach);
        self.cut_after = Chance::new(some(rng, 1.0), ms(0)..=ms(5000));
        self.reset = rng.below(3) as f64 / 2.0;
        self.corrupt_to_client = Chance::new(some(rng, 0.5), 0..=reach);
        self.corrupt_to_server = Chance::new(some(rng, 0.5), 0..=reach);
        self.stop_reading = Chance::new(some(rng, 0.5), ms(0)..=ms(3000));
        self.stop_answering = Chance::new(some(rng, 0.5), ms(0)..=ms(3000));
        self.stall = ms(1)..=[ms(100), ms(1000), ms(10_000)][rng.below(3)];
        self.endless_stall = some(rng, 0.5);
    }

    fn servers_from(&mut self, rng: &mut Rng) {
        self.terminate = Chance::new(some(rng, 0.5), ms(0)..=ms(5000));
        self.restart_every = rng.chance(0.3).then(|| ms(200)..=ms(10_000));
        self.down = ms(1)..=[ms(100), ms(1000), ms(10_000)][rng.below(3)];
        self.ping_every = rng.chance(0.3).then(|| ms(1)..=ms(1000));
        self.unasked_every = rng.chance(0.3).then(|| ms(1)..=ms(1000));
    }

    fn replies_from(&mut self, rng: &mut Rng) {
        self.work = ms(0)..=[ms(0), ms(1), ms(50), ms(500)][rng.below(4)];
        self.late_reply = Chance::new(some(rng, 0.2), ms(500)..=ms(20_000));
        self.missing_reply = some(rng, 0.2);
        self.duplicate_reply = some(rng, 0.5);
        self.unknown_reply = some(rng, 0.5);
        self.bad_reply = some(rng, 0.2);
    }
}

/// Nothing two times out of three, else a probability up to that.
fn some(rng: &mut Rng, maximum: f64) -> f64 {
    let part = (1 + rng.below(100)) as f64 / 100.0;
    if rng.chance(1.0 / 3.0) { maximum * part } else { 0.0 }
}
