//! What `tgdb ping` prints.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::Style;
use serde_json::{Value, json};
use tgdb_channel::TgChannel;

use super::certificate::Certificate;
use crate::duration;
use crate::exit::Failure;
use crate::output::{self, Color};

/// What is known after the login.
pub(super) struct Report {
    server: String,
    address: String,
    resolve: Duration,
    tcp: Duration,
    tls: Option<Tls>,
    login: Duration,
    version: String,
    session: i64,
}

struct Tls {
    time: Duration,
    agreed: String,
    certificates: Vec<Certificate>,
}

impl Report {
    pub(super) fn of(channel: &TgChannel) -> Self {
        let times = channel.connect_times().unwrap_or_default();
        let tls = channel.tls_info().map(|info| Tls {
            time: times.tls.unwrap_or_default(),
            agreed: info.to_string(),
            certificates: info.peer_certificates.iter().map(|der| Certificate::of(der)).collect(),
        });
        Self {
            server: channel.url().authority(),
            address: channel.outbox_addr().map(|address| address.to_string()).unwrap_or_default(),
            resolve: times.resolve,
            tcp: times.tcp,
            tls,
            login: channel.login_time().unwrap_or_default(),
            version: channel.server_product_version().map(|version| version.to_string()).unwrap_or_default(),
            session: channel.session_id(),
        }
    }

    pub(super) fn print(&self, color: Color) -> Result<(), Failure> {
        let bold = if color.is_wanted() { Style::new().bold() } else { Style::new() };
        let mut text = format!("{bold}{}{bold:#} at {}\n", self.server, self.address);
        let mut step = |name: &str, time: Duration, what: &str| {
            let _ = writeln!(text, "{}", format!("{name:<10}{:>11}  {what}", duration::milliseconds(time)).trim_end());
        };
        step("resolve", self.resolve, "");
        step("connect", self.tcp, "");
        if let Some(tls) = &self.tls {
            step("tls", tls.time, &tls.agreed);
        }
        step("login", self.login, &format!("server version {}, session {}", self.version, self.session));
        for certificate in self.tls.iter().flat_map(|tls| &tls.certificates) {
            let _ = writeln!(text, "certificate  {certificate}");
        }
        output::print(text.as_bytes())
    }

    pub(super) fn print_json(&self, rounds: &Rounds) -> Result<(), Failure> {
        let mut object = json!({
            "server": self.server,
            "address": self.address,
            "resolve_ms": ms(self.resolve),
            "connect_ms": ms(self.tcp),
            "login_ms": ms(self.login),
            "server_version": self.version,
            "session": self.session,
            "requests": rounds.to_json(),
        });
        if let Some(tls) = &self.tls {
            let certificates: Vec<_> = tls.certificates.iter().map(Certificate::to_json).collect();
            object["tls"] = json!({ "ms": ms(tls.time), "agreed": tls.agreed, "certificates": certificates });
        }
        output::print_json(&object)
    }
}

/// Shows a request that was answered.
pub(super) fn print_round(time: Duration) -> Result<(), Failure> {
    output::print(format!("request   {:>11}\n", duration::milliseconds(time)).as_bytes())
}

/// The requests.
#[derive(Default)]
pub(super) struct Rounds(Vec<Duration>);

impl Rounds {
    pub(super) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Minimum, median and maximum, if there was any.
    fn summary(&self) -> Option<[Duration; 3]> {
        let mut times = self.0.clone();
        times.sort_unstable();
        // The middle one, or the mean of the two in the middle.
        let (lower, upper) = (times.get(times.len().checked_sub(1)? / 2)?, times.get(times.len() / 2)?);
        let median = (*lower + *upper) / 2;
        Some([*times.first()?, median, *times.last()?])
    }

    pub(super) fn print(&self) -> Result<(), Failure> {
        let Some(times) = self.summary() else { return Ok(()) };
        let [min, median, max] = times.map(duration::milliseconds);
        let (count, plural) = (self.0.len(), if self.0.len() == 1 { "" } else { "s" });
        output::print(format!("{count} request{plural}: min {min}, median {median}, max {max}\n").as_bytes())
    }

    fn to_json(&self) -> Value {
        let [min, median, max] = self.summary().map_or([None; 3], |times| times.map(|time| Some(ms(time))));
        json!({ "count": self.0.len(), "min_ms": min, "median_ms": median, "max_ms": max })
    }
}

/// To the microsecond, as a number of milliseconds.
fn ms(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_the_middle_one() {
        assert_eq!(Rounds::default().summary(), None);
        let times = [5, 1, 9].map(Duration::from_millis);
        assert_eq!(Rounds(times.to_vec()).summary(), Some([1, 5, 9].map(Duration::from_millis)));
        let times = [8, 2].map(Duration::from_millis);
        assert_eq!(Rounds(times.to_vec()).summary(), Some([2, 5, 8].map(Duration::from_millis)));
    }
}
