//! A request, and how it can end.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tgdb_pdu::{Frame, Header, Verb};
use tgdb_transport::TransportError;

use super::payload::Payload;
use super::{Event, SessionNumber};
use crate::{ChannelError, LinkState, ResendMode};

/// A request to be sent.
#[derive(Debug)]
pub struct Request<W> {
    /// What is asked for.
    pub verb: Verb,
    /// The encoded body.
    pub payload: Payload,
    /// What becomes of it when the connection is lost.
    pub mode: ResendMode,
    /// When it ends at the latest.
    pub deadline: Instant,
    /// The time that it was given, for error messages. So much before the deadline it was made,
    /// from where on its latency counts.
    pub timeout: Duration,
    /// The session that it belongs to; `None` if any will do.
    pub session: Option<SessionNumber>,
    /// It has no reply. Its outcome is that it was handed over.
    pub is_one_way: bool,
    /// Who is reported by [`Event::Completed`](super::Event::Completed) when the outcome
    /// is there; can also be set later with [`Session::set_waiter`](super::Session::set_waiter).
    pub waiter: Option<W>,
    /// Comes back with [`Event::Ended`](super::Event::Ended) when the outcome is there.
    pub tracker: Option<Tracker>,
}

/// What a driver keeps with a request, to observe it.
pub type Tracker = Box<dyn Any + Send>;

/// The end of a request, and what it was.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// What was asked for.
    pub verb: Verb,
    /// The time that it was given.
    pub timeout: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a request ended.
#[derive(Debug)]
pub enum Outcome {
    /// The server's answer, not decoded yet.
    Reply(Reply),
    /// A message without reply was handed over.
    Sent,
    /// A message without reply was dropped, as its [`ResendMode`] says.
    Ignored,
    /// There will be no reply.
    Failed(Failure),
}

impl Outcome {
    /// In one or two words.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Reply(reply) if reply.verb == Verb::EXCEPTION => "exception",
            Self::Reply(_) => "reply",
            Self::Sent => "sent",
            Self::Ignored => "ignored",
            Self::Failed(failure) => match failure {
                Failure::Timeout { .. } => "timeout",
                Failure::NotConnected { .. } => "not connected",
                Failure::Lost(_) => "lost",
                Failure::NotResent(_) => "not resent",
                Failure::ReconnectFailed { .. } => "not reconnected",
                Failure::Terminated { .. } => "terminated",
                Failure::SessionGone { .. } => "session gone",
                Failure::Stopped => "stopped",
            },
        }
    }

    fn reply_len(&self) -> usize {
        match self {
            Self::Reply(reply) => reply.payload.len() + reply.omitted as usize,
            _ => 0,
        }
    }

    /// The report of this outcome to the tracker of the request.
    pub(super) fn tracked(&self, tracker: Tracker) -> Tracked {
        Tracked { tracker, outcome: self.name(), reply_len: self.reply_len() }
    }
}

/// The end of a request, for [`Event::Ended`].
pub(super) struct Tracked {
    tracker: Tracker,
    outcome: &'static str,
    reply_len: usize,
}

impl Tracked {
    pub(super) fn given_up(tracker: Tracker) -> Self {
        Self { tracker, outcome: "given up", reply_len: 0 }
    }

    pub(super) fn event<W>(self, id: i64) -> Event<W> {
        let Self { tracker, outcome, reply_len } = self;
        Event::Ended { id, tracker, outcome, reply_len }
    }
}

/// A reply that is not decoded yet: a [`Frame`] without the padding.
#[derive(Debug)]
pub struct Reply {
    header: Header,
    verb: Verb,
    payload: Bytes,
    omitted: u32,
    /// The session in which it came.
    pub session: SessionNumber,
}

impl Reply {
    pub(super) fn new(frame: Frame, session: SessionNumber) -> Self {
        Self { session, header: frame.header, verb: frame.verb, payload: frame.payload, omitted: frame.omitted }
    }

    /// The reply as a frame.
    pub fn into_frame(self) -> Frame {
        Frame { omitted: self.omitted, ..Frame::new(self.header, self.verb, self.payload) }
    }
}

/// Why a request has no reply.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Failure {
    /// Its time is over.
    Timeout {
        /// It was sent, so that the server may or may not have executed it.
        was_sent: bool,
    },
    /// Its time is over, and there was no connection to send it on.
    NotConnected {
        /// The state of the link.
        state: LinkState,
        /// Why it is so.
        cause: Option<Box<ChannelError>>,
    },
    /// The connection was lost.
    Lost(Arc<TransportError>),
    /// The connection was lost and made again, and the message was not sent again.
    NotResent(Arc<TransportError>),
    /// The connection was lost and could not be made again.
    ReconnectFailed {
        /// Why it was lost.
        cause: Arc<TransportError>,
        /// Why it could not be made again.
        reconnect: Box<ChannelError>,
    },
    /// The server ended the session.
    Terminated {
        /// The server's text.
        reason: Option<Arc<str>>,
    },
    /// It belongs to a session that is gone. It was not sent.
    SessionGone {
        /// That session.
        session: SessionNumber,
    },
    /// The channel was stopped.
    Stopped,
}
