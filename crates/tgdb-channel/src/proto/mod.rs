//! The session without I/O: no sockets, no clocks, no threads. Time comes in as an
//! argument, bytes and frames go in and out. [`TgChannel`](crate::TgChannel) drives it with
//! threads and sockets; tests drive it with a network in virtual time, and a program can
//! drive it with an event loop of its own.
//!
//! As in quinn-proto, methods come in four kinds:
//! - `handle_*` for what comes in: a connection, a frame, a loss, the time;
//! - commands of the program: [`connect`](Session::connect), [`submit`](Session::submit),
//!   [`cancel`](Session::cancel), [`close`](Session::close);
//! - `poll_*` for what goes out; call them after each of the others until they give nothing;
//! - getters.
//!
//! `W` is who waits for an outcome. The session keeps it and hands it back with
//! [`Event::Completed`] or [`Event::Room`]; waking is left to the driver, which does it
//! after it has released its lock.
//!
//! # Example
//! ```
//! use std::time::Instant;
//! use tgdb_channel::proto::{Event, Session, SessionConfig, Transmit};
//!
//! let now = Instant::now();
//! let mut session: Session<()> = Session::new(SessionConfig::new("localhost:8222"));
//! session.connect(now)?;
//! let Some(Event::Connect { link, server: 0 }) = session.poll_event() else { panic!("a socket is needed") };
//!
//! // The driver connects, and reports. The first message of the login is there to be sent.
//! assert!(session.handle_connected(now, link, "127.0.0.1:50000"));
//! let mut transmit = Transmit::default();
//! session.poll_transmit(now, 1_700_000_000_000, &mut transmit);
//! assert_eq!(transmit.remaining(), 66);
//! # Ok::<(), tgdb_channel::ChannelError>(())
//! ```

mod close;
mod config;
mod connect;
mod entry;
mod event;
mod failover;
mod link;
mod liveness;
mod login;
mod login_error;
mod outbox;
mod payload;
mod receive;
mod request;
mod requests;
mod room;
mod sent;
mod submit;
mod table;
mod timers;
mod transmit;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tgdb_pdu::Verb;
use tgdb_transport::TransportError;

pub use config::{Liveness, SessionConfig};
pub use event::{Event, LinkId};
pub use failover::LoadBalance;
pub use link::{Identity, SessionNumber};
pub use login::{Credentials, Login, LoginStep, LoginSuccess};
pub use login_error::LoginError;
pub use payload::{Payload, Transmit};
pub use request::{Ended, Failure, Outcome, Reply, Request, Tracker};
pub use sent::SentRequest;
pub use submit::{NotTaken, SubmitError};

pub(crate) use close::{LINGER_FORCEFUL, LINGER_GRACEFUL};
pub(crate) use receive::termination_reason;

use crate::{ChannelError, ChannelStats, LinkState, ResendMode, WaiterStatus};
use failover::Failover;
use link::{Link, Purpose};
use outbox::Outbox;
use requests::Requests;
use timers::Timers;

/// A session with a server of a list, over one connection after another. See the
/// [module](self).
#[derive(Debug)]
pub struct Session<W> {
    config: SessionConfig,
    state: LinkState,
    link: Link,
    purpose: Purpose,
    last_link: LinkId,
    /// Requests are allowed.
    is_started: bool,
    failover: Failover,
    requests: Requests<W>,
    outbox: Outbox,
    /// Bytes of this connection given out by `poll_transmit`, and those of them sent.
    given_out: u64,
    sent: u64,
    /// Messages without reply by where they end in the bytes given out.
    leaving: VecDeque<(u64, i64)>,
    /// A write failed; what arrived before is still being read.
    send_failure: Option<Arc<TransportError>>,
    timers: Timers,
    /// When anything last went either way.
    last_activity: Option<Instant>,
    /// Since when requests wait and nothing arrived.
    silent_since: Option<Instant>,
    /// Counts the logins that succeeded.
    sessions: u64,
    /// The session in which a transaction was begun last.
    transaction: Option<SessionNumber>,
    identity: Option<Identity>,
    /// Counts the calls of `connect`.
    connects: u64,
    connect_outcome: Option<Result<(), ChannelError>>,
    last_error: Option<ChannelError>,
    /// Why the last attempt to connect failed, while another may follow.
    attempt_error: Option<ChannelError>,
    /// What has to be counted; the rest is added when it is asked for.
    stats: ChannelStats,
    /// The login of this connection.
    connected_since: Option<Instant>,
    events: VecDeque<Event<W>>,
}

impl<W> Session<W> {
    /// A session that is not connected.
    ///
    /// # Panics
    /// If the configuration names no server.
    pub fn new(config: SessionConfig) -> Self {
        assert!(!config.servers.is_empty(), "a session needs a server");
        Self {
            state: LinkState::NotConnected,
            link: Link::Idle,
            purpose: Purpose::Connect,
            last_link: LinkId::default(),
            is_started: false,
            failover: Failover::new(&config),
            requests: Requests::new(),
            outbox: Outbox::default(),
            given_out: 0,
            sent: 0,
            leaving: VecDeque::new(),
            send_failure: None,
            timers: Timers::default(),
            last_activity: None,
            silent_since: None,
            sessions: 0,
            transaction: None,
            identity: None,
            connects: 0,
            connect_outcome: None,
            last_error: None,
            attempt_error: None,
            stats: ChannelStats::default(),
            connected_since: None,
            events: VecDeque::new(),
            config,
        }
    }

    /// The configuration.
    pub fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// State of the link.
    pub fn state(&self) -> LinkState {
        self.state
    }

    /// The connection, from [`handle_connected`](Self::handle_connected) to
    /// [`Event::Close`] or the next loss.
    pub fn link(&self) -> Option<LinkId> {
        self.link.id()
    }

    /// Whether it connects, is connected, or is being closed.
    pub fn is_active(&self) -> bool {
        !matches!(self.link, Link::Idle)
    }

    /// What the server gave with the last login.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Why the link is down, if it is and not because the program closed it.
    pub fn last_error(&self) -> Option<&ChannelError> {
        self.last_error.as_ref()
    }

    /// Counters since the session was made.
    pub fn stats(&self, now: Instant) -> ChannelStats {
        let lasting = self.connected_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        ChannelStats {
            in_flight: self.in_flight(),
            waiting_for_room: self.requests.room.waiting(),
            connected: self.stats.connected.saturating_add(lasting),
            ..self.stats.clone()
        }
    }

    /// How many requests have no outcome yet.
    pub fn in_flight(&self) -> usize {
        self.requests.open()
    }

    /// How many requests were submitted so far.
    pub fn submitted(&self) -> i64 {
        self.requests.submitted()
    }

    /// The requests in flight by id, with what becomes of each when the connection is lost.
    pub fn requests(&self) -> Vec<(i64, Verb, ResendMode, WaiterStatus)> {
        self.requests.list()
    }

    /// How a request stands; `None` if its outcome was taken, or it was cancelled.
    pub fn status(&self, id: i64) -> Option<WaiterStatus> {
        self.requests.status(id)
    }

    /// Whether frames must be read even if nobody waits for a reply: a login, a close, or
    /// somebody who waits for room or for a message to be sent is under way.
    pub fn wants_frames(&self) -> bool {
        match self.link {
            Link::LoggingIn { .. } | Link::Draining { .. } | Link::Lingering { .. } => true,
            Link::Established { .. } => {
                self.send_failure.is_some() || !self.leaving.is_empty() || !self.requests.room.is_empty()
            }
            Link::Idle | Link::Backoff | Link::Connecting { .. } => false,
        }
    }

    /// What the driver is to do or to know next.
    pub fn poll_event(&mut self) -> Option<Event<W>> {
        self.events.pop_front()
    }

    /// When the link itself needs [`handle_timeout`](Self::handle_timeout): a part of
    /// [`poll_timeout`](Self::poll_timeout) that costs less.
    pub fn poll_link_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called at the latest.
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        [self.timers.next(), self.requests.next_deadline()].into_iter().flatten().min()
    }

    /// Gives back memory that is not in use. Worth it when the session is quiet after it was
    /// busy.
    pub fn shrink(&mut self) {
        self.requests.shrink();
        self.outbox.shrink();
        self.leaving.shrink_to(16);
        self.events.shrink_to(16);
    }

    fn transition_to(&mut self, to: LinkState) {
        let from = std::mem::replace(&mut self.state, to);
        debug_assert!(from.can_become(to), "{from:?} -> {to:?}");
        self.events.push_back(Event::LinkChanged { from, to });
    }

    /// Gives a request its outcome.
    fn end_request(&mut self, key: i64, outcome: Outcome) {
        let Some(closed) = self.requests.close(key, outcome) else { return };
        if let Some(length) = closed.unsent {
            self.outbox.forget_request(length);
        }
        self.events.extend(closed.waiter.map(|waiter| Event::Completed { id: key, waiter }));
        self.events.extend(closed.tracked.map(|tracked| tracked.event(key)));
    }

    /// Ends all requests.
    fn end_all(&mut self, failure: &Failure) {
        for key in self.requests.keys(|_| true) {
            self.end_request(key, Outcome::Failed(failure.clone()));
        }
        self.call_all_in();
    }
}

/// The time after that duration; a far one if the clock would overflow.
fn later(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or_else(|| now + Duration::from_secs(1 << 30))
}
