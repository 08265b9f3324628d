//! Closing a session.

use std::time::{Duration, Instant};

use tgdb_pdu::body::DisconnectChannelRequest;

use super::link::Link;
use super::timers::Timer;
use super::{Failure, LinkId, Session, later};
use crate::{LinkState, StopMethod};

/// How long the server may take to close its end after our last message, so that the message
/// is not lost.
pub(crate) const LINGER_GRACEFUL: Duration = Duration::from_secs(1);
/// The same for a close that is not graceful.
pub(crate) const LINGER_FORCEFUL: Duration = Duration::from_millis(100);

impl<W> Session<W> {
    /// Closes the session. It is over when [`Session::is_active`] is false: at once; with
    /// [`StopMethod::ClientForceful`] within 100 ms; with [`StopMethod::Graceful`] within the
    /// operation timeout and a second. A session that is being closed already is closed
    /// faster if that method is faster.
    pub fn close(&mut self, now: Instant, method: StopMethod) {
        match (&self.link, method) {
            (Link::Idle, _) => self.close_idle(method),
            (Link::Backoff | Link::Connecting { .. } | Link::LoggingIn { .. }, _) => {
                self.abort_connecting(now);
                if self.state == LinkState::Reconnecting {
                    self.transition_to(LinkState::Closing);
                    self.end_closing(method);
                } else {
                    self.close_idle(method);
                }
            }
            (Link::Established { link, .. }, _) => {
                let link = *link;
                self.transition_to(LinkState::Closing);
                match method {
                    StopMethod::Graceful => {
                        self.link = Link::Draining { link };
                        self.timers.stop(Timer::Ping);
                        self.call_all_in();
                        self.timers.set(Timer::Close, later(now, self.config.operation_timeout));
                        self.leave_if_drained(now);
                    }
                    StopMethod::ClientForceful => self.leave_now(now, link, LINGER_FORCEFUL),
                    StopMethod::RemoteKill => self.kill(now),
                }
            }
            (Link::Draining { link }, StopMethod::ClientForceful) => {
                let link = *link;
                self.leave_now(now, link, LINGER_FORCEFUL);
            }
            (Link::Lingering { .. }, StopMethod::ClientForceful) => {
                self.timers.bring_forward(Timer::Close, now + LINGER_FORCEFUL);
            }
            (Link::Draining { .. } | Link::Lingering { .. }, StopMethod::RemoteKill) => self.kill(now),
            (Link::Draining { .. } | Link::Lingering { .. }, StopMethod::Graceful) => {}
        }
    }

    /// There is no connection: only the state may change.
    fn close_idle(&mut self, method: StopMethod) {
        if method != StopMethod::RemoteKill && self.state.can_become(LinkState::Closed) {
            self.transition_to(LinkState::Closed);
        }
        self.end_all(&Failure::Stopped);
    }

    fn kill(&mut self, now: Instant) {
        self.close_link(now);
        self.end_closing(StopMethod::RemoteKill);
    }

    fn end_closing(&mut self, method: StopMethod) {
        let (state, failure) = match method {
            StopMethod::RemoteKill => (LinkState::Terminated, Failure::Terminated { reason: None }),
            _ => (LinkState::Closed, Failure::Stopped),
        };
        self.transition_to(state);
        self.end_all(&failure);
    }

    /// Ends what is in flight, and leaves.
    fn leave_now(&mut self, now: Instant, link: LinkId, linger: Duration) {
        self.end_all(&Failure::Stopped);
        self.outbox.clear_requests();
        self.leave(now, link, linger);
    }

    /// Sends the disconnect request, and waits for the server to close its end.
    fn leave(&mut self, now: Instant, link: LinkId, linger: Duration) {
        let session = self.identity.as_ref().map(|identity| (identity.auth_token, identity.session_id));
        // Encoding does not fail: the message has no field of variable length.
        let _ = self.push_own(&DisconnectChannelRequest { session }.into());
        self.link = Link::Lingering { link, is_finished: false };
        self.timers.set(Timer::Close, now + linger);
    }

    /// Leaves if that was waiting for the last outcome.
    pub(super) fn leave_if_drained(&mut self, now: Instant) {
        if let Link::Draining { link } = self.link
            && self.requests.open() == 0
        {
            self.leave(now, link, LINGER_GRACEFUL);
        }
    }

    /// Draining or lingering took as long as they may.
    pub(super) fn handle_close_timeout(&mut self, now: Instant) {
        match self.link {
            Link::Draining { link } => self.leave_now(now, link, LINGER_GRACEFUL),
            Link::Lingering { .. } => self.finish_close(now),
            _ => {}
        }
    }

    /// The server closed its end, or had time enough to.
    pub(super) fn finish_close(&mut self, now: Instant) {
        self.close_link(now);
        self.end_closing(StopMethod::Graceful);
    }
}
