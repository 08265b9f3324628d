//! Threads and sockets around the [`Session`].
//!
//! # Roles
//! No thread owns the socket. There are two roles, each held by one thread at a time:
//! - the *writer* takes messages from the session's outbox and sends them, for everybody
//!   ([`flush`]). It never waits: what the system does not take is left to the I/O thread,
//!   which waits until it does;
//! - the *reader* reads frames and gives them to the session, for everybody. A caller that
//!   waits for a reply reads itself if nobody else does ([`lead`]). Without such a caller the
//!   I/O thread reads ([`io`]).
//!
//! # Locks
//! This layer has one: `Shared::state`. While it is held nothing is waited for, nothing is
//! logged, and no code of the program runs: no waker is cloned, woken or dropped. What is to
//! be done after it is released is collected as [`completions::Completions`]: see
//! [`Shared::release`]. Sockets have locks of their own, which are taken without this one.
//! While code of the program runs the thread has no role either, because that code can take long.

pub(crate) mod callbacks;
mod completions;
pub(crate) mod connector;
mod flush;
pub(crate) mod io;
mod lead;
pub(crate) mod observe;
pub(crate) mod one_way;
mod role;
pub(crate) mod room;
pub(crate) mod schema;
mod sessions;
mod state;
pub(crate) mod stop;
pub(crate) mod task;
pub(crate) mod trace;
mod transaction;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use tgdb_pdu::body::{QueryOutcome, QueryResponse};
use tgdb_pdu::call::ServerError;
use tgdb_pdu::{Body, Message};
use tgdb_transport::{SocketOptions, TlsConnector};
use tgdb_url::{Properties, SettingWarning, TgUrl};

use callbacks::Callback;
use observe::LoginNames;
pub(crate) use role::Waiter;
pub(crate) use state::State;
use trace::TracePath;

use crate::options::DefaultScope;
use crate::proto::{Ended, Failure, Outcome, Session, SessionConfig, SessionNumber};
use crate::{ChannelError, LinkState, SessionScope};

/// All that is fixed when a channel is made, except for what the session has.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) properties: Properties,
    pub(crate) warnings: Vec<SettingWarning>,
    /// The URL, then those of the failover list.
    pub(crate) urls: Vec<TgUrl>,
    pub(crate) operation_timeout: Duration,
    pub(crate) client_id: String,
    pub(crate) socket: SocketOptions,
    pub(crate) tls: Option<TlsConnector>,
    /// Where requests are traced, if they are.
    pub(crate) trace: Option<TracePath>,
    pub(crate) login: LoginNames,
    /// Payloads are among the events of frames.
    pub(crate) traces_payloads: bool,
}

/// What the threads of a channel share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    state: Mutex<State>,
    /// Signalled when the state of the link changes, a connect ends, a callback returns, or the
    /// schema arrives.
    changed: Condvar,
}

/// A reply, and the session in which it came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) message: Message,
    pub(crate) session: SessionNumber,
}

impl Shared {
    pub(crate) fn new(config: Config, session: SessionConfig) -> Self {
        let mut state = State::new(Session::new(session));
        state.traces_payloads = config.traces_payloads;
        Self { config, state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Releases the lock, then does what was left to be done without it.
    pub(crate) fn release(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let completions = state.settle();
        let has_notes = completions.has_notes();
        state.unsaid += u32::from(has_notes);
        drop(state);
        completions.run(self);
        if has_notes {
            self.lock().unsaid -= 1;
            self.changed.notify_all();
        }
    }

    /// Does something with the lock held, and lets the I/O thread look at the result.
    pub(crate) fn with<T>(self: &Arc<Self>, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = work(&mut state);
        state.wake_io();
        self.release(state);
        result
    }

    /// Waits until the condition is over or the deadline is there.
    pub(crate) fn wait_while(
        &self,
        deadline: Instant,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        self.changed.wait_while_until(&mut state, condition, deadline);
        state
    }

    /// The server that the channel is, or was last, connected to, as `host:port`.
    pub(crate) fn peer(&self) -> String {
        self.lock().session.peer()
    }

    /// What the end of a request means for the program. Decodes the reply.
    pub(crate) fn result_of(&self, id: i64, ended: Ended) -> Result<Message, ChannelError> {
        self.received(id, ended).map(|received| received.message)
    }

    /// As [`Shared::result_of`], with the session.
    pub(crate) fn received(&self, id: i64, ended: Ended) -> Result<Received, ChannelError> {
        let Ended { verb, timeout, outcome } = ended;
        let reply = match outcome {
            Outcome::Reply(reply) => reply,
            Outcome::Failed(failure) => return Err(self.error_of(id, verb, timeout, failure)),
            // These are outcomes of messages without reply, which do not come here.
            Outcome::Sent | Outcome::Ignored => return Err(ChannelError::Stopped),
        };
        let session = reply.session;
        let frame = reply.into_frame();
        if frame.omitted > 0 {
            return Err(ChannelError::ReplyTooLarge { verb, length: frame.omitted });
        }
        match Message::try_from(frame) {
            Ok(Message { body: Body::Exception(exception), .. }) => {
                Err(ServerError::new(verb, exception.code, exception.message).into())
            }
            Ok(message) => {
                if let Some(result) = result_id(&message.body) {
                    self.lock().note_result(result, session);
                }
                Ok(Received { message, session })
            }
            Err(source) => Err(ChannelError::BadReply { verb, source }),
        }
    }

    fn error_of(&self, request_id: i64, verb: tgdb_pdu::Verb, timeout: Duration, failure: Failure) -> ChannelError {
        match failure {
            Failure::Timeout { was_sent } => {
                ChannelError::Timeout { verb, peer: self.peer(), timeout, request_id, was_sent }
            }
            Failure::NotConnected { state, cause } => ChannelError::NotConnected { operation: "request", state, cause },
            Failure::Lost(cause) => ChannelError::Lost { verb, cause },
            Failure::NotResent(cause) => ChannelError::NotResent { verb, cause },
            Failure::ReconnectFailed { cause, reconnect } => ChannelError::ReconnectFailed { verb, cause, reconnect },
            Failure::Terminated { reason } => {
                ChannelError::Terminated { reason: reason.map(|reason| reason.as_ref().to_owned()) }
            }
            Failure::SessionGone { session } => {
                ChannelError::SessionGone { verb, session, current: self.lock().session.session_number() }
            }
            Failure::Stopped => ChannelError::Stopped,
        }
    }

    /// The session that a request belongs to; `None` if any will do.
    pub(crate) fn session_of(&self, scope: Option<SessionScope>, default: DefaultScope) -> Option<SessionNumber> {
        match (scope, default) {
            (None | Some(SessionScope::Any), DefaultScope::Any) => None,
            _ => self.lock().session_of(scope, default),
        }
    }

    /// Waits while the channel reconnects.
    pub(crate) fn wait_reconnected(&self, deadline: Instant) -> LinkState {
        self.wait_while(deadline, |state| state.session.state() == LinkState::Reconnecting).session.state()
    }
}

/// The id under which a reply can be continued, executed again or closed, if it has one.
fn result_id(body: &Body) -> Option<i64> {
    let id = match body {
        Body::GetEntityResponse(Some(response)) => Some(response.result_id.into()),
        Body::QueryResponse(Some(QueryResponse { outcome: QueryOutcome::Success(result), .. })) => {
            Some(result.query_hash_id)
        }
        _ => None,
    };
    id.filter(|id| *id != 0)
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock().session.state();
        f.debug_struct("Channel").field("url", &self.config.urls[0]).field("state", &state).finish()
    }
}
