//! From "connect" to a logged-in connection, over the list of servers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tgdb_pdu::{Body, Frame};
use tgdb_transport::{TransportError, verify_database_name};

use super::entry::Entry;
use super::failover::Next;
use super::link::{Link, Purpose};
use super::timers::Timer;
use super::{
    Credentials, Event, Failure, Identity, LinkId, Login, LoginStep, LoginSuccess, Session, SessionNumber, later,
};
use crate::{ChannelError, LinkState, LoginError, ResendMode};

/// The operation of errors that end a login.
pub(super) const LOG_IN: &str = "log in at";
/// How much later than the driver the session gives an attempt up: the driver knows why.
const SLACK: Duration = Duration::from_millis(100);

impl<W> Session<W> {
    /// Begins to connect. [`Event::ConnectEnded`] says when that succeeded or failed. Returns
    /// a number for [`take_connect_outcome`](Self::take_connect_outcome).
    ///
    /// # Errors
    /// [`ChannelError::AlreadyConnected`].
    pub fn connect(&mut self, now: Instant) -> Result<u64, ChannelError> {
        if self.is_active() {
            return Err(ChannelError::AlreadyConnected(self.state));
        }
        self.connects += 1;
        self.purpose = Purpose::Connect;
        self.connect_outcome = None;
        self.attempt_error = None;
        self.is_started = false;
        self.failover.begin();
        self.connect_next(now);
        Ok(self.connects)
    }

    /// Takes how that call of [`connect`](Self::connect) ended, if it has. If there was
    /// another since, it was stopped.
    pub fn take_connect_outcome(&mut self, number: u64) -> Option<Result<(), ChannelError>> {
        if number != self.connects { Some(Err(ChannelError::Stopped)) } else { self.connect_outcome.take() }
    }

    /// The number of the last call of [`connect`](Self::connect).
    pub fn last_connect(&self) -> u64 {
        self.connects
    }

    /// How many attempts were made since the call of [`connect`](Self::connect), or the loss.
    pub fn attempts(&self) -> u32 {
        self.failover.attempts()
    }

    /// Whether the driver is to connect for that attempt.
    pub fn is_connecting(&self, attempt: LinkId) -> bool {
        matches!(self.link, Link::Connecting { link, .. } if link == attempt)
    }

    /// Goes on with the next server, or waits, or gives up.
    pub(super) fn connect_next(&mut self, now: Instant) {
        match self.failover.next(now) {
            Next::Connect(server) => {
                self.last_link.0 += 1;
                let link = self.last_link;
                self.link = Link::Connecting { link, server };
                self.timers.set(Timer::Link, later(now, self.config.connect_timeout.saturating_add(SLACK)));
                self.events.push_back(Event::Connect { link, server });
            }
            Next::WaitUntil(time) => {
                self.link = Link::Backoff;
                self.timers.set(Timer::Link, time);
            }
            Next::GiveUp => {
                let last = match (self.attempt_error.take(), &self.purpose) {
                    (Some(last), _) => last,
                    (None, Purpose::Reconnect { cause }) => ChannelError::ConnectionLost(cause.clone()),
                    (None, Purpose::Connect) => ChannelError::Stopped,
                };
                let servers = self.config.servers.join(", ");
                let attempts = self.failover.attempts();
                let error = ChannelError::AllAttemptsFailed { servers, attempts, last: Box::new(last) };
                self.end_connecting(Err(error));
            }
        }
    }

    /// A socket is there. `inbox_addr` is the address of our end, which the login sends to the
    /// server. `false` if it is not wanted any more: close it.
    pub fn handle_connected(&mut self, now: Instant, link: LinkId, inbox_addr: &str) -> bool {
        let server = match self.link {
            Link::Connecting { link: current, server } if current == link => server,
            _ => return false,
        };
        let inbox_addr = inbox_addr.to_owned();
        let credentials = Credentials { inbox_addr, ..self.config.credentials.clone() };
        let (login, first) = Login::start(credentials);
        let login = login.with_max_frame_len(self.config.max_login_frame_len);
        self.link = Link::LoggingIn { link, server, since: now, login: Box::new(login) };
        self.timers.set(Timer::Link, later(now, self.config.operation_timeout));
        self.send_in_login(now, &first);
        true
    }

    /// An attempt to connect failed.
    pub fn handle_connect_failed(&mut self, now: Instant, link: LinkId, error: ChannelError) {
        if self.is_connecting(link) {
            self.handle_attempt_failed(now, error);
        }
    }

    /// The login or the pause took as long as they may.
    pub(super) fn handle_link_timeout(&mut self, now: Instant) {
        let peer = self.peer();
        match self.link {
            Link::Backoff => self.connect_next(now),
            Link::Connecting { link, .. } => {
                self.events.push_back(Event::CancelConnect { link });
                let timeout = self.config.connect_timeout;
                let error = TransportError::ConnectTimeout { operation: "connect to", peer, timeout };
                self.handle_attempt_failed(now, error.into());
            }
            Link::LoggingIn { ref login, .. } => {
                let (waiting_for, timeout) = (login.waiting_for(), self.config.operation_timeout);
                let source = LoginError::Timeout { waiting_for, timeout }.into();
                self.handle_attempt_failed(now, ChannelError::Login { peer, source });
            }
            Link::Idle | Link::Established { .. } | Link::Draining { .. } | Link::Lingering { .. } => {}
        }
    }

    pub(super) fn handle_attempt_failed(&mut self, now: Instant, error: ChannelError) {
        let (Link::Connecting { server, .. } | Link::LoggingIn { server, .. }) = self.link else { return };
        self.close_link(now);
        self.stats.failed_attempts += 1;
        let attempt = self.failover.attempts();
        self.events.push_back(Event::AttemptFailed { server, attempt, error: error.clone() });
        if !self.failover.is_enabled() || error.ends_connecting() {
            self.end_connecting(Err(error));
        } else {
            self.attempt_error = Some(error);
            self.connect_next(now);
        }
    }

    fn send_in_login(&mut self, now: Instant, body: &Body) {
        if let Err(source) = self.push_own(body) {
            self.handle_attempt_failed(now, ChannelError::Encode { verb: body.verb(), source });
        }
    }

    /// A frame of the login.
    pub(super) fn handle_login_frame(&mut self, now: Instant, frame: &Frame) {
        let Link::LoggingIn { server, login, since, .. } = &mut self.link else { return };
        let (server, login_time) = (*server, now.saturating_duration_since(*since));
        let step = login.on_frame(frame);
        match step {
            Ok(LoginStep::Wait) => {}
            Ok(LoginStep::Send(body)) => self.send_in_login(now, &body),
            Ok(LoginStep::Done(success)) => self.handle_logged_in(now, server, login_time, success),
            Err(source) => {
                let peer = self.config.servers[server].clone();
                self.handle_attempt_failed(now, ChannelError::Login { peer, source: source.into() });
            }
        }
    }

    fn handle_logged_in(&mut self, now: Instant, server: usize, login_time: Duration, success: LoginSuccess) {
        let LoginSuccess { auth_token, session_id, certificate, server_version } = success;
        if let Some(database) = &self.config.verify_database
            && let Err(source) = verify_database_name(certificate.as_deref().unwrap_or_default(), database)
        {
            let peer = self.config.servers[server].clone();
            return self.handle_attempt_failed(now, ChannelError::DatabaseName { peer, source });
        }
        let Some(link) = self.link() else { return };
        // A copy: a slice would keep the whole reply in memory, with the token in it.
        let certificate = certificate.map(|certificate| Bytes::copy_from_slice(&certificate));
        self.sessions += 1;
        let number = SessionNumber(self.sessions);
        self.identity =
            Some(Identity { number, auth_token, session_id, certificate, server_version, server, login_time });
        self.connected_since = Some(now);
        self.link = Link::Established { link, since: now, has_received: false };
        self.timers.stop(Timer::Link);
        if let Some(interval) = self.config.ping_interval {
            self.timers.set(Timer::Ping, later(now, interval));
        }
        self.last_activity = Some(now);
        for (verb, payload) in &self.config.session_setup {
            self.outbox.push_own(*verb, payload.clone());
        }
        self.events.push_back(Event::LoggedIn { session: number, server, version: server_version });
        self.end_connecting(Ok(()));
    }

    /// All that was to be done to connect is done, with success or without.
    fn end_connecting(&mut self, result: Result<(), ChannelError>) {
        let purpose = std::mem::replace(&mut self.purpose, Purpose::Connect);
        match &result {
            Ok(()) => {
                self.last_error = None;
                self.attempt_error = None;
                self.transition_to(LinkState::Connected);
            }
            Err(error) => {
                self.link = Link::Idle;
                let attempts = self.failover.attempts();
                self.events.push_back(Event::GaveUp { attempts, error: error.clone() });
            }
        }
        match (purpose, result) {
            (Purpose::Connect, result) => {
                self.connect_outcome = Some(result);
                self.events.push_back(Event::ConnectEnded);
            }
            (Purpose::Reconnect { cause }, Ok(())) => self.handle_reconnected(&cause),
            (Purpose::Reconnect { cause }, Err(error)) => {
                self.transition_to(LinkState::Closed);
                self.last_error = Some(error.clone());
                let reconnect = Box::new(error);
                self.end_all(&Failure::ReconnectFailed { cause, reconnect });
            }
        }
    }

    /// There is another connection: what is not sent again ends; the rest is in the outbox.
    fn handle_reconnected(&mut self, cause: &Arc<TransportError>) {
        self.stats.reconnects += 1;
        let keys = self.requests.keys(Entry::is_sent);
        self.end_each(keys, ResendMode::ReconnectAndIgnore, &Failure::NotResent(cause.clone()));
    }

    /// The program does not want the connection any more that is being made.
    pub(super) fn abort_connecting(&mut self, now: Instant) {
        if let Link::Connecting { link, .. } = self.link {
            self.events.push_back(Event::CancelConnect { link });
        }
        self.close_link(now);
        if matches!(self.purpose, Purpose::Connect) {
            self.connect_outcome = Some(Err(ChannelError::Stopped));
            self.events.push_back(Event::ConnectEnded);
        }
    }

    /// Gives the connection up, with what waits to be sent and received on it.
    pub(super) fn close_link(&mut self, now: Instant) {
        if let Some(since) = self.connected_since.take() {
            self.stats.connected += now.saturating_duration_since(since);
        }
        if let Some(link) = self.link() {
            self.events.push_back(Event::Close { link });
        }
        self.link = Link::Idle;
        self.timers.stop_all();
        self.outbox.clear_own();
        self.leaving.clear();
        self.send_failure = None;
        self.silent_since = None;
        self.given_out = 0;
        self.sent = 0;
    }

    /// The current session, from the login to the loss or the end of the connection.
    pub fn session_number(&self) -> Option<SessionNumber> {
        let is_logged_in = matches!(self.link, Link::Established { .. } | Link::Draining { .. });
        self.identity.as_ref().filter(|_| is_logged_in).map(|identity| identity.number)
    }

    /// The session in which a transaction was begun last.
    pub fn transaction_session(&self) -> Option<SessionNumber> {
        self.transaction
    }

    /// The server that the session is, or was last, connected to, as `host:port`.
    pub fn peer(&self) -> String {
        self.config.servers[self.server()].clone()
    }

    /// Index of the server that the session is, or was last, connected to.
    pub fn server(&self) -> usize {
        match self.link {
            Link::Connecting { server, .. } | Link::LoggingIn { server, .. } => server,
            _ => self.identity.as_ref().map_or(0, |identity| identity.server),
        }
    }
}
