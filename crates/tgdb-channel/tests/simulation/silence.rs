//! What must be true of servers that do not answer.

use std::time::Duration;

use tgdb_channel::LinkState;
use tgdb_channel::proto::{Liveness, Session, SessionConfig};

use crate::{Check, EPSILON, Token, check};

/// Since when a server that was asked for something has sent nothing at all.
pub(crate) struct Silence {
    since: Option<Duration>,
    /// The same of the connection that was closed last.
    closed: Option<Duration>,
    /// The minimum and the maximum time to wait.
    patience: Option<(Duration, Duration)>,
}

impl Silence {
    /// `longest`: the longest timeout of a request.
    pub(crate) fn new(config: &SessionConfig, longest: Duration) -> Self {
        // At its end the simulation asks with this timeout.
        let longest = longest.max(Duration::from_secs(30));
        let patience = match config.liveness {
            Liveness::After(time) => Some((time, time)),
            Liveness::Patient(time) => Some((time, time.max(longest))),
            _ => None,
        };
        Self { since: None, closed: None, patience }
    }

    /// A request with a reply goes out.
    pub(crate) fn on_asked(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }

    /// Bytes arrived.
    pub(crate) fn on_received(&mut self, now: Duration, session: &Session<Token>) {
        self.since = self.since.and((session.in_flight() > 0).then_some(now));
    }

    pub(crate) fn on_closed(&mut self) {
        self.closed = self.since.take();
    }

    /// The session gives the connection up after so much silence.
    pub(crate) fn on_lost(&self, now: Duration, silence: Duration) -> Check {
        let Some((least, _)) = self.patience else { return Err("given up, although it is to wait".into()) };
        let since = self.closed.ok_or("given up, although nothing was asked for")?;
        check!(now == since + silence, "silent for {silence:?}, but the last message came at {since:?}");
        check!(silence >= least, "given up after {silence:?}");
        Ok(())
    }

    /// After each step.
    pub(crate) fn check(&self, now: Duration, session: &Session<Token>) -> Check {
        if let (Some(since), Some((_, most))) = (self.since, self.patience)
            && session.state() == LinkState::Connected
        {
            check!(now <= since + most + EPSILON, "silent since {since:?}, but the connection is kept");
        }
        Ok(())
    }
}
