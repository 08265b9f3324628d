//! What a session asks its driver to do, and reports.

use std::sync::Arc;
use std::time::Duration;

use tgdb_pdu::Verb;
use tgdb_pdu::version::ProductVersion;
use tgdb_transport::TransportError;

use super::{SentRequest, SessionNumber, Tracker};
use crate::{ChannelError, LinkState};

/// Names one attempt to connect and the connection that it leads to. Each attempt of a
/// session has another id, so that what comes from an earlier one is recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LinkId(pub(crate) u64);

/// What a session asks its driver to do, or reports; from
/// [`Session::poll_event`](super::Session::poll_event).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<W> {
    /// Connect to that server, an index into [`SessionConfig::servers`](super::SessionConfig::servers),
    /// and report with [`handle_connected`](super::Session::handle_connected) or
    /// [`handle_connect_failed`](super::Session::handle_connect_failed).
    Connect {
        /// The attempt.
        link: LinkId,
        /// Index of the server.
        server: usize,
    },
    /// That attempt is not wanted any more. Nothing needs to be reported.
    CancelConnect {
        /// The attempt.
        link: LinkId,
    },
    /// Everything was handed over: end the sending direction.
    Finish {
        /// The connection.
        link: LinkId,
    },
    /// Close that connection. Nothing needs to be reported.
    Close {
        /// The connection.
        link: LinkId,
    },
    /// [`Session::take_connect_outcome`](super::Session::take_connect_outcome) is there.
    ConnectEnded,
    /// The state of the link changed.
    LinkChanged {
        /// The state before.
        from: LinkState,
        /// The state now.
        to: LinkState,
    },
    /// The outcome of a request is there to be taken.
    Completed {
        /// Id of the request.
        id: i64,
        /// Who waits for it.
        waiter: W,
    },
    /// There may be room for another request, or the time to wait for it is over.
    Room {
        /// Who waits for it.
        waiter: W,
    },
    /// An attempt to connect failed. Another follows unless [`Event::ConnectEnded`] or
    /// [`Event::LinkChanged`] does.
    AttemptFailed {
        /// Index of the server.
        server: usize,
        /// How many attempts were made since the connection was lost.
        attempt: u32,
        /// Why it failed.
        error: ChannelError,
    },
    /// A login succeeded.
    LoggedIn {
        /// The session.
        session: SessionNumber,
        /// Index of the server.
        server: usize,
        /// The server's version.
        version: ProductVersion,
    },
    /// All attempts to connect failed, or one did in a way in which the others would, too.
    GaveUp {
        /// How many attempts were made.
        attempts: u32,
        /// Why the last one failed.
        error: ChannelError,
    },
    /// A request did not end in its time.
    TimedOut {
        /// Id of the request; negative for a message without reply.
        id: i64,
        /// What is asked for.
        verb: Verb,
        /// The time that it was given.
        timeout: Duration,
        /// It was sent, so that the server may or may not have executed it.
        was_sent: bool,
    },
    /// A request with a [`Tracker`] has its outcome, or was given up.
    Ended {
        /// Id of the request; negative for a message without reply.
        id: i64,
        /// What came with the request.
        tracker: Tracker,
        /// How it ended, in one or two words.
        outcome: &'static str,
        /// The length of the reply's payload; 0 if there is none.
        reply_len: usize,
    },
    /// A ping is to be sent: nothing went either way for a while.
    Pinged,
    /// Nothing at all arrived for that long although requests wait: the server is given up. The
    /// loss follows.
    Unresponsive {
        /// How long.
        silence: Duration,
    },
    /// The connection was lost.
    Lost {
        /// Why.
        cause: Arc<TransportError>,
    },
    /// A request leaves, for the first time or again. In the order on the wire. Only with
    /// [`SessionConfig::report_sent`](super::SessionConfig::report_sent), and not for messages
    /// without reply, nor for those whose payload may hold a password.
    Sent {
        /// The message.
        request: SentRequest,
    },
    /// A request was sent again.
    Resent {
        /// Id of the request.
        id: i64,
        /// What is asked for.
        verb: Verb,
        /// How often it was sent again so far.
        times: u8,
    },
    /// A message came for which nobody waits. It was dropped.
    Dropped {
        /// Its verb.
        verb: Verb,
        /// Its request id.
        request_id: i64,
        /// It answers a request that was given up.
        is_late: bool,
        /// How many of its kind came so far. Those that answer nothing are reported for powers
        /// of two only, so that a misbehaving server does not fill the memory.
        count: u64,
    },
}
