//! What a simulated network does to its connections.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::rng::Rng;

/// Something that happens with a probability, at a value in a range: after so many
/// bytes, or after so much time.
#[derive(Debug, Clone, PartialEq)]
pub struct Chance<T> {
    /// From 0 (never) to 1 (always).
    pub probability: f64,
    /// Each value in it is as likely.
    pub range: RangeInclusive<T>,
}

impl<T: Default> Chance<T> {
    /// Does not happen.
    pub fn never() -> Self {
        Self { probability: 0.0, range: T::default()..=T::default() }
    }
}

impl<T> Chance<T> {
    /// Happens with that probability.
    pub fn new(probability: f64, range: RangeInclusive<T>) -> Self {
        Self { probability, range }
    }

    /// Happens always.
    pub fn always(range: RangeInclusive<T>) -> Self {
        Self::new(1.0, range)
    }
}

impl Chance<u64> {
    pub(crate) fn draw(&self, rng: &mut Rng) -> Option<u64> {
        let value = rng.in_range(&self.range);
        rng.chance(self.probability).then_some(value)
    }
}

impl Chance<Duration> {
    pub(crate) fn draw(&self, rng: &mut Rng) -> Option<Duration> {
        let value = rng.time(&self.range);
        rng.chance(self.probability).then_some(value)
    }
}

/// Faults of a [`Network`](super::Network) and how likely each is. Times are virtual;
/// probabilities go from 0 to 1; offsets count bytes in one direction from the start of
/// the connection. Each connection, reply and restart draws for itself.
///
/// Start from [`calm`](Self::calm) and change what the test is about, or take
/// [`from_seed`](Self::from_seed).
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkPlan {
    /// How many servers there are, numbered from 0. Default 1.
    pub servers: usize,
    /// From this time on there are no new faults: servers are up, stalls and paths that
    /// would be cut later recover, and new connections are calm. What has happened is
    /// not undone. Default `None`: never.
    pub calm_after: Option<Duration>,

    /// How long bytes travel, drawn for each piece and direction; the order stays.
    /// Default 0.1 to 1 ms.
    pub latency: RangeInclusive<Duration>,
    /// Length of the pieces in which a stream arrives, in bytes, at least 1. Default: as sent.
    pub piece: RangeInclusive<u64>,
    /// How many bytes of the client may be under way or unread by the server. Default 64 KiB.
    pub window: usize,

    /// The name of the server is not found.
    pub dns_failure: f64,
    /// The server refuses the connection. A server that is down always does.
    pub refused: f64,
    /// The connection gets no answer until [`connect_timeout`](Self::connect_timeout).
    pub unanswered: f64,
    /// When the system gives an unanswered connection up. Default 127 s, as Linux.
    pub connect_timeout: Duration,

    /// The server is full: it ends the session before the handshake.
    pub server_full: f64,
    /// The server's messages have another protocol version.
    pub wrong_protocol: f64,
    /// The handshake fails because of the client's version.
    pub wrong_version: f64,
    /// The user is rejected.
    pub rejected: f64,
    /// The login is answered with an exception.
    pub login_exception: f64,

    /// The connection is cut after so many bytes to the client.
    pub cut_to_client: Chance<u64>,
    /// The connection is cut after so many bytes to the server.
    pub cut_to_server: Chance<u64>,
    /// The connection is cut so long after it was made. Bytes that are under way are lost.
    pub cut_after: Chance<Duration>,
    /// Probability that a cut is a reset and not an end of the stream. Default 0.5.
    pub reset: f64,
    /// One byte at that offset to the client is changed.
    pub corrupt_to_client: Chance<u64>,
    /// One byte at that offset to the server is changed.
    pub corrupt_to_server: Chance<u64>,
    /// The server stops reading so long after the connection was made.
    pub stop_reading: Chance<Duration>,
    /// The server reads and works, but sends nothing, from so long after the connection
    /// was made.
    pub stop_answering: Chance<Duration>,
    /// How long such a stall takes. Default 10 ms to 1 s.
    pub stall: RangeInclusive<Duration>,
    /// Probability that a stall never ends.
    pub endless_stall: f64,

    /// The server ends the session so long after the connection was made.
    pub terminate: Chance<Duration>,
    /// Time from one restart of a server to its next. Default `None`: no restarts.
    pub restart_every: Option<RangeInclusive<Duration>>,
    /// How long a server that restarts is down. Default 10 ms to 1 s.
    pub down: RangeInclusive<Duration>,

    /// How long a server takes for a request; requests overtake each other where the
    /// times differ. Default 0.
    pub work: RangeInclusive<Duration>,
    /// Added to that for some requests.
    pub late_reply: Chance<Duration>,
    /// A request is executed and never answered.
    pub missing_reply: f64,
    /// A request is answered twice.
    pub duplicate_reply: f64,
    /// A reply with an unknown request id comes before the right one.
    pub unknown_reply: f64,
    /// A request is answered with a reply that does not decode.
    pub bad_reply: f64,

    /// Time between pings of the server to a logged-in client. Default `None`: no pings.
    pub ping_every: Option<RangeInclusive<Duration>>,
    /// Time between messages that the client did not ask for. Default `None`.
    pub unasked_every: Option<RangeInclusive<Duration>>,
}

impl NetworkPlan {
    /// No faults.
    pub fn calm(servers: usize) -> Self {
        let stall = Duration::from_millis(10)..=Duration::from_secs(1);
        Self {
            servers,
            calm_after: None,
            latency: Duration::from_micros(100)..=Duration::from_millis(1),
            piece: u64::MAX..=u64::MAX,
            window: 64 * 1024,
            dns_failure: 0.0,
            refused: 0.0,
            unanswered: 0.0,
            connect_timeout: Duration::from_secs(127),
            server_full: 0.0,
            wrong_protocol: 0.0,
            wrong_version: 0.0,
            rejected: 0.0,
            login_exception: 0.0,
            cut_to_client: Chance::never(),
            cut_to_server: Chance::never(),
            cut_after: Chance::never(),
            reset: 0.5,
            corrupt_to_client: Chance::never(),
            corrupt_to_server: Chance::never(),
            stop_reading: Chance::never(),
            stop_answering: Chance::never(),
            stall: stall.clone(),
            endless_stall: 0.0,
            terminate: Chance::never(),
            restart_every: None,
            down: stall,
            work: Duration::ZERO..=Duration::ZERO,
            late_reply: Chance::never(),
            missing_reply: 0.0,
            duplicate_reply: 0.0,
            unknown_reply: 0.0,
            bad_reply: 0.0,
            ping_every: None,
            unasked_every: None,
        }
    }

    /// The same path, without faults.
    pub(crate) fn calmed(&self) -> Self {
        Self {
            calm_after: self.calm_after,
            latency: self.latency.clone(),
            piece: self.piece.clone(),
            window: self.window,
            connect_timeout: self.connect_timeout,
            work: self.work.clone(),
            ..Self::calm(self.servers)
        }
    }
}

impl Default for NetworkPlan {
    /// One server, no faults.
    fn default() -> Self {
        Self::calm(1)
    }
}
