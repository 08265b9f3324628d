//! An attempt to connect, and the login after it: two spans.

use std::time::Instant;

use tgdb_pdu::version::ProductVersion;
use tgdb_transport::TgSocket;
use tgdb_transport::foreign::{contain, emit};
use tracing::field::{Empty, display};
use tracing::{Level, debug, info, info_span, span_enabled};

use super::span::Guarded;
use super::target;
use crate::ChannelError;
use crate::proto::{LinkId, SessionNumber};

/// Who logs in.
#[derive(Debug)]
pub(crate) struct LoginNames {
    pub(crate) user: String,
    pub(crate) database: Option<String>,
}

/// The spans of an attempt, from its begin to the outcome of the login. Drop them without the lock.
pub(crate) struct AttemptSpans {
    pub(in crate::driver) link: LinkId,
    peer: String,
    number: u32,
    begun: Instant,
    connect: Guarded,
    login: Guarded,
    user: String,
    /// The server's id of the session, once it is known.
    pub(in crate::driver) session_id: i64,
}

impl AttemptSpans {
    /// Its span has no parent: a connection serves all who use the channel.
    pub(in crate::driver) fn begin(link: LinkId, peer: String, number: u32) -> Self {
        let mut connect = Guarded::none();
        emit(|| {
            // Without a subscriber `tracing` would log the span as well as the event: each line twice.
            if span_enabled!(target: target::CONNECT, Level::INFO) {
                connect = info_span!(target: target::CONNECT, parent: None, "connect", peer, attempt = number,
                    tls.version = Empty, tls.suite = Empty, outcome = Empty)
                .into();
            }
            debug!(target: target::CONNECT, parent: &*connect, peer, attempt = number, "connecting");
        });
        let (login, user) = (Guarded::none(), String::new());
        Self { link, peer, number, begun: Instant::now(), connect, login, user, session_id: 0 }
    }

    /// Connects, inside the span: what TLS says belongs to it.
    pub(in crate::driver) fn inside<T>(
        &self,
        connect: impl FnOnce() -> Result<T, ChannelError>,
    ) -> Result<T, ChannelError> {
        let (mut connect, mut result) = (Some(connect), None);
        // Entering and leaving it is code of the subscriber.
        contain(|| self.connect.in_scope(|| result = connect.take().map(|connect| connect())));
        result.or_else(|| connect.take().map(|connect| connect())).unwrap_or(Err(ChannelError::Stopped))
    }

    /// The socket is there, TLS included, and the login begins; or there is none.
    pub(in crate::driver) fn connected(&mut self, socket: Option<&dyn TgSocket>, names: &LoginNames) {
        let Some(socket) = socket else { return };
        let LoginNames { user, database } = names;
        emit(|| {
            let Self { peer, number: attempt, connect, .. } = &*self;
            let (local, address, elapsed) = (socket.inbox_addr(), socket.outbox_addr(), self.begun.elapsed());
            let tls = socket.tls_info();
            let (version, suite) = match &tls {
                Some(tls) => (Some(&*tls.version), Some(&*tls.cipher_suite)),
                None => (None, None),
            };
            if let Some(tls) = &tls {
                connect.record("tls.version", &*tls.version).record("tls.suite", &*tls.cipher_suite);
            }
            debug!(target: target::CONNECT, parent: &**connect, peer, attempt, %local, %address, ?elapsed,
                tls.version = version, tls.suite = suite, "connected");
            if span_enabled!(target: target::CONNECT, Level::INFO) {
                self.login =
                    info_span!(target: target::CONNECT, parent: &*self.connect, "login", peer = self.peer, user,
                    database, session = Empty, session_id = Empty, version = Empty, outcome = Empty)
                    .into();
            }
        });
        self.user.clone_from(user);
    }

    pub(super) fn failed(&self, error: &ChannelError) {
        let span = if self.login.is_none() { &self.connect } else { &self.login };
        info!(target: target::CONNECT, parent: &**span, peer = self.peer, attempt = self.number,
            "{error:#}");
        self.end("failed");
    }

    pub(super) fn logged_in(&self, session: SessionNumber, version: ProductVersion) {
        let (peer, user, session_id) = (&*self.peer, &*self.user, self.session_id);
        self.login.record("session", display(session)).record("session_id", session_id);
        self.login.record("version", display(version));
        info!(target: target::CONNECT, parent: &*self.login, peer, user, %session, session_id, %version,
            elapsed = ?self.begun.elapsed(), "logged in");
        self.end("connected");
    }

    /// Nobody wants the connection any more.
    pub(in crate::driver) fn abandon(self) {
        emit(move || self.end("given up"));
    }

    pub(super) fn end(&self, outcome: &'static str) {
        self.login.record("outcome", outcome);
        self.connect.record("outcome", outcome);
    }
}
