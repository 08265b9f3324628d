//! Giving up a server that does not answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tgdb_transport::TransportError;

use super::link::Link;
use super::timers::Timer;
use super::{Event, LinkId, Liveness, Session, later};
use crate::LinkState;

impl<W> Session<W> {
    /// A request was sent.
    pub(super) fn expect_answer(&mut self, now: Instant) {
        if self.silent_since.is_none() {
            self.silent_since = Some(now);
            self.watch_silence(now);
        }
    }

    /// Bytes arrived that are not a whole frame yet: the server lives.
    pub fn handle_partial(&mut self, now: Instant, link: LinkId) {
        if self.link() == Some(link) {
            self.last_activity = Some(now);
            self.end_silence(now);
        }
    }

    /// Something arrived.
    pub(super) fn end_silence(&mut self, now: Instant) {
        // The timer is not moved here, which would cost time for each frame. When it fires it looks at
        // `silent_since` and is set again if need be.
        self.silent_since = self.silent_since.and((self.requests.open() > 0).then_some(now));
    }

    fn watch_silence(&mut self, since: Instant) {
        if let Some(patience) = self.patience() {
            self.timers.set(Timer::Liveness, later(since, patience));
        }
    }

    /// How long the server may be silent.
    fn patience(&self) -> Option<Duration> {
        match self.config.liveness {
            Liveness::Off => None,
            Liveness::After(time) => Some(time),
            Liveness::Patient(time) => Some(time.max(self.requests.longest_timeout())),
        }
    }

    /// The server may have been silent for too long.
    pub(super) fn handle_liveness_timeout(&mut self, now: Instant) {
        let (Some(since), Some(patience)) = (self.silent_since, self.patience()) else { return };
        let silence = now.saturating_duration_since(since);
        if silence < patience {
            self.watch_silence(since);
        } else if matches!(self.link, Link::Established { .. } | Link::Draining { .. }) {
            let peer = self.peer();
            self.events.push_back(Event::Unresponsive { silence });
            self.lose(now, LinkState::FailedOnRecv, Arc::new(TransportError::Unresponsive { peer, silence }));
        }
    }
}
